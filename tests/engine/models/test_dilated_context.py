"""A context module: what a pixel sees, nothing changed at the start, and taps where the dilation puts them."""

import pytest
import torch
from torch.nn.functional import conv2d

from dltui.engine.algorithms.receptive_field import extent, slopes_of
from dltui.engine.models.dilated_context import build, dilated


@pytest.mark.parametrize("dilations", [[], [1, 1, 1, 1], [1, 2, 4, 8], [1, 1, 2, 4, 8, 16, 1]])
def test_a_pixel_sees_what_the_formula_says(dilations):
    """1 + 2 (1 + the sum of the dilations), one convolution being in front; random weights, so that no tap is 0."""
    torch.manual_seed(0)
    net = build(dilations=dilations, start="random").eval()
    slopes = slopes_of(net, torch.rand(8, 3, 81, 81), 40, 40).sum(0)
    reach = 1 + sum(dilations)
    assert extent(slopes) == (40 - reach, 40 - reach, 40 + reach, 40 + reach)


def test_at_the_start_the_module_hands_on_what_it_is_given():
    """In evaluation mode batch normalisation has seen nothing, and divides by sqrt(1 + 1e-5)."""
    net, pictures = build(classes=4, dilations=[1, 2, 4]).eval(), torch.rand(2, 3, 24, 20)
    maps = net.front(pictures)
    torch.testing.assert_close(net.context(maps), maps, rtol=1e-4, atol=1e-5)
    assert net(pictures).shape == (2, 4, 24, 20)


def test_a_dilated_convolution_is_one_whose_kernel_is_full_of_zeros():
    torch.manual_seed(0)
    layer, maps = dilated(2, 3, "random").eval(), torch.randn(1, 2, 12, 12)
    wide = torch.zeros(2, 2, 7, 7)
    wide[..., ::3, ::3] = layer[0].weight
    torch.testing.assert_close(layer[0](maps), conv2d(maps, wide, padding=3))
