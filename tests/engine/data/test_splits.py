"""Training, validation, test and pretraining rows of every built-in data set are others."""

from hashlib import sha256
from itertools import combinations

import pytest

from dltui.engine.contracts import kinds
from dltui.engine.contracts.dataset import Split
from dltui.engine.data.clouds import build
from dltui.recipes import schema

KINDS = schema.own_kinds("data")
# nothing is fitted to two photographs, which are shown; a line of a play may come twice
ALIKE = {"photographs": 1.0, "text": 0.01}


def rows_of(split: Split) -> set[bytes]:
    return {sha256(row.contiguous().numpy().tobytes()).digest() for row in split.inputs}


def shared(data) -> float:
    """The largest share of a split's rows that are in another one too."""
    splits = [rows_of(split) for split in (data.train, data.validation, data.test, data.base) if split is not None]
    assert len(splits) > 1 and all(splits)
    return max(len(one & other) / min(len(one), len(other)) for one, other in combinations(splits, 2))


@pytest.mark.parametrize("kind", KINDS)
def test_no_row_is_in_two_splits(kind):
    data = kinds.module("data", kind).build().builtin()
    assert shared(data) <= ALIKE.get(kind, 0)


@pytest.mark.parametrize("shape", ["moons", "rings", "circle", "xor", "separable", "imbalanced"])
def test_no_point_is(shape):
    assert shared(build(shape=shape, rows=500).builtin()) == 0


def test_no_picture_to_pretrain_on_is():
    assert shared(kinds.module("data", "cifar10").build(new_classes=4, train_rows=500).builtin()) == 0
