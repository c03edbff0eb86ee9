"""Where the normalisation stands: before the activation, after it, nowhere."""

import pytest
import torch
from torch import nn

from dltui.engine.layers.batch_normalization import BatchNormalization
from dltui.engine.models.normalized_mlp import build


@pytest.mark.parametrize(
    ("normalize", "order"),
    [
        ("none", [nn.Linear, nn.Sigmoid]),
        ("before", [nn.Linear, BatchNormalization, nn.Sigmoid]),
        ("after", [nn.Linear, nn.Sigmoid, BatchNormalization]),
    ],
)
def test_the_order_of_a_layer(normalize, order):
    net = build(hidden=[6, 5], normalize=normalize)
    assert [type(block) for block in net.layers] == order * 2
    assert net(torch.rand(3, 1, 8, 8)).shape == (3, 10)


def test_a_bias_stands_only_where_it_would_not_be_taken_away():
    assert build(normalize="before").layers[0].bias is None
    assert build(normalize="after").layers[0].bias is not None
