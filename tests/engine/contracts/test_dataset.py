"""Rows as the models take them."""

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, limited, standardised, with_new_classes
from dltui.errors import DltuiError


def table(rows: int) -> Split:
    random = np.random.default_rng(rows)
    return Split(
        torch.from_numpy(random.normal(5, 3, (rows, 4)) * [1, 10, 100, 0]), torch.zeros(rows, dtype=torch.int64)
    )


def test_a_table_is_standardised_as_scikit_learn_does():
    train, test = table(50), table(20)
    scaler = StandardScaler().fit(train.inputs.numpy())
    for ours, split in zip(standardised(train, test), (train, test), strict=True):
        assert ours.inputs.dtype == torch.float32
        assert np.allclose(ours.inputs.numpy(), scaler.transform(split.inputs.numpy()), atol=1e-5)


def test_facts_are_those_of_pictures_or_of_a_table():
    classes = ("a", "b")
    assert facts_of(torch.zeros(2, 3, 8, 8), classes) == {"channels": 3, "size": 8, "inputs": 192, "classes": 2}
    assert facts_of(torch.zeros(2, 5), classes) == {"inputs": 5, "classes": 2}


def test_rows_are_limited_from_the_front_and_a_lack_is_told():
    data = Dataset(table(50), table(20), ("a",), "builtin", "rows", {}, ("first",))
    fewer = limited(data, 10, 30)
    assert torch.equal(fewer.train.inputs, data.train.inputs[:10]) and len(fewer.train.targets) == 10
    assert len(fewer.test.inputs) == 20
    assert fewer.notes == ("first", "30 test rows were asked for; there are 20")
    assert len(limited(data, 0, 0).train.inputs) == 50


def numbered(rows: int) -> Split:
    """Rows of five classes, each row its own number."""
    return Split(torch.arange(float(rows))[:, None], torch.arange(rows) % 5)


def test_new_classes_are_the_last_ones_with_few_training_rows_and_the_others_are_the_base():
    data = Dataset(numbered(100), numbered(40), tuple("abcde"), "builtin", "rows", {"classes": 5})
    new = with_new_classes(data, 2, 4)
    assert new.classes == ("d", "e") and new.facts == {"classes": 2}
    assert new.train.targets.bincount().tolist() == [4, 4] and new.test.targets.bincount().tolist() == [8, 8]
    assert torch.equal(new.train.inputs[:, 0].long() % 5, new.train.targets + 3)
    assert new.base.targets.bincount().tolist() == [20, 20, 20]
    assert torch.equal(with_new_classes(data, 2, 4).train.inputs, new.train.inputs), "the same rows each time"
    assert len(with_new_classes(data, 2, 0).train.targets) == 40


def test_two_classes_at_least_are_left_for_the_base():
    data = Dataset(numbered(10), numbered(10), tuple("abcde"), "builtin", "rows", {})
    with pytest.raises(DltuiError, match="at least two others"):
        with_new_classes(data, 4, 1)
