"""PixelCNN: what is said of a pixel hangs on those before it alone, and on nearly all of these."""

import pytest
import torch

from dltui.engine.models import pixelcnn

SIZE = 9


def looked_at(net, row, column):
    """(SIZE, SIZE) bool: the pixels on which the logits at (row, column) depend."""
    x = torch.rand(1, 1, SIZE, SIZE, requires_grad=True)
    net(x)[0, :, row, column].square().sum().backward()
    return x.grad[0, 0] != 0


@pytest.fixture
def net():
    torch.manual_seed(0)
    return pixelcnn.build(levels=3, width=6, blocks=3)


@pytest.mark.parametrize("place", [(0, 0), (0, 5), (4, 4), (8, 8), (6, 0)])
def test_no_pixel_sees_itself_or_what_comes_after_it(net, place):
    """Guards the masks: B in the first layer lets a pixel see itself, a row too many the future."""
    seen = looked_at(net, *place).flatten()
    at = place[0] * SIZE + place[1]
    assert not seen[at:].any()
    assert at == 0 or seen[at - 1 : at].all() or place[1] == 0


def test_a_changed_pixel_changes_nothing_before_it(net):
    x = torch.rand(1, 1, SIZE, SIZE)
    other = x.clone()
    other[0, 0, 4, 4] += 1
    apart = (net(x) - net(other)).abs().amax(1)[0].flatten()
    assert apart[: 4 * SIZE + 5].max() < 1e-6 and apart[4 * SIZE + 5 :].max() > 1e-3


@pytest.mark.parametrize("wrong", ["unmasked", "all B"])
def test_wrong_twins_are_found(net, wrong):
    """Guards the masks: without any, and with B in the first layer too, a pixel is told what it shall guess."""
    for layer in net.modules():
        if isinstance(layer, pixelcnn.MaskedConv2d):
            middle = layer.kernel_size[0] // 2
            layer.mask[middle, middle] = 1
            if wrong == "unmasked":
                layer.mask[:] = 1
    seen = looked_at(net, 4, 4)
    assert seen[4, 4]
    assert bool(seen[5:].any()) == (wrong == "unmasked")


def test_masks_of_both_kinds():
    """Guards what may be seen, too: a mask that bars too much learns less and leaks nothing."""
    a, b = (pixelcnn.MaskedConv2d(1, 1, 3, mask).mask for mask in "AB")
    assert a.tolist() == [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    assert b.tolist() == [[1, 1, 1], [1, 1, 0], [0, 0, 0]]
