"""The three forms of SNE: q sums to one as the form says, the gradient is autograd's, the divergence falls."""

import pytest
import torch

from dltui.engine.algorithms import sne, tsne
from dltui.engine.contracts.dataset import Dataset, Split
from tests.engine.conftest import context

FORMS = ["sne", "symmetric", "student"]


def rows(seed: int = 0, count: int = 50, dims: int = 6) -> torch.Tensor:
    return torch.randn(count, dims, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def neighbourhoods(form: str) -> torch.Tensor:
    p = tsne.conditional(torch.cdist(rows(), rows()).square(), 8.0)
    return p if form == "sne" else tsne.joint(p)


def made(form: str, seed: int = 0) -> sne.SNE:
    """Three groups of twenty rows."""
    targets = torch.arange(60) % 3
    x = rows(1, 60).float() + 4 * targets[:, None]
    split = Split(x, targets)
    torch.manual_seed(seed)
    return sne.build(form=form)(context(Dataset(split, split, ("a", "b", "c"), "builtin", "", {"inputs": 6})))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_the_gradient_is_that_of_autograd(form, scale):
    """Guards the sum over both directions, the N of sne, and the factor w, which only Student's t has."""
    p, y = neighbourhoods(form), (scale * rows(3, dims=2)).requires_grad_()
    sne.divergence(p, sne.log_q(sne.squared(y), form)).backward()
    with torch.no_grad():
        ours = sne.gradient(p, y, form)
    assert y.grad.abs().max() > 1e-6 and torch.allclose(ours, y.grad, atol=1e-12)


def test_the_divergence_is_scipys():
    """Guards the mean over rows: a sum would make sne's rate another."""
    from scipy.stats import entropy

    y = rows(3, dims=2)
    for form in FORMS:
        p, log_q = neighbourhoods(form), sne.log_q(sne.squared(y), form)
        off = ~torch.eye(50, dtype=torch.bool)
        if form == "sne":
            theirs = sum(entropy(p[i, off[i]], log_q[i, off[i]].exp()) for i in range(50)) / 50
        else:
            theirs = entropy(p[off], log_q[off].exp())
        assert sne.divergence(p, log_q).item() == pytest.approx(theirs)


def test_q_sums_to_one_in_each_row_of_sne_and_in_all_of_the_others():
    y = rows(3, dims=2)
    assert torch.allclose(sne.log_q(sne.squared(y), "sne").exp().sum(1), torch.ones(50).double())
    for form in ("symmetric", "student"):
        q = sne.log_q(sne.squared(y), form).exp()
        theirs, _ = tsne.similarity(y, {"symmetric": "gaussian"}.get(form, form))
        assert torch.allclose(q, theirs) and torch.allclose(q, q.T)


@pytest.mark.parametrize("form", FORMS)
def test_groups_come_apart_and_the_divergence_falls(form):
    ours = made(form)
    first = ours.evaluate()
    for _ in range(200):
        ours.step()
    last = ours.evaluate()
    assert last["kl"] < 0.6 * first["kl"] and last["silhouette"] > 0.5 > first["silhouette"]
    assert max(first["autograd_difference"], last["autograd_difference"]) < 1e-9
    (picture,) = ours.pictures()
    same, others = (curve["y"] for curve in picture.payload["curves"])
    assert same.sum() == pytest.approx(1) and same[:10].sum() > others[:10].sum() + 0.5


def test_points_far_apart_have_a_finite_divergence():
    """Guards the logarithms: exp(-d^2) of them all is 0, and 0 / 0 no number."""
    y = torch.tensor([[0.0, 0.0], [1e3, 0.0], [0.0, 2e3], [3e3, 3e3]]).double()
    p = torch.full((4, 4), 1 / 3).double().fill_diagonal_(0)
    for form in FORMS:
        assert sne.divergence(p if form == "sne" else p / 4, sne.log_q(sne.squared(y), form)).isfinite()
