"""Clipping as torch does it; gradients that are autograd's; an outlier throws the unclipped away, the clipped go on."""

import pytest
import torch
from torch import nn

from dltui.engine.algorithms import gradient_clipping
from dltui.engine.algorithms.gradient_clipping import METRICS, STARTS, build, clipped
from tests.engine.conftest import context

GRADIENTS = ([3.0, -4.0], [0.1, -0.2], [0.5, -9.0], [0.0, 0.0], [6.0, 0.0])


def made(clip="none", steps=0, **options):
    torch.manual_seed(0)
    process = build(clip=clip, **options)(context())
    for _ in range(steps):
        process.step()
    return process


def torchs(clip, g, c):
    weights = nn.Parameter(torch.zeros_like(g))
    weights.grad = g.clone()
    clip([weights], c)
    return weights.grad


@pytest.mark.parametrize("numbers", GRADIENTS)
def test_both_are_torchs(numbers):
    g = torch.tensor(numbers, dtype=torch.float64)
    theirs = torchs(nn.utils.clip_grad_norm_, g, 2.0)
    torch.testing.assert_close(clipped(g, 2.0, "norm"), theirs, rtol=1e-6, atol=0)
    assert torch.equal(clipped(g, 2.0, "value"), torchs(nn.utils.clip_grad_value_, g, 2.0))
    assert torch.equal(clipped(g, 2.0, "none"), g)


def test_only_the_one_by_the_norm_keeps_the_direction():
    g = torch.tensor([0.5, -9.0])
    assert clipped(g, 1.0, "norm").norm().item() == pytest.approx(1)
    assert clipped(g, 1.0, "value").tolist() == [0.5, -1.0]
    assert (clipped(g, 1.0, "norm") / g).std().item() == pytest.approx(0, abs=1e-7)


def test_gradients_are_clipped_one_by_one():
    g = torch.tensor(GRADIENTS)
    for by in ("norm", "value"):
        assert torch.equal(clipped(g, 2.0, by), torch.stack([clipped(one, 2.0, by) for one in g]))


def test_the_gradient_of_a_batch_is_autograds():
    x, y = gradient_clipping.batch(0.5, 25.0)
    w = torch.tensor([[0.3, -2.0], [1.0, 4.0]], dtype=torch.float64, requires_grad=True)
    (want,) = torch.autograd.grad((w @ x.T - y).square().mean(1).sum(), w)
    torch.testing.assert_close(gradient_clipping.batch_gradient(w.detach(), x, y), want)


def test_outliers_are_rows_whose_inputs_grew_after_their_targets_were_drawn():
    torch.manual_seed(1)
    x, y = gradient_clipping.batch(0.0, 25.0)
    torch.manual_seed(1)
    large, same = gradient_clipping.batch(1.0, 25.0)
    assert torch.equal(large, 25 * x) and torch.equal(same, y)


def test_at_the_lowest_places_the_losses_are_least():
    w = torch.tensor(gradient_clipping.TRUE, dtype=torch.float64)
    assert gradient_clipping.clean(w) < gradient_clipping.clean(w + 0.1)
    assert gradient_clipping.cliff_gradient(torch.tensor([[3.55, -1.64]], dtype=torch.float64)).norm() < 0.05


def test_one_outlier_throws_the_unclipped_away_and_a_clipped_step_is_never_longer_than_c():
    moved = {}
    for clip in ("none", "norm", "value"):
        before, after = (made(clip, steps, outliers=1.0, threshold=0.5).w[0] for steps in (0, 1))
        moved[clip] = ((after - before) / gradient_clipping.RATES[0]).norm().item()
    assert moved["none"] > 50 and moved["norm"] == pytest.approx(0.5) and moved["value"] <= 0.5 * 2**0.5 + 1e-12


def test_without_outliers_the_unclipped_gets_there_too():
    """Guards the lesson: it is the outliers, not the rate."""
    found = made(steps=60, outliers=0.0).evaluate()
    assert set(found) == set(METRICS) and found["loss_outliers"] < 0.01
    assert made(steps=60, outliers=0.3).evaluate()["loss_outliers"] > 100


def test_what_has_left_all_numbers_stays_where_it_was():
    process = made(steps=8, outliers=1.0, outlier_size=1e60)
    assert process.w.isfinite().all() and process.evaluate()["loss_outliers"] > 1e100


def test_who_is_off_the_map_counts_as_thrown_and_is_drawn():
    process = made(steps=3)
    process.w[1 + 7] = torch.tensor([40.0, 40.0])
    assert process.evaluate()["thrown"] == pytest.approx(1 / STARTS)
    panes = {picture.pane: picture.payload for picture in process.pictures()}
    assert panes["cliff"]["trail_x"][0, 0] == process.trail.values[0, 8, 0]
    norms, level = panes["gradients: cliff"]["curves"]
    assert norms["y"].tolist()[1:] == process.trail.values[1:, 8, 2].tolist() and level["name"] == "c = 1"


def test_angles_are_in_degrees():
    a = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    b = torch.tensor([[0.0, -3.0], [2.0, 2.0], [1.0, 0.0]])
    assert gradient_clipping.angles(a, b).tolist() == pytest.approx([90, 0, 0])
