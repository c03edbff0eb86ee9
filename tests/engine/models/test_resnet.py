"""ResNet: the published counts of blocks, layers and weights, and a block that begins near its input."""

import pytest
import torch
from torch import nn

from dltui.engine.models.resnet import BLOCKS, build


def published(depth: int) -> nn.Module:
    return build(depth=depth, width=64, stem="imagenet", classes=1000)


@pytest.mark.parametrize(("depth", "weights"), [(18, 11_689_512), (34, 21_797_672), (50, 25_557_032)])
def test_at_full_size_the_weights_are_as_many_as_published(depth, weights):
    """The counts of the nets that torchvision publishes: a missing shortcut or a block too few changes them."""
    assert sum(p.numel() for p in published(depth).parameters()) == weights


@pytest.mark.parametrize("depth", BLOCKS)
def test_the_depth_counts_layers_with_weights(depth):
    """Convolutions of stem and blocks, and the last layer; the 1 x 1 convolutions that carry x over do not count."""
    net = build(depth=depth)
    assert tuple(len(stage) for stage in net.stages) == BLOCKS[depth]
    inside = [name for name, layer in net.named_modules() if isinstance(layer, nn.Conv2d) and ".skip" not in name]
    assert len(inside) + 1 == depth


@pytest.mark.parametrize(("stem", "side"), [("imagenet", 8), ("half", 16), ("full", 32)])
def test_each_stage_halves_the_picture_and_doubles_the_channels(stem, side):
    net = build(stem=stem, width=8)
    maps = net.stem(torch.rand(2, 3, 32, 32))
    assert maps.shape == (2, 8, side, side)
    for stage in range(4):
        maps = net.stages[stage](maps)
        assert maps.shape == (2, 8 * 2**stage, side >> stage, side >> stage)


@pytest.mark.parametrize("depth", BLOCKS)
def test_with_nothing_to_add_a_block_is_its_shortcut(depth):
    """relu(F(x) + x) with F = 0: a shortcut taken before the wrong layer, or a product for the sum, would show."""
    block = build(depth=depth).eval().stages[1][1]
    for p in block.residual.parameters():
        nn.init.zeros_(p)
    x = torch.randn(2, 128 if depth == 50 else 32, 8, 8)
    assert torch.equal(block(x), torch.relu(x))


def test_without_skips_nothing_is_carried_over():
    block = build(skips=False).eval().stages[1][1]
    for p in block.residual.parameters():
        nn.init.zeros_(p)
    assert not block(torch.randn(2, 32, 8, 8)).any()


def test_fewer_stages_leave_out_the_last():
    net = build(stages=2)
    assert len(net.stages) == 2 and net.head.in_features == 32
    assert net(torch.rand(2, 3, 32, 32)).shape == (2, 10)
