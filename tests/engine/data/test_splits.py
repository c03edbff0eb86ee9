"""Training, validation, test and pretraining rows of every built-in data set are others."""

from hashlib import sha256
from itertools import combinations

import pytest
import torch

from dltui.engine.contracts import kinds
from dltui.engine.contracts.dataset import Split, with_new_classes
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


def test_validation_rows_are_of_the_new_classes_too(data):
    """Their classes would be those of other rows, or of none."""
    validation = Split(data.test.inputs[:32], data.test.targets[:32])
    four = data._replace(classes=("a", "b", "c", "d"), validation=validation)
    for split in (four.train, four.test, four.validation):
        split.targets.copy_(torch.arange(len(split.targets)) % 4)
    new = with_new_classes(four, 2, 0)
    assert new.validation.targets.tolist() == [0, 1] * 8
    assert torch.equal(new.validation.inputs, validation.inputs[validation.targets >= 2])


def test_no_picture_to_pretrain_on_is():
    assert shared(kinds.module("data", "cifar10").build(new_classes=4, train_rows=500).builtin()) == 0
