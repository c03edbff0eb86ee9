"""Divergences: equal to closed forms and to samples sorted, and each fits as theory says."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from dltui.engine.algorithms import divergences
from tests.engine.conftest import context

KINDS = list(divergences.INTEGRANDS)


def made(kind: str, **options: float):
    return divergences.build(divergence=kind, **options)(context(None, {}))


def drawn(count: int, random: np.random.Generator) -> np.ndarray:
    """Points of the two hills."""
    tops = np.where(random.random(count) < divergences.SHARES[0], *divergences.MIDDLES)
    return tops + divergences.WIDTH * random.standard_normal(count)


@pytest.fixture
def one_hill(monkeypatch):
    """Both hills stand at 1: a Gaussian of deviation WIDTH, for which everything is known."""
    monkeypatch.setattr(divergences, "MIDDLES", (1.0, 1.0))


@pytest.mark.parametrize(("kind", "swapped"), [("kl", False), ("reverse_kl", True)])
def test_kl_of_two_gaussians_is_that_of_torch(one_hill, kind, swapped):
    p, q = torch.distributions.Normal(1.0, divergences.WIDTH), torch.distributions.Normal(-0.5, 1.3)
    want = torch.distributions.kl_divergence(*((q, p) if swapped else (p, q)))
    assert made(kind, mean=-0.5, deviation=1.3).evaluate()["divergence"] == pytest.approx(float(want), rel=1e-6)


def test_wasserstein_of_two_gaussians_is_that_of_their_moments(one_hill):
    value = made("wasserstein", mean=-3.0, deviation=2.0).evaluate()["divergence"]
    assert value == pytest.approx(4.0**2 + (2 - divergences.WIDTH) ** 2, rel=1e-9)


def test_wasserstein_is_that_of_sorted_samples():
    random = np.random.default_rng(0)
    p, q = np.sort(drawn(400_000, random)), np.sort(0.7 + 1.5 * random.standard_normal(400_000))
    value = made("wasserstein", mean=0.7, deviation=1.5).evaluate()["divergence"]
    assert value == pytest.approx(np.square(p - q).mean(), rel=0.02)


def test_jensen_shannon_is_the_information_of_a_sample_about_its_side():
    random = np.random.default_rng(0)
    x = np.concatenate([drawn(200_000, random), 0.7 + 1.5 * random.standard_normal(200_000)])
    p = sum(share * stats.norm.pdf(x, top, divergences.WIDTH) for share, top in zip(
        divergences.SHARES, divergences.MIDDLES, strict=True
    ))  # fmt: skip
    share = p / (p + stats.norm.pdf(x, 0.7, 1.5))
    entropy = -np.mean(share * np.log(share.clip(1e-300)) + (1 - share) * np.log((1 - share).clip(1e-300)))
    value = made("js", mean=0.7, deviation=1.5).evaluate()["divergence"]
    assert value == pytest.approx(math.log(2) - entropy, abs=3e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mean", [-10.0, 0.3, 10.0])
def test_the_grid_is_as_good_as_adaptive_integration(kind, mean):
    assert made(kind, mean=mean, deviation=0.4).evaluate()["error"] < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_each_ends_where_it_must(kind):
    fit = made(kind, mean=3.0)
    for _ in range(400):
        fit.step()
    found, (middle, spread) = fit.evaluate(), divergences.moments()
    if kind == "reverse_kl":
        assert found["hill_distance"] < 0.05 and found["deviation"] == pytest.approx(divergences.WIDTH, abs=0.05)
    elif kind == "kl":
        assert found["mean"] == pytest.approx(middle, abs=1e-3) and found["deviation"] == pytest.approx(
            spread, abs=1e-3
        )
    elif kind == "wasserstein":
        assert found["mean"] == pytest.approx(middle, abs=1e-6) and divergences.WIDTH < found["deviation"] < spread
    else:
        assert found["divergence"] < 0.5 * math.log(2)
