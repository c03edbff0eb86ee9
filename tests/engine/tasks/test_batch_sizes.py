"""Four batch sizes: the step of all rows is the exact one, the others scatter about it, and rows are counted."""

import numpy as np
import pytest
import torch

from dltui.engine.data import breast_cancer
from dltui.engine.layers.linear_neuron import gradient
from dltui.engine.tasks.batch_sizes import METRICS, ROLES, build
from tests.engine.conftest import CPU


@pytest.fixture(scope="module")
def table():
    return breast_cancer.build().builtin()


def made(table, **options):
    torch.manual_seed(0)
    return build(**options)(table, {}, CPU)


def test_all_rows_take_the_exact_step_and_batches_scatter_about_it(table):
    """Guards the mean: over many draws the batches' steps are that of all rows, the larger the nearer."""
    task = made(table)
    start = task.state.w[0].clone()
    exact = start - task.rate * task.bowl.limit * gradient(start, task.x, task.y)
    found = []
    for step in range(1, 401):
        task.state.w[:] = start
        task.advance(step)
        found.append(task.state.w.clone())
    found = torch.stack(found)  # (draws, roles, 2)
    assert torch.allclose(found[:, -1], exact.expand(400, 2))
    apart = (found - exact).square().sum(-1)  # (draws, roles)
    errors = apart.mean(0).sqrt() / 400**0.5
    assert ((found.mean(0) - exact).norm(dim=-1)[:-1] < 4 * errors[:-1]).all()
    assert apart[:, 0].mean() / apart[:, 1].mean() == pytest.approx(16, rel=0.4)


def test_what_is_measured_and_drawn(table):
    task = made(table)
    for step in range(1, 21):
        values = task.advance(step)
    assert set(values) | set(task.evaluate()) == set(METRICS)
    assert task.evaluate()["slope"] == pytest.approx(-1, abs=0.07)
    way, noise, cost = (picture.payload for picture in task.pictures())
    assert way["trail_x"].shape == (len(ROLES), 21) and len(noise["curves"]) == 2
    assert [curve["x"][-1] for curve in cost["curves"]] == [20, 20 * 16, 20 * 256, 20 * len(task.x)]
    assert np.isclose(cost["curves"][1]["y"][-1], values["loss_small"])


def test_a_rate_that_throws_single_rows_away_ends_in_numbers(table):
    task = made(table, rate=0.9)
    for step in range(1, 201):
        values = task.advance(step)
    assert all(np.isfinite(value) for value in values.values()) and values["loss_all"] < 0.01
