"""Blocks taken out: the rest is the net without them, and what each returns is measured where it stands."""

import pytest
import torch
from torch import nn

from dltui.engine.algorithms.block_ablation import may_go, returned, through
from dltui.engine.models.resnet import Residual, build


class Told(nn.Module):
    """F(x) = factor * x + offset."""

    def __init__(self, factor, offset=0.0):
        super().__init__()
        self.factor, self.offset = factor, offset

    def forward(self, x):
        return self.factor * x + self.offset


def block(*told):
    return Residual(Told(*told), 1, 1, 1, skips=True)


def blocks_of(net):
    return [module for module in net.modules() if isinstance(module, Residual)]


def test_with_every_block_it_is_the_net():
    net = build(depth=18, width=4, stages=3, channels=1).eval()
    x = torch.rand(3, 1, 8, 8)
    blocks = blocks_of(net)
    with torch.no_grad():
        assert torch.equal(through(blocks, [True] * 6, net.stem(x)).mean((2, 3)), net.features(x))
        less = through(blocks, [True] * 5 + [False], net.stem(x))
        assert torch.equal(less, net.stages[2][0](net.stages[1](net.stages[0](net.stem(x)))))


def test_a_block_returns_its_share_of_what_reaches_it():
    """A later block is measured behind those that are kept, not on the first input nor behind those that are gone."""
    blocks, x = [block(1.0), block(0.25), block(0.0, 3.0)], torch.ones(2, 1, 4, 4)
    assert returned(blocks, [True] * 3, x).tolist() == pytest.approx([1, 0.25, 3 / 2.5])
    assert returned(blocks, [False, True, True], x).tolist() == pytest.approx([torch.nan, 0.25, 3 / 1.25], nan_ok=True)


def test_a_share_is_the_mean_over_rows_and_a_bright_row_counts_no_more():
    x = torch.ones(2, 1, 4, 4)
    x[1] = 100
    assert returned([block(0.0, 1.0)], [True], x).item() == pytest.approx((1 + 0.01) / 2)


def test_where_the_shape_changes_a_block_stays():
    stages = [[may_go(part) for part in stage] for stage in build(depth=34, width=4, stages=3).stages]
    assert stages == [[True] * 3, [False] + [True] * 3, [False] + [True] * 5]
    assert not any(may_go(part) for part in blocks_of(build(skips=False)))
