"""Many little nets in one tensor: each is an ordinary net, and none knows of the others."""

import pytest
import torch
from torch import nn

from dltui.engine.models.random_restarts import build


@pytest.fixture
def rows():
    return torch.randn(7, 2, generator=torch.Generator().manual_seed(0))


def test_a_copy_is_torchs_net_of_two_layers(rows):
    torch.manual_seed(0)
    nets = build(copies=5, hidden=3)
    for copy in range(5):
        one = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 1))
        one[0].weight.data, one[0].bias.data = nets.W[copy].T, nets.b[copy, 0]
        one[2].weight.data, one[2].bias.data = nets.v[copy][None], nets.c[copy]
        assert torch.allclose(nets(rows)[copy], one(rows)[:, 0], atol=1e-6)


def test_a_line_with_products_is_given_them(rows):
    nets = build(copies=2, hidden=0, products=True)
    assert nets.names == ["x1", "x2", "x1 x2"]
    assert torch.equal(nets.features(rows)[1, :, 2], rows[:, 0] * rows[:, 1])
    assert build(copies=2, hidden=0).names == ["x1", "x2"]


def test_the_loss_of_one_copy_moves_no_other(rows):
    nets = build(copies=3)
    nets(rows)[1].sum().backward()
    for weights in nets.parameters():
        assert (weights.grad[[0, 2]] == 0).all() and (weights.grad[1] != 0).any()


def test_copies_begin_apart(rows):
    nets = build(copies=16)
    assert len({tuple(copy) for copy in nets(rows).tolist()}) == 16
