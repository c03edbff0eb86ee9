"""Two columns of a table: which are taken, targets without a mean, and what cannot be taken."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.reading.two_weights import two_columns
from dltui.errors import DltuiError

ROWS = Split(torch.arange(12.0).view(3, 4), torch.tensor([0, 1, 1]))


def table(classes=("low", "high")) -> Dataset:
    return Dataset(ROWS, ROWS, classes, "builtin", "numbers", {"inputs": 4, "classes": len(classes)})


def test_columns_are_taken_in_their_order():
    x, y = two_columns(table(), [2, 0])
    assert x.tolist() == [[2, 0], [6, 4], [10, 8]] and x.dtype == torch.float64
    assert y.sum().abs() < 1e-12 and y[1] - y[0] == 2


@pytest.mark.parametrize("columns", [[0, 4], [1, 1], [-1, 0], [0], [0, 1, 2]])
def test_columns_that_there_are_not(columns):
    with pytest.raises(DltuiError, match="two different numbers from 0 to 3"):
        two_columns(table(), columns)


def test_three_classes_are_too_many():
    with pytest.raises(DltuiError, match="3 classes"):
        two_columns(table(("a", "b", "c")), [0, 1])
