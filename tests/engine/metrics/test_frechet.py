"""The Frechet distance equals its closed form and scipy's matrix root."""

import numpy as np
import pytest
import scipy.linalg
import torch

from dltui.engine.metrics.frechet import Gaussian, frechet_distance


def drawn(seed, dims=6, rows=400):
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(dims, dims, generator=generator, dtype=torch.float64)
    return torch.randn(rows, dims, generator=generator, dtype=torch.float64) @ mix + seed


def test_equal_to_the_formula_with_scipys_root():
    """Guards the square root and the factor 2: without either the numbers differ."""
    a, b = drawn(1), drawn(2)
    x, g = Gaussian.of(a), Gaussian.of(b)
    S_x, S_g = np.cov(a.numpy(), rowvar=False), np.cov(b.numpy(), rowvar=False)
    want = ((a.mean(0) - b.mean(0)) ** 2).sum().item() + np.trace(S_x + S_g - 2 * scipy.linalg.sqrtm(S_x @ S_g).real)
    assert frechet_distance(x, g) == pytest.approx(want, rel=1e-8)


def test_one_dimension_by_hand():
    """In one dimension it is (mu_x - mu_g)^2 + (sigma_x - sigma_g)^2."""
    x = Gaussian(torch.tensor([1.0]).double(), torch.tensor([[4.0]]).double())
    g = Gaussian(torch.tensor([4.0]).double(), torch.tensor([[25.0]]).double())
    assert frechet_distance(x, g) == pytest.approx(9 + 9)


def test_none_between_a_sample_and_itself():
    x = Gaussian.of(drawn(3))
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-8)
