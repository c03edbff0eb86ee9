"""The convolutional GRU: with 1x1 maps it is torch's GRU cell, and what is not to be seen changes nothing."""

import pytest
import torch
from torch import nn

from dltui.engine.models.conv_gru import Cell, build


@torch.no_grad()
def test_on_maps_of_one_cell_it_is_torchs_gru():
    """Of a 3x3 kernel only the middle meets a map of 1x1. torch's gates: r, z, n; its h is z h + (1 - z) n."""
    width = 5
    cell, theirs = Cell(width), nn.GRUCell(width, width)
    gates, candidate = cell.gates.weight[:, :, 1, 1], cell.candidate.weight[:, :, 1, 1]
    z, r = gates.chunk(2)
    z_bias, r_bias = cell.gates.bias.chunk(2)
    # they reset what the matrix gives, we reset what it takes: with r = 1 both are the same
    cell.gates.weight[width:] = 0
    cell.gates.bias[width:] = 50
    theirs.weight_ih.copy_(torch.cat([0 * r[:, :width], -z[:, :width], candidate[:, :width]]))
    theirs.weight_hh.copy_(torch.cat([0 * r[:, :width], -z[:, width:], candidate[:, width:]]))
    theirs.bias_ih.copy_(torch.cat([0 * r_bias + 50, -z_bias, cell.candidate.bias]))
    theirs.bias_hh.zero_()
    x, h = torch.randn(2, 4, width)
    ours = cell(x[..., None, None], h[..., None, None])[..., 0, 0]
    assert torch.allclose(ours, theirs(x, h), atol=1e-5)


def test_frames_ahead_and_a_gradient_to_every_weight():
    net = build(size=16, classes=3, width=6)
    ahead = net(torch.rand(2, 4, 16, 16))
    assert ahead.shape == (2, 3, 16, 16)
    ahead.square().sum().backward()
    assert all(weights.grad is not None and weights.grad.abs().sum() > 0 for weights in net.parameters())


@torch.no_grad()
@pytest.mark.parametrize("seen", [0, 1, 2])
def test_only_the_last_frames_are_seen(seen):
    net, films = build(size=16, classes=2, width=6, seen=seen).eval(), torch.rand(2, 4, 16, 16)
    other = films.clone()
    other[:, 1] = 0  # the last but two
    assert torch.allclose(net(films), net(other)) == (seen > 0)
