"""Several shapes: as many as the labels say, each class as often as any other, a fifth held back for the test."""

import numpy as np
import pytest

from dltui.engine.data.scenes import build
from dltui.engine.generators.scenes import LABELS, quartered
from dltui.errors import DltuiError

MOST = 4


def test_every_number_of_shapes_and_every_class_is_as_frequent():
    _, labels = quartered(4000, 0, size=32)
    counts = np.bincount(labels.sum(1), minlength=MOST + 1) / 4000
    assert np.allclose(counts, 1 / (MOST + 1), atol=0.03)
    assert np.allclose(labels.mean(0), MOST / 2 / len(LABELS), atol=0.03)


def test_a_picture_holds_as_many_patches_as_labels():
    """Guards shapes that are labelled but not drawn: a quarter with a shape differs within itself, others do not."""
    pictures, labels = quartered(300, 1, size=32)
    quarters = pictures.astype(float).reshape(300, 3, 2, 16, 2, 16).std((3, 5)).mean(1)  # (N, 2, 2)
    assert np.array_equal((quarters > 20).sum((1, 2)), labels.sum(1))


def test_the_same_arguments_give_the_same_pictures():
    first, again, other = (quartered(20, seed, size=32)[0] for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_targets_are_a_bit_a_class_and_a_fifth_is_tested():
    data = build(targets="classes", train_rows=80, test_rows=20, size=32).builtin()
    assert data.train.targets.shape == (80, 5) and data.test.targets.shape == (20, 5)
    assert set(data.train.targets.unique().tolist()) == {0, 1} and data.train.targets.sum(1).max() > 1
    assert data.facts == {"channels": 3, "size": 32, "inputs": 3072, "classes": 5, "multi_label": 1}


def test_more_shapes_than_quarters_are_refused():
    with pytest.raises(DltuiError, match="room for 4"):
        build(targets="classes", most=5)
