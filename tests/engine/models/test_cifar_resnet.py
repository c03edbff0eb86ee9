"""Plain and residual nets of 6 n + 2 layers: as many weights as published and in both kinds; what a skip hands on."""

import pytest
import torch
from torch import nn

from dltui.engine.metrics.operations import layer_costs, weights
from dltui.engine.models.cifar_resnet import Block, build
from dltui.errors import DltuiError


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7)])
def test_the_weights_are_as_many_as_published(depth, millions):
    """Table 6 of the paper."""
    with torch.device("meta"):
        net = build(depth=depth)
    assert weights(net) / 1e6 == pytest.approx(millions, abs=0.05 if depth == 110 else 0.006)


def test_with_and_without_skips_all_weights_and_operations_are_the_same():
    with torch.device("meta"):
        nets, picture = [build(depth=56, skips=skips).eval() for skips in (True, False)], torch.empty(1, 3, 32, 32)
    assert layer_costs(nets[0], picture) == layer_costs(nets[1], picture)
    assert weights(nets[0]) == weights(nets[1])


@pytest.mark.parametrize("depth", [8, 20, 44])
def test_it_has_as_many_layers_as_it_says(depth):
    assert len(layer_costs(build(depth=depth).eval(), torch.zeros(1, 3, 32, 32))) == depth


def test_a_block_that_learned_nothing_hands_on_what_it_gets():
    block, x = Block(4, 8, 2, skips=True).eval(), torch.rand(2, 4, 6, 6)
    nn.init.zeros_(block.residual[-1][1].weight)
    out = block(x)
    assert out.shape == (2, 8, 3, 3)
    torch.testing.assert_close(out[:, :4], x[:, :, ::2, ::2])
    assert not out[:, 4:].any()
    plain = Block(4, 8, 2, skips=False).eval()
    nn.init.zeros_(plain.residual[-1][1].weight)
    assert not plain(x).any()


@pytest.mark.parametrize(("depth", "nearest"), [(9, 14), (34, 38)])
def test_another_depth_is_refused(depth, nearest):
    with pytest.raises(DltuiError, match=f"{depth} is not 6 n") as caught:
        build(depth=depth)
    assert str(nearest) in caught.value.hint
