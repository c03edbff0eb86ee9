"""Padding shown: cell after cell, each from the cell that is lit; on photographs whose surroundings are known."""

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d

from dltui.engine.algorithms.padding import MODES
from dltui.engine.dataset import Dataset, Split
from dltui.engine.tasks.padding import REACH, build, torchs
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


def pictures(size=48, seed=0):
    inputs = torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))
    both = Split(inputs, torch.arange(2))
    return Dataset(both, both, ("a", "b"), "builtin", "noise", {})


def made(mode, data=None, **options):
    return build(mode=mode, **options)(data or pictures(), {}, CPU)


def drawn(task):
    return {picture.pane: picture.payload for picture in task.pictures()}


@pytest.mark.parametrize("mode", MODES)
def test_every_cell_is_copied_from_the_one_that_is_lit(mode):
    task = made(mode)
    for step in range(1, 49):
        task.advance(step)
        [grid] = drawn(task)["grid"]["grids"]
        values = np.asarray(grid["values"])
        assert np.isnan(values).sum() == 48 - step == task.evaluate()["missing"]
        [now] = grid["now"]
        assert values[now] == (values[grid["lit"][0]] if mode != "zeros" else 0)
    assert np.array_equal(values, torchs(task.x, 2, mode)) and task.evaluate()["error"] == 0


def test_a_knob_that_is_turned_begins_anew():
    task = made("reflect")
    for step in range(20):
        task.advance(step)
    task.padding = 3
    task.advance(20)
    payload = drawn(task)["grid"]
    assert payload["title"] == "reflect, padding 3"
    assert np.isnan(np.asarray(payload["grids"][0]["values"])).sum() == 10 * 10 - 16 - 1


def test_the_photographs_padding_grows_until_it_covers_their_margin():
    task, dark = made("replicate"), []
    for step in range(49):
        if step:
            task.advance(step)
        if "photograph" in (found := drawn(task)):
            padded = found["photograph"]["pixels"][:, :48]
            dark.append(int((padded.sum(2) == 0).sum()))
    assert dark[0] >= 48 * 48 - 32 * 32 and dark[-1] < 48 and dark == sorted(dark, reverse=True)


def test_seam_and_rim_are_those_of_the_definition():
    """On a picture that is bright in the middle and nought around, zeros are the truth."""
    inputs = torch.zeros(2, 1, 48, 48, dtype=torch.uint8)
    inputs[..., 8:40, 8:40] = 255
    data = pictures()._replace(train=Split(inputs, torch.arange(2)))
    zeros, replicate = made("zeros", data).evaluate(), made("replicate", data).evaluate()
    assert zeros["rim_error"] == 0 and zeros["seam"] == 1
    real = avg_pool2d(inputs.double()[..., 8 - REACH : 40 + REACH, 8 - REACH : 40 + REACH] / 255, 2 * REACH + 1, 1)[
        0, 0
    ]
    rim = torch.cat([real[0], real[-1], real[1:-1, 0], real[1:-1, -1]])
    assert replicate["seam"] == 0 and replicate["rim_error"] == pytest.approx((1 - rim).mean().item())


def test_small_pictures_are_refused():
    with pytest.raises(DltuiError, match="48 pixels"):
        made("zeros", pictures(32))
