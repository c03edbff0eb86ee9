"""Tables of scikit-learn: every row is there with its own target, split fairly, on the scale of those that train."""

import numpy as np
import pytest
import torch
from sklearn import datasets

from dltui.engine.data import bundled_table
from dltui.errors import DltuiError, ExitStatus


def data_of(name, **options):
    return bundled_table.build(name=name, **options).builtin()


@pytest.mark.parametrize(
    ("name", "counts", "classes"),
    [
        ("breast_cancer", [212, 357], ("malignant", "benign")),
        ("wine", [59, 71, 48], ("grower A", "grower B", "grower C")),
    ],
)
def test_every_row_is_there_and_a_fifth_of_each_class_is_tested(name, counts, classes):
    data, theirs = data_of(name), getattr(datasets, f"load_{name}")()
    train, test = (torch.bincount(split.targets) for split in (data.train, data.test))
    assert (train + test).tolist() == counts and data.classes == classes
    assert torch.allclose(test / (train + test), torch.full((len(classes),), 0.2), atol=0.02)
    assert data.columns == tuple(theirs.feature_names)
    assert data.facts == {"inputs": theirs.data.shape[1], "classes": len(classes)}


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "diabetes"])
def test_it_is_standardised_by_its_training_rows(name):
    data = data_of(name)
    assert data.train.inputs.dtype == torch.float32
    assert data.train.inputs.mean(0).abs().max() < 1e-5 and data.test.inputs.mean(0).abs().max() > 1e-3
    assert torch.allclose(data.train.inputs.std(0, correction=0), torch.ones(len(data.columns)), atol=1e-5)


def test_raw_columns_keep_their_units():
    theirs = datasets.load_wine().data
    raw = data_of("wine", raw=True)
    assert torch.cat([raw.train.inputs, raw.test.inputs]).amax(0).tolist() == pytest.approx(theirs.max(0).tolist())


def test_a_probability_may_be_about_either_class_of_the_same_rows():
    benign, malignant = (data_of("breast_cancer", positive=name) for name in ("", "malignant"))
    assert malignant.classes == ("benign", "malignant")
    for ours, theirs in ((malignant.train, benign.train), (malignant.test, benign.test)):
        assert torch.equal(ours.targets, 1 - theirs.targets) and torch.equal(ours.inputs, theirs.inputs)
    wine = data_of("wine", positive="grower A")
    assert wine.classes == ("grower B", "grower C", "grower A")
    assert torch.equal(wine.train.targets, (data_of("wine").train.targets - 1) % 3)


def test_every_patient_keeps_the_target_and_a_fifth_is_held_back():
    """Guards that rows and targets are mixed alike: scikit-learn's own correlations survive."""
    data, bunch = data_of("diabetes"), datasets.load_diabetes()
    inputs, targets = (torch.cat(pair) for pair in zip(data.train, data.test, strict=True))
    assert len(data.test.targets) == 88 and len(targets) == 442 and data.classes == ()
    assert sorted(targets.tolist()) == sorted(bunch.target.tolist())
    ours = torch.corrcoef(torch.cat([inputs, targets[:, None]], 1).T)[-1, :-1]
    theirs = np.corrcoef(bunch.data.T, bunch.target)[-1, :-1]
    assert np.allclose(ours, theirs, atol=1e-4)


def test_columns_are_taken_by_name():
    every, two = data_of("diabetes"), data_of("diabetes", columns=["glucose", "bmi"])
    assert torch.equal(two.train.inputs, every.train.inputs[:, [9, 2]]) and two.columns == ("glucose", "bmi")
    assert two.facts["inputs"] == 2


@pytest.mark.parametrize(
    ("options", "wrong", "near"),
    [
        ({"name": "diabetes", "columns": ["bmo"]}, 'data.columns: there is no "bmo"', '"bmi"'),
        ({"name": "breast_cancer", "positive": "benin"}, 'data.positive: there is no "benin"', '"benign"'),
    ],
)
def test_a_name_that_is_not_there_is_told(options, wrong, near):
    with pytest.raises(DltuiError, match=wrong) as error:
        data_of(**options)
    assert near in error.value.hint


def test_a_table_of_ones_own_has_classes(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("a,b,c,label\n" + "1,2,3,x\n4,5,6,y\n" * 5)
    own = bundled_table.build().path(path, lambda text: None)
    assert own.classes == ("x", "y") and own.facts["inputs"] == 3
    with pytest.raises(DltuiError, match="not values to be predicted") as error:
        bundled_table.build(name="diabetes").path(path, lambda text: None)
    assert error.value.status == ExitStatus.DATA
