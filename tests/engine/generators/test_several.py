"""Pictures of several shapes: as many as are said to be there, each class as often as any other."""

import numpy as np

from dltui.engine.generators.several import CLASSES, MOST, several


def test_every_number_of_shapes_and_every_class_is_as_frequent():
    _, held = several(4000, 0)
    counts = np.bincount(held.sum(1), minlength=MOST + 1) / 4000
    assert np.allclose(counts, 1 / (MOST + 1), atol=0.03)
    assert np.allclose(held.mean(0), MOST / 2 / len(CLASSES), atol=0.03)


def test_a_picture_holds_as_many_patches_as_labels():
    """Guards shapes that are labelled but not drawn: a quarter with a shape differs within itself, others do not."""
    pictures, held = several(300, 1)
    quarters = pictures.astype(float).reshape(300, 3, 2, 16, 2, 16).std((3, 5)).mean(1)  # (N, 2, 2)
    assert np.array_equal((quarters > 20).sum((1, 2)), held.sum(1))


def test_the_same_arguments_give_the_same_pictures():
    first, again, other = (several(20, seed)[0] for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
