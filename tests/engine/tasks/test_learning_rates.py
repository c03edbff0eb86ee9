"""Four rates: one loss curve each, of four shapes; the limit; and knobs that turn while it runs."""

import numpy as np
import pytest
import torch

from dltui.engine.data import breast_cancer
from dltui.engine.tasks.learning_rates import LOST, METRICS, RATES, build
from tests.engine.conftest import CPU


@pytest.fixture(scope="module")
def table():
    return breast_cancer.build().builtin()


def made(table, **options):
    torch.manual_seed(0)
    return build(**options)(table, {}, CPU)


def advanced(task, steps, first=1):
    return [task.advance(step) for step in range(first, first + steps)]


def test_below_the_limit_all_rows_lead_down_and_above_it_away(table):
    """Guards the limit, without the noise of batches: 0.99 and 1.01 of it part."""
    task = made(table, large=0.99, diverging=1.01)
    task.batch = 20_000  # drawn with replacement: near enough to all rows
    last = advanced(task, 60)[-1]
    assert last["loss_large"] < 1 < last["loss_diverging"] and set(last) < set(METRICS)


def test_who_has_gone_too_far_is_left_there_and_comes_back_with_a_smaller_rate(table):
    task = made(table)
    assert advanced(task, 100)[-1]["loss_diverging"] == LOST
    assert torch.isfinite(task.trajectory.values).all()
    task.diverging = 0.1
    assert advanced(task, 150, first=101)[-1]["loss_diverging"] < 1


def test_the_same_rate_goes_the_same_way(table):
    """All four see the same batches from the same start: only the rate parts them."""
    task = made(table, small=0.3, right=0.3, large=0.3, diverging=0.3)
    advanced(task, 10)
    assert torch.equal(task.state.w, task.state.w[:1].expand(4, 2))


def test_the_pictures_show_the_way_the_loss_and_a_single_step(table):
    task = made(table)
    losses = [1.0, *(step["loss_right"] for step in advanced(task, 9))]
    way, curves, one_step = (picture.payload for picture in task.pictures())
    assert way["trail_x"].shape == (4, 10)
    assert np.allclose(curves["curves"][1]["y"], losses)
    stems = one_step["curves"][: len(RATES)]
    steep = one_step["curves"][len(RATES)]
    for stem in stems:
        assert stem["y"][1] == pytest.approx(np.interp(stem["x"][1], steep["x"], steep["y"]), abs=1e-6)
    assert stems[3]["y"][1] > 1 > stems[2]["y"][1]
