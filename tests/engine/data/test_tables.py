"""Moons and digits: the rows of scikit-learn, split fairly and always alike."""

import numpy as np
import pytest
import torch
from sklearn import datasets

from dltui.engine.data import digits, moons
from dltui.errors import DltuiError


def silent(text: str) -> None:
    pass


def test_moons_lie_where_scikit_learn_puts_them_but_deeper_in_each_other():
    ours, targets = moons.moons(100, 0.0, 0)
    theirs, classes = datasets.make_moons(100, shuffle=False)
    assert np.allclose(ours, theirs + np.outer(classes, [0, 0.1])) and np.array_equal(targets, classes)


def test_moons_are_decided_by_their_seed_and_nothing_else():
    first = moons.build(seed=3).builtin()
    torch.manual_seed(1)
    np.random.seed(1)
    again, other = moons.build(seed=3).builtin(), moons.build(seed=4).builtin()
    assert torch.equal(first.train.inputs, again.train.inputs)
    assert not torch.equal(first.train.inputs, other.train.inputs)
    assert torch.allclose(first.train.inputs.std(0, correction=0), torch.ones(2))


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


def test_moons_of_the_users_own_have_two_columns(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("a,b,c,label\n" + "1,2,3,x\n4,5,6,y\n" * 5)
    with pytest.raises(DltuiError, match="expected 2 columns of numbers, found 3"):
        moons.build().path(path, silent)
    path.write_text("a,b,label\n" + "1,2,x\n4,5,y\n" * 5)
    assert moons.build().path(path, silent).facts == {"inputs": 2, "classes": 2}
