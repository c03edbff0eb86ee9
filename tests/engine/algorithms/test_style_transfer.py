"""Style transfer: Gram matrices and E by hand, Adam as torch's, losses that are shares of a distance."""

import pytest
import torch
from torch import nn

from dltui.engine.algorithms import style_transfer
from dltui.engine.algorithms.style_transfer import anew, build, gram, style_distance
from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.errors import DltuiError
from tests.engine.conftest import context


@pytest.fixture(autouse=True)
def untrained(monkeypatch):
    """Kernels of random weights in the place of trained ones, which take seconds to learn."""
    torch.manual_seed(3)
    layers = []
    for ins, outs in ((3, 6), (6, 8), (8, 10)):
        layers += [nn.Conv2d(ins, outs, 3, stride=2, padding=1), nn.BatchNorm2d(outs), nn.ReLU()]
    net = nn.Sequential(*layers).eval().requires_grad_(False)
    monkeypatch.setattr(style_transfer, "pretrained_features", lambda layer, device: net)


@pytest.fixture
def data():
    torch.manual_seed(1)
    pictures = torch.randint(0, 256, (2, 3, 24, 24), dtype=torch.uint8)
    pictures[1] //= 3
    split = Split(pictures, torch.arange(2))
    return Dataset(split, split, ("a", "b"), "builtin", "noise", facts_of(pictures, ("a", "b")))


def test_a_gram_matrix_holds_the_products_of_maps_summed_over_places():
    maps = torch.rand(1, 4, 3, 5)
    by_hand = sum(torch.outer(maps[0, :, y, x], maps[0, :, y, x]) for y in range(3) for x in range(5))
    assert torch.allclose(gram(maps), by_hand, atol=1e-5)
    shuffled = maps.flatten(2)[..., torch.randperm(15)].view(1, 4, 3, 5)
    assert torch.allclose(gram(shuffled), by_hand, atol=1e-5)  # it forgets where things are


def test_e_is_that_of_the_paper():
    maps, wanted = torch.rand(1, 4, 3, 5), torch.rand(4, 4)
    by_hand = ((gram(maps) - wanted) ** 2).sum() / (4 * 4**2 * 15**2)
    assert style_distance(maps, wanted).item() == pytest.approx(by_hand.item())


def test_both_losses_begin_at_their_shares(data):
    process = build()(context(data))
    found = process.evaluate()
    assert found["style_loss"] == pytest.approx(1, abs=1e-5) and found["content_distance"] == 0
    process.painted.data.copy_(process.photographs[1])
    found = process.evaluate()
    assert found["style_loss"] == pytest.approx(0, abs=1e-6) and found["content_distance"] == pytest.approx(1)


def test_the_pixels_move_as_by_torchs_adam(data):
    process = build(rate=0.03, style=2.0)(context(data))
    x = process.painted.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([x], lr=0.03)
    for _ in range(3):
        process.step()
        optimizer.zero_grad()
        maps = process.losses.maps(x)
        (process.losses.content_error(maps) + 2.0 * process.losses.style_loss(maps)).backward()
        optimizer.step()
        x.data.clamp_(0, 1)
    assert torch.allclose(process.painted, x.detach(), atol=1e-4)


def test_the_style_comes_nearer_and_without_its_weight_nothing_moves(data):
    process, still = build(steps=30)(context(data)), build(style=0.0, steps=5)(context(data))
    for one in (process, still):
        while not one.done:
            one.step()
    assert process.evaluate()["style_loss"] < 0.5
    assert still.evaluate()["style_loss"] == pytest.approx(1, abs=1e-5)


def test_a_net_anew_has_other_weights_and_the_same_every_time():
    net = style_transfer.pretrained_features("high", torch.device("cpu"))
    first, again = anew(net), anew(net)
    assert torch.equal(first[0].weight, again[0].weight) and not torch.equal(first[0].weight, net[0].weight)


def test_a_photograph_that_is_not_there_is_told(data):
    with pytest.raises(DltuiError, match="are 1 and 3; there are 2 pictures"):
        build(painter=3)(context(data))
