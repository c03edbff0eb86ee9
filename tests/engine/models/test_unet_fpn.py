"""U-Net with a pyramid's head: its body is a U-Net, and every level of it is classified."""

import pytest
import torch

from dltui.engine.models.unet import build as unet
from dltui.engine.models.unet_fpn import build


def test_the_body_is_a_u_net():
    """The last level of the way up is what a U-Net of the same weights classifies."""
    torch.manual_seed(0)
    net, plain = build(classes=4).eval(), unet(channels=3, classes=4, width=4, depth=3).eval()
    plain.load_state_dict(net.body.state_dict() | plain.classifier.state_dict(prefix="classifier."))
    pictures = torch.rand(2, 3, 40, 32)
    levels = net.body.stages(pictures)
    assert [tuple(level.shape[1:]) for level in levels] == [(32, 5, 4), (16, 10, 8), (8, 20, 16), (4, 40, 32)]
    assert torch.equal(plain.classifier(levels[-1]), plain(pictures))
    shapes = [tuple(stage.shape[1:]) for stage in net.stages(pictures)]
    assert shapes == [
        (8, 5, 4),
        (8, 10, 8),
        (8, 20, 16),
        (8, 40, 32),
    ]


@pytest.mark.parametrize("level", range(4))
def test_each_level_alone_decides(level):
    """Guards against a level that is made and left out: with the other three silenced, two pictures still differ."""
    torch.manual_seed(0)
    net = build(classes=3).eval()
    for number, lateral in enumerate(net.laterals):
        if number != level:
            lateral.register_forward_hook(lambda module, maps, found: torch.zeros_like(found))
    first, other = net(100 * torch.rand(2, 3, 32, 32))
    assert (first - other).abs().max() > 1e-4


def test_shape_and_gradients():
    net = build(classes=4)
    logits = net(torch.rand(2, 3, 24, 40))
    assert logits.shape == (2, 4, 24, 40)
    logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
