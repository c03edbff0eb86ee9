"""The receptive field shown: what is measured grows into what is computed, and who sees whom from the side."""

import numpy as np
import pytest
import torch

from dltui.engine.tasks.receptive_field import build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU

DOUBLED = ["conv 3", "conv 3 dilation 2", "conv 3 dilation 4"]


def made(layers, **options):
    torch.manual_seed(0)
    return build(layers=layers, **options)(None, {}, CPU)


def run(task, steps):
    for step in range(1, steps + 1):
        task.advance(step)
    return task.evaluate()


def shown(task):
    return {picture.pane: picture.payload for picture in task.pictures()}


def test_three_small_kernels_reach_as_far_as_a_large_one_with_fewer_weights():
    three, one = run(made(["conv 3"] * 3), 24), run(made(["conv 7"]), 8)
    assert (three["computed"], three["measured"], three["weights"]) == (7, 7, 27)
    assert (one["computed"], one["measured"], one["weights"]) == (7, 7, 49)
    assert three["wrong"] == one["wrong"] == 0 and three["middle"] > one["middle"]


@pytest.mark.parametrize(
    ("layers", "size"),
    [(DOUBLED, 15), (["conv 7 stride 2", "max 3 stride 2"], 11), (["max 2"] * 3 + ["conv 3"], 24), (["conv 4"] * 2, 7)],
)
def test_measured_is_computed(layers, size):
    """Strides, padding, dilation and even windows by hand, and by the gradient: the square's place too."""
    found = run(made(layers, pictures=30), 30 * len(layers))
    assert (found["computed"], found["measured"], found["wrong"]) == (size, size, 0)


def test_wrong_falls_layer_by_layer():
    task, wrong = made(["conv 3"] * 3), []
    for step in range(1, 25):
        task.advance(step)
        wrong.append(task.evaluate()["wrong"])
    assert wrong[0] >= 2 and wrong[7] == 2 and wrong[15] == 1 and wrong[23] == 0


def test_equal_dilations_leave_holes_that_doubled_ones_do_not():
    assert run(made(DOUBLED), 24)["filled"] == 1
    found = run(made(["conv 3 dilation 2"] * 3), 24)
    assert found["filled"] == pytest.approx((7 / 13) ** 2)


@pytest.mark.parametrize("layers", [DOUBLED, ["conv 3 dilation 2"] * 2, ["conv 3", "max 2", "conv 3"]])
def test_the_side_view_shows_the_pixels_that_are_felt(layers):
    task = made(layers, pictures=30)
    run(task, 30 * len(layers))
    view = shown(task)["side view"]
    y, label, x = (np.asarray(view[key]) for key in ("y", "label", "x"))
    seen = np.sort(x[(y == 0) & (label == 0)])
    felt = task.felt.slopes[-1].sum(0).nonzero()[:, 0].numpy()
    assert (seen - seen[0] == felt - felt[0]).all() and len(seen) == len(felt)
    assert (y == len(layers)).sum() == 1  # one unit at the top
    for path in view["paths"]:  # a link joins a unit with one of the layer below
        assert path["y"][0] - path["y"][1] == 1 and path["x"][1] in x[y == path["y"][1]]


def test_the_box_is_around_what_is_felt():
    task = made(DOUBLED)
    run(task, 24)
    picture = shown(task)["felt"]
    first, _, last, _ = picture["boxes"][0]["box"]
    rows = np.flatnonzero(picture["pixels"].any(1))
    assert (rows[0] - 1, rows[-1] + 2) == (first, last)
    assert len(shown(task)["layers"]["boxes"]) == 3
    task.advance(25)
    assert not shown(task)  # all is measured


@pytest.mark.parametrize("layers", [["conf 3"], ["conv 0"], ["conv 3 stride 0"], [], ["conv 65"]])
def test_what_is_no_layer_or_sees_too_much_is_said(layers):
    with pytest.raises(DltuiError, match=r"task\.layers"):
        made(layers)
