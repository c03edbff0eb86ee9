"""Explosions: the gradients are autograd's, an outlier throws the unclipped away, and the clipped go on."""

import pytest
import torch

from dltui.engine.tasks import exploding
from dltui.engine.tasks.exploding import KEPT, METRICS, STARTS, build
from tests.engine.conftest import CPU


def made(**options):
    torch.manual_seed(0)
    return build(**options)(None, {}, CPU)


def advanced(task, steps):
    for step in range(1, steps + 1):
        task.advance(step)
    return task


def test_the_gradient_of_a_batch_is_autograds():
    x, y = exploding.batch(0.5, 25.0)
    w = torch.tensor([[0.3, -2.0], [1.0, 4.0]], dtype=torch.float64, requires_grad=True)
    (want,) = torch.autograd.grad((w @ x.T - y).square().mean(1).sum(), w)
    torch.testing.assert_close(exploding.slope(w.detach(), x, y), want)


def test_outliers_are_rows_whose_inputs_grew_after_their_targets_were_drawn():
    torch.manual_seed(1)
    x, y = exploding.batch(0.0, 25.0)
    torch.manual_seed(1)
    large, same = exploding.batch(1.0, 25.0)
    assert torch.equal(large, 25 * x) and torch.equal(same, y)


def test_at_the_least_places_the_losses_are_least():
    w = torch.tensor(exploding.TRUE, dtype=torch.float64)
    assert exploding.clean(w) < exploding.clean(w + 0.1)
    assert exploding.cliff_slope(torch.tensor([[3.55, -1.64]], dtype=torch.float64)).norm() < 0.05


def test_one_outlier_throws_the_unclipped_away_and_a_clipped_step_is_never_longer_than_c():
    task = made(outliers=1.0, clip=0.5)
    before = task.state.w.clone()
    task.advance(1)
    moved = ((task.state.w - before) / exploding.RATES).norm(dim=2)[:, 0]
    assert moved[0] > 50 and moved[1].item() == pytest.approx(0.5) and moved[2] <= 0.5 * 2**0.5 + 1e-12


def test_without_outliers_the_unclipped_gets_there_too():
    """Guards the lesson: it is the outliers, not the rate."""
    task = advanced(made(outliers=0.0), 60)
    found = task.evaluate()
    assert set(found) <= set(METRICS) and found["loss_outliers_none"] < 0.01
    assert advanced(made(outliers=0.3), 60).evaluate()["loss_outliers_none"] > 100


def test_what_has_left_all_numbers_stays_where_it_was():
    task = made(outliers=1.0, size=1e60)
    advanced(task, 8)
    assert task.state.w.isfinite().all() and task.evaluate()["loss_outliers_none"] > 1e100


def test_who_is_off_the_map_counts_as_thrown_and_is_drawn():
    task = advanced(made(), 3)
    task.state.w[0, 1 + 7] = torch.tensor([40.0, 40.0])
    assert task.evaluate()["thrown_none"] == pytest.approx(1 / STARTS)
    cliff = {picture.pane: picture.payload for picture in task.pictures()}["cliff"]
    assert cliff["trail_x"][0, 0] == task.state.trajectory[0, 0, 8, 0]


def test_the_latest_steps_are_remembered():
    task = made()
    for step in range(1, KEPT + 21):
        task._keep(step, torch.full((3, 1 + STARTS), float(step)))
    gradients = list(task.pictures())[-1].payload["curves"][0]
    assert gradients["x"][-1] == gradients["y"][-1] == KEPT + 20 and len(gradients["x"]) == KEPT
    assert gradients["x"][0] == gradients["y"][0]


def test_angles_are_in_degrees():
    a = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    b = torch.tensor([[0.0, -3.0], [2.0, 2.0], [1.0, 0.0]])
    assert exploding.angles(a, b).tolist() == pytest.approx([90, 0, 0])
