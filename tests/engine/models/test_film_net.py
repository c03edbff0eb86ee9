"""Classifiers of films: shapes, what each reading can know, and that they learn which way something moves."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from dltui.engine.models.film_net import build


def made(reads, **options):
    torch.manual_seed(0)
    return build(reads=reads, **{"size": 16, "outputs": 2, "width": 4, "hidden": 12, **options})


@pytest.mark.parametrize("reads", ["order", "bag", "one"])
def test_logits_and_a_gradient_to_every_weight(reads):
    net, films = made(reads, outputs=5), torch.rand(3, 6, 16, 16)
    assert net(films).shape == (3, 5) and net.verdicts(films).shape == (3, 6, 5)
    net(films).square().sum().backward()
    assert all(weights.grad is not None and weights.grad.abs().sum() > 0 for weights in net.parameters())


@torch.no_grad()
def test_a_bag_has_no_order_and_one_frame_no_others():
    films, order = torch.rand(4, 7, 16, 16), torch.randperm(7)
    bag, one, ordered = (made(reads).eval() for reads in ("bag", "one", "order"))
    assert torch.allclose(bag(films), bag(films[:, order]), atol=1e-5)
    assert not torch.allclose(ordered(films), ordered(films.flip(1)), atol=1e-4)
    others = films.clone()
    others[:, [0, 1, 2, 4, 5, 6]] = 0
    assert torch.allclose(one(films), one(others))


@torch.no_grad()
def test_a_verdict_knows_nothing_of_frames_to_come():
    films = torch.rand(2, 6, 16, 16)
    changed = torch.cat([films[:, :4], torch.zeros(2, 2, 16, 16)], 1)
    for reads in ("order", "bag"):
        net = made(reads).eval()
        assert torch.allclose(net.verdicts(films)[:, :4], net.verdicts(changed)[:, :4], atol=1e-5)
        assert torch.allclose(net.verdicts(films)[:, -1], net(films))


def test_the_order_is_learned():
    """A bar moves to the left or to the right: `order` learns which, `bag` cannot."""
    films = torch.zeros(64, 5, 16, 16)
    way = torch.arange(64) % 2
    for frame in range(5):
        films[way == 0, frame, :, 3 + 2 * frame : 5 + 2 * frame] = 1
        films[way == 1, frame, :, 11 - 2 * frame : 13 - 2 * frame] = 1
    losses = {}
    for reads in ("order", "bag"):
        net = made(reads)
        optimizer = torch.optim.Adam(net.parameters(), 0.01)
        for _ in range(30):
            loss = cross_entropy(net(films), way)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses[reads] = loss.item()
    assert losses["order"] < 0.1 and losses["bag"] > 0.5
