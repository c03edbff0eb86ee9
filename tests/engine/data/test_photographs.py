"""Photographs: scikit-learn's two, square, as large as was asked for."""

import numpy as np
from sklearn.datasets import load_sample_image

from dltui.engine.data import photographs


def test_both_are_there_with_their_colours():
    data = photographs.build(size=427).builtin()
    assert data.train.inputs.shape == (2, 3, 427, 427) and data.classes == ("china", "flower")
    china = load_sample_image("china.jpg")
    assert np.array_equal(data.train.inputs[0].numpy(), china[:, 106:533].transpose(2, 0, 1))


def test_they_are_shrunk_by_averaging():
    small, large = (photographs.build(size=size).builtin().train.inputs.float() for size in (61, 427))
    assert small.shape == (2, 3, 61, 61)
    assert abs(small.mean((2, 3)) - large.mean((2, 3))).max() < 1
