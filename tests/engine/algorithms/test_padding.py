"""Padding equals torch's in every mode; shown cell after cell, on photographs whose surroundings are known."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import avg_pool2d
from torch.nn.functional import pad as torch_pad

from dltui.engine.algorithms.padding import REACH, build, pad, source, torchs
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context
from dltui.errors import DltuiError
from tests.engine.conftest import CPU

MODES = ("zeros", "replicate", "reflect", "circular")


def pictures(size=48, seed=0):
    inputs = torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))
    both = Split(inputs, torch.arange(2))
    return Dataset(both, both, ("a", "b"), "builtin", "noise", {})


def made(mode, data=None, **options):
    return build(mode=mode, **options)(Context(Rows(data or pictures(), CPU), {}, CPU, 0))


def drawn(moment):
    return {picture.pane: picture.payload for picture in moment.pictures}


@pytest.mark.parametrize("mode", MODES)
def test_every_cell_is_copied_from_the_one_that_is_lit(mode):
    walk = made(mode)
    for step in range(1, walk.length + 1):
        moment = walk.at(step)
        [grid] = drawn(moment)["grid"]["grids"]
        values = np.asarray(grid["values"])
        assert np.isnan(values).sum() == 48 - step == moment.metrics["missing"]
        [now] = grid["now"]
        assert values[now] == (values[grid["lit"][0]] if mode != "zeros" else 0)
    assert np.array_equal(values, torchs(walk.x, 2, mode)) and moment.metrics["error"] == 0


def test_the_knob_changes_how_far_there_is_to_go():
    walk = made("reflect")
    walk.padding = 3
    payload = drawn(walk.at(1))["grid"]
    assert payload["title"] == "reflect, padding 3"
    assert np.isnan(np.asarray(payload["grids"][0]["values"])).sum() == walk.length - 1 == 10 * 10 - 16 - 1


def test_the_photographs_padding_grows_until_it_covers_their_margin():
    walk, dark = made("replicate"), []
    for step in range(walk.length + 1):
        if "photograph" in (found := drawn(walk.at(step))):
            padded = found["photograph"]["pixels"][:, :48]
            dark.append(int((padded.sum(2) == 0).sum()))
    assert dark[0] >= 48 * 48 - 32 * 32 and dark[-1] < 48 and dark == sorted(dark, reverse=True)


def test_seam_and_rim_are_those_of_the_definition():
    """On a picture that is bright in the middle and nought around, zeros are the truth."""
    inputs = torch.zeros(2, 1, 48, 48, dtype=torch.uint8)
    inputs[..., 8:40, 8:40] = 255
    data = pictures()._replace(train=Split(inputs, torch.arange(2)))
    zeros, replicate = made("zeros", data).at(0).metrics, made("replicate", data).at(0).metrics
    assert zeros["rim_error"] == 0 and zeros["seam"] == 1
    real = avg_pool2d(inputs.double()[..., 8 - REACH : 40 + REACH, 8 - REACH : 40 + REACH] / 255, 2 * REACH + 1, 1)[
        0, 0
    ]
    rim = torch.cat([real[0], real[-1], real[1:-1, 0], real[1:-1, -1]])
    assert replicate["seam"] == 0 and replicate["rim_error"] == pytest.approx((1 - rim).mean().item())


def test_small_pictures_are_refused():
    with pytest.raises(DltuiError, match="48 pixels"):
        made("zeros", pictures(32))


@given(st.integers(4, 7), st.integers(4, 7), st.integers(0, 3), st.sampled_from(MODES))
def test_it_equals_torchs(height, width, p, mode):
    """Guards rows against columns, and a mirror that stands beside the border in place of on it."""
    x = torch.arange(1.0, 2 * height * width + 1).view(2, height, width)
    named = "constant" if mode == "zeros" else mode
    assert torch.equal(pad(x, p, mode), torch_pad(x[None], (p, p, p, p), mode=named)[0])


@pytest.mark.parametrize(
    ("mode", "seen"),
    [
        ("zeros", [None, None, 0, 1, 2, None, None]),
        ("replicate", [0, 0, 0, 1, 2, 2, 2]),
        ("reflect", [2, 1, 0, 1, 2, 1, 0]),
        ("circular", [1, 2, 0, 1, 2, 0, 1]),
    ],
)
def test_what_is_seen_around_three_cells(mode, seen):
    assert [source(i, 3, mode) for i in range(-2, 5)] == seen


def test_a_mirror_goes_on_beyond_what_torch_allows():
    assert [source(i, 2, "reflect") for i in range(-4, 6)] == [0, 1] * 5 and source(-3, 1, "reflect") == 0
