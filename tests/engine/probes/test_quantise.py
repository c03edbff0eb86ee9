"""Quantization: torch's own levels, a fold that changes nothing, and a channel's own scale where ranges are unlike."""

import pytest
import torch
from torch import nn

from dltui.engine.data import digits
from dltui.engine.models import mobilenet
from dltui.engine.probes.quantise import METRICS, build, folded, quantised, range_ratio, rounded
from dltui.engine.tasks import classify
from tests.engine.conftest import context


@pytest.fixture
def net():
    torch.manual_seed(0)
    net = mobilenet.build(width=2, stages=2, channels=1)
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for values in (layer.weight.data, layer.running_var):
                values.uniform_(0.1, 3.0)
            layer.running_mean.normal_()
            layer.bias.data.normal_()
    return net.eval()


@pytest.mark.parametrize("bits", [3, 4, 8])
def test_the_levels_are_those_of_torch(bits):
    w, top = torch.randn(6, 3, 3, 3), 2 ** (bits - 1) - 1
    scales = w.flatten(1).abs().amax(1) / top
    whole = torch.fake_quantize_per_tensor_affine(w, (w.abs().max() / top).item(), 0, -top, top)
    own = torch.fake_quantize_per_channel_affine(w, scales, torch.zeros(6, dtype=torch.int32), 0, -top, top)
    assert torch.allclose(quantised(w, bits, by_channel=False), whole, atol=1e-6)
    assert torch.allclose(quantised(w, bits, by_channel=True), own, atol=1e-6)
    assert len(quantised(w[:1], bits, by_channel=True).unique()) <= 2**bits - 1


def test_weights_of_0_stay_so():
    assert torch.equal(quantised(torch.zeros(2, 3), 4, by_channel=True), torch.zeros(2, 3))


@torch.no_grad()
def test_a_folded_net_computes_the_same_and_the_net_itself_is_left_as_it_was(net):
    before = {name: value.clone() for name, value in net.state_dict().items()}
    x = torch.rand(4, 1, 8, 8)
    small, few = folded(net), rounded(net, 2, by_channel=False)
    assert torch.allclose(small(x), net(x), atol=1e-4)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert not torch.equal(small.stem[0].weight, net.stem[0].weight)
    assert len(few.head.weight.unique()) <= 3


@torch.no_grad()
def test_a_scale_of_its_own_helps_where_ranges_are_unlike_and_hardly_where_they_are_alike():
    alike = torch.randn(16, 1, 3, 3)
    alike /= alike.flatten(1).abs().amax(1).view(-1, 1, 1, 1)
    unlike = alike * torch.logspace(-2, 0, 16).view(-1, 1, 1, 1)

    def error(w: torch.Tensor, by_channel: bool) -> float:
        return ((quantised(w, 4, by_channel) - w).flatten(1).norm(dim=1) / w.flatten(1).norm(dim=1)).mean().item()

    assert range_ratio(alike).item() == pytest.approx(1, abs=1e-4) and range_ratio(unlike) > 5
    assert error(alike, True) == pytest.approx(error(alike, False), rel=1e-3)
    assert error(unlike, True) < 0.3 * error(unlike, False)


@torch.no_grad()
def test_with_8_bits_the_option_says_the_same_as_int8(net):
    probe = build(bits=8)(classify.build()(context(digits.build().builtin(), {"model": net})))
    found = probe.evaluate()
    assert set(found) == set(METRICS)
    assert found["tensor_drop"] == found["int8_tensor_drop"] and found["channel_drop"] == found["int8_channel_drop"]


@torch.no_grad()
def test_the_staircase_of_a_narrow_channel_has_all_levels_by_channel_and_few_by_tensor(net):
    probe = build()(classify.build()(context(digits.build().builtin(), {"model": net})))
    by_bits, stairs = (picture.payload["curves"] for picture in probe.pictures())
    assert [curve["name"] for curve in by_bits] == ["by tensor", "by channel"]
    by_tensor, by_channel = (len(set(curve["y"].tolist())) for curve in stairs[1:])
    assert by_channel == 15 > by_tensor
