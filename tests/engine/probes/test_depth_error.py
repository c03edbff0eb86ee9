"""Relative errors: of a net that knows everything, of one that is off by a known share, and of the guess."""

import math

import pytest
import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.data import depth_scenes
from dltui.engine.generators.depth_scenes import FAR, NEAR
from dltui.engine.probes import depth_error
from tests.engine.conftest import CPU


class Task:
    """Estimates the truth times a factor."""

    def __init__(self, factor: float):
        data = depth_scenes.build(train_rows=10, test_rows=6, size=16).builtin()
        self.rows, self.shift = Rows(data, CPU), math.log(factor) / math.log(FAR / NEAR)

    def restore(self, inputs):
        return self.rows.test.targets.float() / 255 - self.shift


@pytest.mark.parametrize("factor", [1.0, 1.2, 0.8])
def test_an_estimate_that_is_off_by_a_share_has_that_error(factor):
    values = depth_error.build()(Task(factor)).evaluate()
    assert values["relative_error"] == pytest.approx(abs(factor - 1), abs=1e-4)


def test_the_guess_is_the_mean_of_the_training_targets_at_each_place():
    task = Task(1.0)
    mean = (task.rows.train.targets.float() / 255).mean(0, keepdim=True)
    truth = depth_scenes.as_metres(task.rows.test.targets.float() / 255)
    wanted = ((depth_scenes.as_metres(mean) - truth).abs() / truth).mean().item()
    assert depth_error.build()(task).evaluate()["guess_relative_error"] == pytest.approx(wanted)


def test_the_curve_has_a_point_for_each_band():
    picture = next(iter(depth_error.build()(Task(1.1)).pictures()))
    curves = picture.payload["curves"]
    assert [len(curve["x"]) for curve in curves] == [len(depth_error.EDGES) - 1] * 2
    seen = [value for value in curves[0]["y"] if value == value]
    assert seen == pytest.approx([0.1] * len(seen), abs=1e-3) and torch.tensor(seen).numel()
