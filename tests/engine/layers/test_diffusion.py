"""Diffusion's processes: noise by the formula, a reverse process that is exact where the best prediction is known."""

import math

import pytest
import torch

from dltui.engine.layers import diffusion
from dltui.engine.layers.diffusion import (
    extrapolated,
    log_ratio,
    q_sample,
    reverse_process,
    sampling_times,
    step_back,
    velocity,
)

T = 1000
MU, VARIANCE = 0.6, 0.25  # of a Gaussian whose best guess is known


@pytest.fixture(params=["cosine", "linear"])
def abar(request):
    return getattr(diffusion, request.param)(T)


def best_guess(abar, sign=1):
    """(x_t, t) -> E[x_0 | x_t] where x_0 is drawn from N(MU, VARIANCE)."""

    def guess(x, t):
        a = abar[t]
        return MU + sign * VARIANCE * a.sqrt() / (a * VARIANCE + 1 - a) * (x - a.sqrt() * MU)

    return guess


def test_a_schedule_leads_from_the_picture_to_noise(abar):
    assert abar.shape == (T + 1,) and abar[0] == 1 and 0 < abar[-1] < 1e-4
    assert (abar.diff() < 0).all()


def test_linear_betas_are_those_of_the_paper():
    abar = diffusion.linear(T)
    betas = 1 - abar[1:].double() / abar[:-1]
    assert betas[0].item() == pytest.approx(1e-4, rel=1e-2) and betas[-1].item() == pytest.approx(0.02, rel=1e-4)
    assert betas[499].item() == pytest.approx((1e-4 + 0.02) / 2, rel=1e-2)


def test_the_cosine_is_half_gone_in_the_middle_and_the_linear_long_before():
    assert diffusion.cosine(T)[T // 2].item() == pytest.approx(0.5, abs=0.02)
    assert diffusion.linear(T)[T // 2] < 0.1


def test_many_small_steps_of_noise_equal_one_large(abar):
    """x_s = sqrt(1 - beta_s) x_(s-1) + sqrt(beta_s) noise: mean and variance after t of them are q_sample's."""
    mean, variance = 1.0, 0.0
    for t in range(1, 301):
        beta = 1 - (abar[t] / abar[t - 1]).double().item()
        mean, variance = math.sqrt(1 - beta) * mean, (1 - beta) * variance + beta
    one, none = torch.ones(()), torch.zeros(())
    assert q_sample(one, none, abar[300]).item() == pytest.approx(mean, rel=1e-3)
    assert q_sample(none, one, abar[300]).item() ** 2 == pytest.approx(variance, rel=1e-3)


def test_variance_stays_and_the_velocity_tells_picture_and_noise(abar):
    torch.manual_seed(0)
    x_0, eps = torch.randn(2, 100_000)
    for a in abar[[1, 200, 500, 900]]:
        x_t, v = q_sample(x_0, eps, a), velocity(x_0, eps, a)
        assert x_t.var().item() == pytest.approx(1, abs=0.02) and v.var().item() == pytest.approx(1, abs=0.02)
        assert (x_t * v).mean().abs() < 0.02  # a number by itself tells nothing of its velocity
        assert torch.allclose(a.sqrt() * x_t - (1 - a).sqrt() * v, x_0, atol=1e-5)
        assert torch.allclose((1 - a).sqrt() * x_t + a.sqrt() * v, eps, atol=1e-5)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_the_best_guess_of_a_gaussian_leads_noise_back_to_it(abar, eta):
    torch.manual_seed(0)
    *_, (t, x_0) = reverse_process(best_guess(abar), torch.randn(20_000), abar, 200, eta=eta)
    assert t == 0
    assert x_0.mean().item() == pytest.approx(MU, abs=0.02)
    assert x_0.var().item() == pytest.approx(VARIANCE, rel=0.08)


def test_a_flipped_sign_does_not(abar):
    torch.manual_seed(0)
    *_, (_, x_0) = reverse_process(best_guess(abar, sign=-1), torch.randn(20_000), abar, 200)
    assert abs(x_0.var().item() - VARIANCE) > 0.5 * VARIANCE


def test_one_step_with_eta_1_is_the_papers(abar):
    """Ho et al. 2020, eq. 7: the mean and variance of q(x_(t-1) | x_t, x_0)."""
    for t in (2, 300, 999):
        a, b = abar[t].double(), abar[t - 1].double()
        beta = 1 - a / b
        x_0, x_t = torch.tensor(0.7).double(), torch.tensor(-0.4).double()
        mean = b.sqrt() * beta / (1 - a) * x_0 + (1 - beta).sqrt() * (1 - b) / (1 - a) * x_t
        torch.manual_seed(t)
        got = step_back(x_t.expand(50_000), x_0, a, b, 1.0)
        deviation = ((1 - b) / (1 - a) * beta).sqrt().item()
        assert got.mean().item() == pytest.approx(mean.item(), abs=0.02 * deviation)
        assert got.std().item() == pytest.approx(deviation, rel=0.02)


def test_without_fresh_noise_the_way_is_the_same_each_time(abar):
    noise = torch.linspace(-2, 2, 5)
    ways = [torch.stack([x for _, x in reverse_process(best_guess(abar), noise, abar, 10)]) for _ in range(2)]
    assert torch.equal(*ways)
    assert (ways[0][-1].diff() > 0).all()  # and neighbours stay neighbours


def exact(abar, x_T):
    """Where the way without fresh noise leads if no jump is too long: each x keeps its place in its Gaussian."""
    a = abar[-1]
    return MU + math.sqrt(VARIANCE) * (x_T - a.sqrt() * MU) / (a * VARIANCE + 1 - a).sqrt()


def test_the_second_order_needs_fewer_steps(abar):
    """Twice the steps halve the error of DDIM and quarter that of DPM-Solver++."""
    noise = torch.linspace(-2, 2, 9)

    def error(order, steps):
        *_, (_, x_0) = reverse_process(best_guess(abar), noise, abar, steps, order)
        return (x_0 - exact(abar, noise)).abs().max().item()

    assert error(2, 12) < 0.25 * error(1, 12)
    assert error(2, 12) < error(1, 36)
    assert error(1, 24) > 0.4 * error(1, 12) and error(2, 24) < 0.4 * error(2, 12)


def test_the_extrapolated_prediction_is_the_one_halfway_where_it_changes_evenly():
    def at(lam):
        return 0.3 + 0.7 * lam

    h_before, h = torch.tensor(0.4), torch.tensor(1.0)
    got = extrapolated(at(torch.tensor(2.0)), at(2.0 - h_before), h, h_before)
    assert got.item() == pytest.approx(at(2.5))


def test_a_jump_is_the_papers(abar):
    """Lu et al. 2022, algorithm 2: x_s = sigma_s / sigma_t x_t - alpha_s (exp(-h) - 1) D."""
    x_t, D = torch.randn(2, 50).double()
    a, b = abar[[700, 400]].double()
    h = log_ratio(b) - log_ratio(a)
    want = ((1 - b) / (1 - a)).sqrt() * x_t - b.sqrt() * torch.expm1(-h) * D
    assert torch.allclose(step_back(x_t, D, a, b, 0.0), want)


def test_steps_are_even_in_lambda_between_the_ends(abar):
    times = sampling_times(abar, 12)
    assert len(times) == 13 and times[0] == T and times[-1] == 0
    assert times == sorted(times, reverse=True)
    steps = log_ratio(abar)[times[1:-1]].diff()
    assert steps.tolist() == pytest.approx([(diffusion.LAST - diffusion.FIRST) / 11] * 10, rel=0.2)


def test_steps_that_fall_together_are_one():
    abar = diffusion.cosine(4)
    assert sampling_times(abar, 100) == [4, 3, 2, 1, 0]
    assert sampling_times(abar, 1) == [4, 0]


def test_the_way_ends_at_the_guess():
    way = list(reverse_process(lambda x, t: torch.full_like(x, 3.0), torch.randn(4), diffusion.cosine(10), 5, eta=1.0))
    assert way[0][0] == 10 and way[-1][0] == 0
    assert torch.allclose(way[-1][1], torch.full((4,), 3.0))
