"""The denoising U-Net: at first its output is 0, it hears the time in every block, and hands fine maps over."""

import math

import pytest
import torch
from torch import nn

from dltui.engine.models import denoising_unet
from dltui.engine.models.denoising_unet import build, waves_of
from dltui.errors import DltuiError

OPTIONS = [
    {},
    {"patch": 1, "widths": [8, 8, 12], "blocks": 2, "across": "attention"},
    {"across": "mixing"},
    {"channels": 3, "widths": [8]},
]


def stirred(**options):
    """A net whose weights are no longer those with which it answers 0."""
    torch.manual_seed(0)
    net = build(**options)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return net


@pytest.mark.parametrize("options", OPTIONS)
def test_shape_and_gradients(options):
    x, t = torch.randn(3, options.get("channels", 1), 28, 28), torch.tensor([1, 500, 1000])
    out = stirred(**options)
    answer = out(x, t)
    assert answer.shape == x.shape
    answer.square().sum().backward()
    without = [name for name, p in out.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    assert not without, f"no gradient reaches {without}"


@pytest.mark.parametrize("options", OPTIONS)
def test_it_begins_by_answering_0(options):
    """With velocities that is the best answer of one who knows nothing: its loss is 1."""
    x = torch.randn(2, options.get("channels", 1), 28, 28)
    assert not build(**options)(x, torch.tensor([3, 900])).any()


def test_each_picture_hears_its_own_time():
    net, x = stirred(), torch.randn(1, 1, 28, 28).repeat(2, 1, 1, 1)
    both = net(x, torch.tensor([10, 900]))
    assert (both[0] - both[1]).abs().max() > 1e-2
    assert torch.allclose(both[1:], net(x[1:], torch.tensor([900])), atol=1e-4)


def test_a_place_is_told_where_it_lies():
    """Guards the axes: what is told to one place changes the answer there, and most there."""
    net, blank, t = stirred(widths=[8]), torch.zeros(1, 1, 28, 28), torch.tensor([500])
    before = net(blank, t)
    with torch.no_grad():
        net.places[0][:, 3, 9] += 1
    changed = (net(blank, t) - before)[0, 0].abs()
    row, column = divmod(changed.argmax().item(), 28)
    assert row // 2 in (2, 3, 4) and column // 2 in (8, 9, 10)


@pytest.mark.parametrize("options", [{"patch": 4}, {"size": 30}, {"patch": 1, "widths": [4, 4, 4, 4]}])
def test_sides_that_cannot_be_halved_are_refused(options):
    with pytest.raises(DltuiError, match="cannot halve"):
        build(**options)
    assert build(**options | {"size": 32})


@pytest.mark.parametrize("block", ["first", "last"])
def test_every_block_hears_it(block):
    """Guards the blocks' ear: with all others deaf, time still changes the answer."""
    net, x = stirred(), torch.randn(1, 1, 28, 28)
    blocks = [module for module in net.modules() if isinstance(module, denoising_unet.Block)]
    kept = blocks[0] if block == "first" else blocks[-1]
    for other in blocks:
        if other is not kept:
            nn.init.zeros_(other.stretch.weight)
    early, late = (net(x, torch.tensor([t])) for t in (10, 900))
    assert (early - late).abs().max() > 1e-3


def test_what_is_handed_over_alone_tells_pictures_apart():
    """Guards against a way up that sees only the coarsest maps: here these are blank."""
    net = stirred()
    net.after.register_forward_hook(lambda module, maps, found: torch.zeros_like(found))
    first, other = net(torch.randn(2, 1, 28, 28), torch.tensor([500, 500]))
    assert (first - other).abs().max() > 1e-2


def test_attention_begins_by_adding_nothing_and_minds_no_order():
    """Guards the axes: places that are moved about find what they found before, and take it with them."""
    look = denoising_unet.Attention(8)
    maps = torch.randn(2, 8, 4, 6)
    assert torch.allclose(look(maps), maps)
    nn.init.normal_(look.look.out_proj.weight)
    order = torch.randperm(24)
    moved = maps.flatten(2)[..., order].view_as(maps)
    assert (look(maps) - maps).abs().max() > 0.1
    assert torch.allclose(look(moved).flatten(2), look(maps).flatten(2)[..., order], atol=1e-4)


def test_mixing_begins_by_adding_nothing_and_hears_one_channel_at_a_time():
    """Guards the axes: a place is heard everywhere, but in its own channel alone."""
    mix = denoising_unet.Mixing(8, 24)
    mix.norm = nn.Identity()  # it alone may see all channels
    maps = torch.randn(2, 8, 4, 6)
    assert torch.equal(mix(maps), maps)
    nn.init.normal_(mix.spread.weight)
    other = maps.clone()
    other[0, 5, 3, 1] += 1
    changed = (mix(other) - mix(maps)).abs() > 1e-6
    assert changed[0, 5].all() and changed.sum() == 24


def test_waves_are_sines_and_cosines_of_growing_length():
    got = waves_of(torch.tensor([7]), 4)[0]
    lengths = [10_000 ** (k / 4) for k in range(4)]
    want = [math.sin(7 / length) for length in lengths] + [math.cos(7 / length) for length in lengths]
    assert got.tolist() == pytest.approx(want, abs=1e-5)
    apart = torch.cdist(*[waves_of(torch.arange(1, 1001), 64)] * 2).fill_diagonal_(1)
    assert apart.min() > 0.1  # no two times sound alike


@torch.no_grad()
def test_it_hears_of_the_class_and_of_none():
    net, x, t = stirred(widths=[8], conditional=True, classes=3), torch.randn(4, 1, 28, 28), torch.full((4,), 300)
    answers = [net(x, t, torch.full((4,), label)) for label in range(4)]
    assert net.conditional and not stirred(widths=[8]).conditional
    assert all((one - other).abs().max() > 1e-3 for one in answers for other in answers if one is not other)
