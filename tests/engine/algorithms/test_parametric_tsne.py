"""The net's loss is t-SNE's, it falls, and a row that was not seen lands where rows like it are."""

import pytest
import torch

from dltui.engine.algorithms import parametric_tsne as ours
from dltui.engine.algorithms.tsne import conditional, gradient, joint, similarity
from dltui.engine.contracts.dataset import Dataset, Split
from tests.engine.conftest import context


def blobs(rows: int, seed: int, classes: int = 3) -> Split:
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(rows) % classes
    return Split(torch.randn(rows, 6, generator=generator) + 4.0 * torch.eye(6)[y], y)


def made(rows: int = 90, names: tuple[str, ...] = ("a", "b", "c"), **options):
    torch.manual_seed(0)
    data = Dataset(blobs(rows, 0), blobs(30, 1), names, "builtin", "blobs", {})
    return ours.build(hidden=[16], perplexity=10.0, **options)(context(data))


def test_the_gradient_at_the_places_is_that_of_tsne():
    """Guards P of all rows, and a batch that would be normalised twice."""
    algorithm = made(batch=90)
    places = algorithm.net(algorithm.x).detach().requires_grad_()
    algorithm.net.forward = lambda x: places
    (got,) = torch.autograd.grad(algorithm.loss(torch.arange(90)), places)
    P = joint(conditional(torch.cdist(algorithm.x.double(), algorithm.x.double()).square(), 10.0)).float()
    want = gradient(P, *similarity(places.detach(), "student"), places.detach())
    assert torch.allclose(got, want, atol=1e-6) and got.abs().max() > 1e-5


def test_the_loss_falls_and_unseen_rows_land_among_their_own():
    algorithm = made(lr=0.02, batch=60)
    before = algorithm.evaluate()
    for _ in range(150):
        algorithm.step()
    after = algorithm.evaluate()
    assert after["kl"] < 0.6 * before["kl"] and set(after) <= set(ours.METRICS)
    assert after["unseen_knn_accuracy"] >= 0.95


@pytest.mark.parametrize("names", [("a", "b", "c"), ()])
def test_it_is_drawn_with_classes_and_without(names):
    algorithm = made(names=names)
    (picture,) = algorithm.pictures()
    drawn = picture.payload
    assert len(drawn["x"]) == 120 and drawn["classes"][-1] == ours.SEEN
    assert set(drawn["label"][:30]) == set(range(max(1, len(names)))) and set(drawn["label"][30:]) == {len(names) or 1}
    assert ("unseen_knn_accuracy" in algorithm.evaluate()) == bool(names)


def test_a_batch_greater_than_the_rows_takes_all():
    algorithm = made(rows=9, batch=500)
    algorithm.step()
    assert algorithm.embedding.shape == (9, 2)
