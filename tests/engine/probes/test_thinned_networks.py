"""Thinned networks: units are dropped after each activation as torch does it; the pictures tell which."""

import pytest
import torch
from torch import nn

from dltui.engine.models import lenet, mlp
from dltui.engine.probes.thinned_networks import METRICS, build, thinned
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context


@pytest.fixture
def made(data):
    def make(rate, hidden=(30, 20)):
        torch.manual_seed(0)
        net = mlp.build(inputs=2, hidden=list(hidden), outputs=2, dropout=rate)
        return build()(classify.build()(context(data, {"model": net})))

    return make


@pytest.mark.parametrize("p", [0.0, 0.3, 0.7])
def test_the_passes_are_those_of_torchs_dropout_in_training(made, p):
    """Guards where units are dropped: after every activation, and neither before it nor in the input or the head."""
    net = made(p).task.net.train()
    rows = torch.randn(64, 2)
    with torch.no_grad():
        torch.manual_seed(3)
        want = net(rows)
        torch.manual_seed(3)
        got, seen = thinned(net, rows, p)
    assert torch.allclose(got, want) and [h.shape for h, _ in seen] == [(64, 30), (64, 20)]
    assert all((mask == 0).float().mean().item() == pytest.approx(p, abs=0.05) for _, mask in seen)


def test_the_mean_of_what_is_left_stays():
    net = mlp.build(inputs=7, hidden=[7], outputs=1)
    with torch.no_grad():
        _, [(h, mask)] = thinned(net, torch.linspace(-1, 1, 7).expand(40_000, 7), 0.5)
    assert torch.allclose((mask * h).mean(0), h[0], atol=0.02)


@torch.no_grad()
def test_without_half_of_its_units_it_is_less_accurate_and_with_all_as_it_is(made):
    probe = made(0.0)
    probe.task.net.eval()
    assert probe.accuracy(0.0) == pytest.approx(probe.task.evaluate()["accuracy"])
    values = probe.evaluate()
    assert set(values) == set(METRICS) and 0 <= values["accuracy_half_dropped"] <= 1


@torch.no_grad()
def test_dropped_units_are_red_and_others_at_the_next_look(made):
    probe = made(0.5, hidden=[36])
    probe.task.net.eval()

    def red():
        payload = next(probe.pictures()).payload
        cells = torch.as_tensor(payload["pixels"]).view(2, 6, 3, 6, 3).transpose(1, 2).reshape(6, 36, 3)
        return payload["captions"], cells[:, :, 0] > cells[:, :, 2]

    captions, first = red()
    assert [caption.partition(":")[0] for caption in captions] == ["1", "2", "test", "3", "4", "5"]
    assert not first[2].any() and all(8 <= first[k].sum() <= 28 for k in (0, 1, 3, 4, 5))
    assert not torch.equal(first[0], first[1])
    probe.after_step(1)
    assert not torch.equal(first, red()[1])


@torch.no_grad()
def test_without_a_hidden_layer_there_is_no_unit_to_drop(made):
    assert [picture.pane for picture in made(0.5, hidden=()).pictures()] == ["without some units"]


def test_the_rate_is_a_knob_of_a_net_that_was_built_with_dropout():
    net, whole = mlp.build(hidden=[4, 4], dropout=0.5), mlp.build(hidden=[4, 4])
    net.dropout = 0.25
    assert [layer.p for layer in net.layers if isinstance(layer, nn.Dropout)] == [0.25, 0.25] and net.dropout == 0.25
    assert whole.dropout is None


def test_another_net_is_refused(data):
    with pytest.raises(DltuiError, match="perceptron"):
        build()(classify.build()(context(data, {"model": lenet.build()})))
