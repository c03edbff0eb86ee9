"""The triplet loss equals torch's, pulls p and pushes n, and is silent beyond the margin."""

import pytest
import torch
from torch.nn.functional import triplet_margin_loss

from dltui.engine.losses import triplet


def points(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_it_equals_torchs():
    """Guards the signs: with d(a, n) - d(a, p), or the margin subtracted, it differs."""
    a, p, n = points(3, 20, 4)
    d_ap, d_an = (a - p).norm(dim=1), (a - n).norm(dim=1)
    ours = triplet.triplet(d_ap, d_an, 0.5).mean()
    assert ours == pytest.approx(triplet_margin_loss(a, p, n, margin=0.5, eps=0).item())


def test_the_losses_of_a_batch_are_means_over_its_triplets():
    """Guards the mask: another picture of the same person is never a negative."""
    a, p = points(2, 6, 3)
    who = torch.tensor([0, 0, 1, 1, 2, 0])
    every, hardest = [], []
    for i in range(6):
        d_an = [(a[i] - p[j]).norm() for j in range(6) if who[j] != who[i]]
        d_ap = (a[i] - p[i]).norm()
        every += [max(d_ap - d + 0.4, 0) for d in d_an]
        hardest.append(max(d_ap - min(d_an) + 0.4, 0))
    assert triplet.build(margin=0.4)(a, p, who) == pytest.approx(sum(every) / len(every))
    assert triplet.build(margin=0.4, negatives="hardest")(a, p, who) == pytest.approx(sum(hardest) / len(hardest))


def test_its_gradient_pulls_p_and_pushes_n():
    a, p, n = torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.1]])
    p.requires_grad_(), n.requires_grad_()
    triplet.triplet(triplet.distances(a, p)[0], triplet.distances(a, n)[0], 0.3).sum().backward()
    assert p.grad[0, 0] > 0 and n.grad[0, 1] < 0


def test_it_is_zero_beyond_the_margin():
    assert triplet.triplet(torch.tensor([0.2, 0.2]), torch.tensor([0.5, 0.4]), 0.25).tolist() == pytest.approx(
        [0, 0.05]
    )


def test_distances_are_euclidean_and_equal_points_have_a_gradient():
    x, y = points(5, 3), points(4, 3, seed=1)
    assert torch.allclose(triplet.distances(x, y), torch.cdist(x, y))
    same = points(1, 3).requires_grad_()
    triplet.distances(same, same.detach().clone()).sum().backward()
    assert torch.isfinite(same.grad).all()
