"""The noise of batches: means of the first rows, the exact variance, and the slope that numpy fits."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms.gradient_noise import batch_means, slope, variance


def test_means_are_those_of_the_first_rows_of_each_batch():
    gradients = torch.randn(20, 3, dtype=torch.float64)
    rows = torch.randint(20, (4, 8))
    for size, means in zip([1, 3, 8], batch_means(gradients, rows, [1, 3, 8]), strict=True):
        assert torch.allclose(means, gradients[rows[:, :size]].mean(1))


def test_the_variance_falls_as_one_over_the_batch():
    """Guards mean against sum: that of a sum would grow."""
    torch.manual_seed(0)
    gradients = torch.randn(50, 2, dtype=torch.float64) + 3
    exact = gradients.var(0, correction=0).sum().item()
    sizes = [1, 4, 16]
    means = batch_means(gradients, torch.randint(50, (20_000, 16)), sizes)
    for size, of_size in zip(sizes, means, strict=True):
        assert variance(gradients, of_size).item() == pytest.approx(exact / size, rel=0.05)


def test_the_slope_is_numpys():
    x, y = torch.tensor([1, 2, 5, 9]), torch.tensor([3.0, 1.0, 0.7, 0.1])
    assert slope(x, y) == pytest.approx(np.polyfit(np.log(x), np.log(y), 1)[0])
    assert slope(x, 4.0 / x) == pytest.approx(-1)
