"""Deep clustering: memberships and their aim as the papers write them, centres where k-means finds them, two heads."""

import pytest
import torch
from sklearn.cluster import KMeans

from dltui.engine.algorithms import deep_clustering
from tests.engine.conftest import built


def clouds() -> torch.Tensor:
    """Three groups of 40 points in six dimensions."""
    generator = torch.Generator().manual_seed(0)
    middles = 2 * torch.randn(3, 6, generator=generator)
    return (middles.repeat_interleave(40, 0) + 0.3 * torch.randn(120, 6, generator=generator)).double()


def made(**options: object):
    torch.manual_seed(0)
    return built(deep_clustering, clouds(), k=3, latent=2, hidden=[16], pretrain=60, batch=40, **options)


def stepped(model, steps: int):
    for _ in range(steps):
        model.step()
    return model


def test_memberships_and_their_aim_are_those_of_the_paper():
    torch.manual_seed(0)
    z, centres = torch.randn(5, 2), torch.randn(3, 2)
    q = [[1 / (1 + float((a - c).square().sum())) for c in centres] for a in z]
    q = [[one / sum(row) for one in row] for row in q]
    sizes = [sum(row[j] for row in q) for j in range(3)]
    p = [[row[j] ** 2 / sizes[j] for j in range(3)] for row in q]
    p = torch.tensor([[one / sum(row) for one in row] for row in p])
    found = deep_clustering.memberships(z, centres)
    assert torch.allclose(found, torch.tensor(q)) and torch.allclose(deep_clustering.sharpened(found), p)


def test_centres_begin_where_k_means_finds_them_and_then_move():
    model = stepped(made(lr=1e-9), 60)
    codes = model.codes
    stepped(model, 1)
    want = KMeans(3, n_init=deep_clustering.STARTS, random_state=0).fit(codes.numpy()).cluster_centers_
    assert torch.allclose(model.centres.detach(), torch.from_numpy(want).float(), atol=1e-5)
    moved = stepped(made(), 61)
    first = moved.centres.detach().clone()
    assert not torch.allclose(stepped(moved, 20).centres, first, atol=1e-3)


def test_the_head_makes_memberships_surer_and_the_decoder_keeps_the_rows():
    both, alone = (stepped(made(clustering=c, rebuilding=r), 300).evaluate() for c, r in ((0.1, 1.0), (1.0, 0.0)))
    start = stepped(made(), 61).evaluate()
    assert both["confidence"] > start["confidence"]
    assert alone["reconstruction"] > 2 * both["reconstruction"]


def test_without_a_head_labels_are_those_of_k_means_on_the_codes():
    model = stepped(made(clustering=0.0), 100)
    want = KMeans(3, n_init=deep_clustering.STARTS, random_state=0).fit_predict(model.codes.numpy())
    assert model.labels.tolist() == want.tolist() and "confidence" not in model.evaluate()


@pytest.mark.parametrize("clustering", [0.0, 0.1])
def test_groups_far_apart_are_found(clustering):
    labels = stepped(made(clustering=clustering), 200).labels.view(3, 40)
    assert (labels == labels[:, :1]).all() and len(labels[:, 0].unique()) == 3
