"""What makes a U-Net: maps handed over from the way down, and borders that are mirrored."""

import pytest
import torch

from dltui.engine.models.unet import build
from dltui.errors import DltuiError


def test_what_is_handed_over_alone_tells_pictures_apart():
    """Guards against a way up that sees only the coarsest maps: here these are blank."""
    torch.manual_seed(0)
    net = build().eval()
    net.down[-1].register_forward_hook(lambda module, maps, found: torch.zeros_like(found))
    first, other = net(torch.rand(2, 1, 16, 16))
    assert (first - other).abs().min(0).values.max() > 1e-3


def test_without_skips_nothing_is_handed_over():
    net = build(skips=False).eval()
    net.down[-1].register_forward_hook(lambda module, maps, found: torch.zeros_like(found))
    first, other = net(torch.rand(2, 1, 16, 16))
    assert torch.equal(first, other)


def test_an_even_picture_has_no_frame():
    """Guards against borders filled with zeros. 2^depth pixels are the period of what the way up draws."""
    torch.manual_seed(0)
    logits = build(depth=2).eval()(torch.full((1, 1, 32, 32), 0.7))
    cells = logits.unfold(2, 4, 4).unfold(3, 4, 4)  # (1, 2, 8, 8, 4, 4)
    assert torch.allclose(cells, cells[:, :, 3:4, 3:4].expand_as(cells), atol=1e-5)


def test_sides_that_cannot_be_halved_are_told():
    with pytest.raises(DltuiError, match="cannot halve pictures of 32x58 pixels 2 times"):
        build(depth=2)(torch.rand(1, 1, 32, 58))
