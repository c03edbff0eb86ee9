"""Dense connections: the matrix is that of the blocks, and a net without them is left alone."""

import numpy as np
import torch

from dltui.engine.data import digits
from dltui.engine.models import densenet, lenet
from dltui.engine.probes.dense_connections import METRICS, build
from dltui.engine.tasks import classify
from tests.engine.conftest import context


def made(net):
    return build()(classify.build()(context(digits.build().builtin(), {"model": net})))


def test_each_block_is_shown_with_what_each_layer_sees():
    torch.manual_seed(0)
    net = densenet.build(layers=[3, 2], channels=1)
    probe = made(net)
    assert probe.evaluate() == {"connections": 6 + 3} and set(probe.evaluate()) == set(METRICS)
    first, second = probe.pictures()
    assert (first.pane, second.pane) == ("block 1", "block 2")
    assert first.payload["columns"] == ["input", "1", "2"] and len(first.payload["rows"]) == 3
    shown, want = first.payload["weights"], net.block["1"].mean_weights().numpy()
    assert np.nanmax(shown) == 1 and np.isnan(shown[0, 1:]).all()
    assert np.allclose(shown, want / np.nanmax(want), equal_nan=True)


def test_in_a_chain_each_layer_sees_one_source():
    assert made(densenet.build(layers=[3, 2], connected=False, channels=1)).evaluate() == {"connections": 5}


def test_of_another_net_nothing_is_shown():
    """It may be trained beside a dense one."""
    probe = made(lenet.build(size=12))
    assert probe.evaluate() == {} and list(probe.pictures()) == []
