"""Diabetes: scikit-learn's patients, each with its own target, and the columns that were asked for."""

import pytest
import torch
from sklearn.datasets import load_diabetes

from dltui.engine.data import diabetes
from dltui.errors import DltuiError


def test_every_patient_keeps_the_target_and_a_fifth_is_held_back():
    """Guards that rows and targets are mixed alike: scikit-learn's own correlations survive."""
    data = diabetes.build().builtin()
    bunch = load_diabetes()
    inputs, targets = (torch.cat(pair) for pair in zip(data.train, data.test, strict=True))
    assert len(data.test.targets) == 88 and len(targets) == 442 and data.classes == ()
    assert sorted(targets.tolist()) == sorted(bunch.target.tolist())
    ours = torch.corrcoef(torch.cat([inputs, targets[:, None]], 1).T)[-1, :-1]
    theirs = torch.corrcoef(torch.tensor([*bunch.data.T.tolist(), bunch.target.tolist()]))[-1, :-1]
    assert torch.allclose(ours, theirs.float(), atol=1e-4)


def test_columns_are_taken_by_name_and_standardised_by_the_training_rows():
    every, two = diabetes.build().builtin(), diabetes.build(columns=["glucose", "bmi"]).builtin()
    assert torch.equal(two.train.inputs, every.train.inputs[:, [9, 2]]) and two.columns == ("glucose", "bmi")
    assert two.facts["inputs"] == 2
    assert every.train.inputs.mean(0).abs().max() < 1e-5
    assert torch.allclose(every.train.inputs.std(0, correction=0), torch.ones(10), atol=1e-5)


def test_a_column_that_is_not_there_is_told():
    with pytest.raises(DltuiError, match='no column "bmo"') as error:
        diabetes.build(columns=["bmo"])
    assert '"bmi"' in error.value.hint
