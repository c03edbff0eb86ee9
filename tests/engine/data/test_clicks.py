"""Scenes with a click: two clicks a picture, each within the object whose mask is wanted, no picture in both splits."""

import numpy as np
import pytest

from dltui.engine.data.clicks import build, click


@pytest.fixture(scope="module")
def data():
    return build(train_rows=41, test_rows=20, size=32).builtin()


def test_two_rows_are_one_picture_with_clicks_on_different_objects(data):
    inputs, targets = data.train.inputs.numpy(), data.train.targets.numpy()
    assert inputs.shape == (41, 4, 32, 32) and targets.shape == (41, 32, 32)
    assert (inputs[:40:2, :3] == inputs[1:41:2, :3]).all()
    together = (targets[:40:2] & targets[1:41:2]).sum((1, 2))
    assert (together == 0).mean() > 0.9, "only where one object hides all others it is clicked twice"


def test_a_click_falls_on_what_is_wanted(data):
    for split in (data.train, data.test):
        clicked, targets = split.inputs[:, 3] == 255, split.targets == 1
        counts = clicked.sum((1, 2))
        assert counts.min() >= 1 and counts.max() == 5
        assert not (clicked & ~targets).any()


def test_no_picture_is_in_both_splits(data):
    seen = {picture.tobytes() for picture in data.train.inputs[:, :3].numpy()}
    assert not seen & {picture.tobytes() for picture in data.test.inputs[:, :3].numpy()}


def test_a_thin_object_is_clicked_at_one_pixel():
    mask = np.zeros((9, 9), bool)
    mask[4, 2:7] = True
    spot = click(mask, np.random.Generator(np.random.PCG64(0)))
    assert spot.any() and not (spot & ~mask).any()
