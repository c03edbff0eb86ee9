"""What a critic says, against SciPy's distance and ranks, and what is remembered."""

import math

import pytest
import torch
from scipy.stats import spearmanr, wasserstein_distance

from dltui.engine.losses import wasserstein
from dltui.engine.probes.critic import build, estimate, slopes, spearman
from tests.engine.tasks.test_gan import of_plane


def watched(**options):
    task, nets = of_plane(loss=wasserstein.build(), **options)
    return build(samples=80)(task), task, nets


def test_ranks_are_correlated_as_scipy_does():
    torch.manual_seed(0)
    x, y = torch.randn(20), torch.randn(20)
    assert spearman(x, y) == pytest.approx(spearmanr(x, y).statistic) and spearman(x, torch.ones(20)) == 0
    assert spearman(x, -x.exp()) == pytest.approx(-1)


@torch.no_grad()
def test_a_critic_of_slope_1_along_a_line_says_the_distance():
    """D(x, y) = x, for samples that are real points moved along x."""
    _probe, task, nets = watched()
    nets["discriminator"].forward = lambda rows: rows[:, :1]
    real = task.rows.test.inputs
    scores = real[:, :1], real[:, :1] - 3
    assert estimate(task, *scores) == pytest.approx(3, rel=1e-5)
    want = wasserstein_distance(scores[0][:, 0], scores[1][:, 0])
    assert estimate(task, *scores) == pytest.approx(want, rel=1e-5)
    assert torch.allclose(slopes(task, real - 1, task.turns(len(real))), torch.ones(len(real)))


def test_a_discriminator_that_guesses_says_0_and_one_that_is_sure_log_2():
    task, _ = of_plane()
    none = torch.zeros(5, 1)
    assert estimate(task, none, none) == pytest.approx(0, abs=1e-6)
    assert estimate(task, none + 30, none - 30) == pytest.approx(math.log(2), rel=1e-5)


@torch.no_grad()
def test_only_evaluations_after_training_began_are_remembered_and_each_once():
    probe, _task, nets = watched()
    assert "rank_correlation" not in probe.evaluate()
    for step in (1, 2, 2, 3):
        probe.after_step(step)
        found = probe.evaluate()
    assert probe.seen.shape == (4, 4) and -1 <= found["rank_correlation"] <= 1
    _steps, exact, said, _ = probe.seen[:, 1:]
    assert found["estimate_error"] == pytest.approx(((said - exact).abs().sum() / exact.sum()).item())
    for weight in nets["discriminator"].parameters():
        weight.copy_(torch.where(weight > 0, 0.1, -0.1))
    probe.after_step(4)
    probe.evaluate()
    assert probe.seen[3, -1] == 1  # all of its weights are at the bounds
