"""Digits: the rows of scikit-learn, split fairly."""

import pytest
import torch
from sklearn import datasets

from dltui.engine.data import digits


def test_every_digit_of_scikit_learn_is_there_and_a_fifth_of_each_class_is_tested():
    data = digits.build().builtin()
    train, test = (torch.bincount(split.targets, minlength=10) for split in (data.train, data.test))
    assert (train + test).sum() == 1797 and len(data.classes) == 10
    assert torch.allclose(test / (train + test), torch.full((10,), 0.2), atol=0.01)


def test_digits_are_the_pixels_of_scikit_learn():
    data = digits.build().builtin()
    pixels = torch.cat([data.train.inputs, data.test.inputs])
    assert pixels.dtype == torch.uint8 and pixels.shape[1:] == (1, 8, 8)
    theirs = datasets.load_digits().images.sum()
    assert float(pixels.sum()) == pytest.approx(theirs * 255 / 16, rel=0.01)
