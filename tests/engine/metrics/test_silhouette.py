"""Silhouettes are scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.metrics import silhouette_samples

from dltui.engine.metrics import silhouette
from dltui.engine.metrics.silhouette import silhouettes


def points(seed: int, rows: int = 90, dims: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, dims, dtype=torch.float64, generator=generator)
    return x, torch.cat([torch.arange(5), torch.randint(0, 4, (rows - 5,), generator=generator)])  # 4 is alone


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("together", [7, 1024])
def test_silhouettes_are_those_of_scikit_learn(seed, together, monkeypatch):
    """Guards n - 1 in a, and the point that is alone: its silhouette is 0."""
    monkeypatch.setattr(silhouette, "TOGETHER", together)
    x, labels = points(seed)
    ours = silhouettes(x, labels)
    assert np.allclose(ours, silhouette_samples(x.numpy(), labels.numpy()))
    assert ours[4] == 0 and ours.min() < 0 < ours.max()


def test_a_point_that_counts_as_its_own_neighbour_is_another_silhouette():
    """Guards the test above: with n instead of n - 1 the numbers differ by more than it allows."""
    x, labels = points(0)
    D, own = torch.cdist(x, x), labels[:, None] == labels
    a = (D * own).sum(1) / own.sum(1)
    b = torch.stack([(D * (labels == c)).sum(1) / (labels == c).sum() for c in range(5)], 1)
    b = b.scatter(1, labels[:, None], torch.inf).amin(1)
    wrong = (b - a) / torch.maximum(a, b)
    assert not np.allclose(wrong, silhouette_samples(x.numpy(), labels.numpy()), atol=1e-3)
