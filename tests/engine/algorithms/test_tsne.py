"""t-SNE as the notes write it: neighbourhoods of one perplexity, the gradient that autograd finds, a map to trust."""

import math

import pytest
import torch
from scipy.spatial.distance import squareform
from sklearn.manifold._t_sne import _joint_probabilities

from dltui.engine.algorithms import tsne


def rows(seed: int = 0, count: int = 50, dims: int = 6) -> torch.Tensor:
    return torch.randn(count, dims, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("perplexity", [3.0, 12.0])
def test_each_row_has_the_entropy_of_the_perplexity(perplexity):
    """Guards the search: with its direction turned, s runs off to an end."""
    p = tsne.conditional(torch.cdist(rows(), rows()).square(), perplexity)
    assert torch.allclose(p.sum(1), torch.ones(50).double()) and not p.diagonal().any()
    entropy = -torch.xlogy(p, p).sum(1)
    assert torch.allclose(entropy.exp(), torch.full((50,), perplexity).double(), rtol=1e-6)


def test_p_is_that_of_scikit_learn():
    """Guards the joint p, which counts both directions, and the width s_i that gives the perplexity."""
    D2 = torch.cdist(rows(), rows()).square()
    theirs = squareform(_joint_probabilities(D2.float().numpy(), 10.0, 0))
    assert torch.allclose(tsne.joint(tsne.conditional(D2, 10.0)), torch.from_numpy(theirs), atol=1e-7)


def test_q_is_that_of_the_notes():
    y = rows(dims=2, count=4)
    q, _ = tsne.similarity(y, "student")
    whole = sum(1 / (1 + (y[k] - y[m]).square().sum()) for k in range(4) for m in range(4) if k != m)
    assert q[1, 3] == pytest.approx((1 / (1 + (y[1] - y[3]).square().sum()) / whole).item())
    q, _ = tsne.similarity(y, "gaussian")
    whole = sum(math.exp(-(y[k] - y[m]).square().sum()) for k in range(4) for m in range(4) if k != m)
    assert q[1, 3] == pytest.approx(math.exp(-(y[1] - y[3]).square().sum()) / whole)


@pytest.mark.parametrize("tails", ["student", "gaussian"])
def test_the_gradient_is_that_of_the_divergence(tails):
    """Guards its sign and the factor w, which the Gaussian lacks."""
    P = tsne.joint(tsne.conditional(torch.cdist(rows(), rows()).square(), 8.0))
    y = rows(3, dims=2).requires_grad_()
    Q, w = tsne.similarity(y, tails)
    off = ~torch.eye(50, dtype=torch.bool)
    (P[off] * (P[off] / Q[off]).log()).sum().backward()
    with torch.no_grad():
        assert torch.allclose(tsne.gradient(P, Q, w, y), y.grad, atol=1e-12)


def test_heaps_stay_heaps_and_their_neighbours_neighbours():
    torch.manual_seed(0)
    x = (rows(1, 60) + 8 * torch.arange(3).repeat_interleave(20)[:, None]).float()
    ours = tsne.TSNE(x, 8.0, "student")
    first = ours.evaluate()
    for _ in range(300):
        ours.step()
    last = ours.evaluate()
    nearest = torch.cdist(ours.embedding, ours.embedding).fill_diagonal_(torch.inf).argmin(1)
    assert (nearest // 20 == torch.arange(3).repeat_interleave(20)).float().mean() > 0.9
    assert last["kl"] < 0.5 * first["kl"]
    assert last["trustworthiness"] >= 0.95 * last["sklearn_trustworthiness"]


def test_few_rows_have_a_perplexity_that_they_can_reach():
    ours = tsne.TSNE(rows(count=10).float(), 30.0, "student")
    ours.step()
    assert ours.embedding.isfinite().all()
