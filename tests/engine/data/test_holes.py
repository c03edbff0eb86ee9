"""Holes: black nowhere else, the whole picture as the target, and any pictures of the user's own."""

import numpy as np
import pytest
from PIL import Image

from dltui.engine.data.holes import build
from dltui.engine.tasks.restore import hole
from dltui.errors import DltuiError, ExitStatus


def quiet(text):
    pass


def test_a_square_of_each_picture_is_black_and_no_other_pixel():
    data = build(train_rows=30, test_rows=5, hole=7).builtin()
    holes = hole(data.train.inputs)
    assert holes.sum((1, 2, 3)).tolist() == [49] * 30
    assert not hole(data.train.targets).any()
    assert (data.train.inputs == data.train.targets * ~holes).all()
    rows = holes.any(3).float().argmax(2)[:, 0]  # the first of each hole
    assert len(rows.unique()) > 5 and rows.min() >= 1 and rows.max() + 7 <= 27


def test_the_seed_decides_patterns_and_holes():
    first, again, other = (build(train_rows=10, test_rows=2, seed=seed).builtin() for seed in (0, 0, 1))
    assert (first.train.inputs == again.train.inputs).all() and (first.train.inputs != other.train.inputs).any()


def test_pictures_of_ones_own_need_no_classes(tmp_path):
    for number in range(10):
        pixels = np.full((20, 20, 3), 10 * number, np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    data = build(size=20, hole=5, channels=3).path(tmp_path, quiet)
    assert data.train.inputs.shape[1:] == (3, 20, 20) and len(data.test.inputs)
    assert set(data.train.targets.unique().tolist()) <= {1, *range(10, 100, 10)}
    assert (hole(data.test.inputs).sum((1, 2, 3)) == 25).all()
    with pytest.raises(DltuiError, match="No such file") as error:
        build().path(tmp_path / "nowhere", quiet)
    assert error.value.status == ExitStatus.DATA


def test_a_hole_that_leaves_nothing_is_told():
    with pytest.raises(DltuiError, match="leaves nothing of a picture of 16 pixels"):
        build(size=16, hole=15)
