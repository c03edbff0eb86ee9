"""Feature maps: what is drawn is what the layers give for the picture that is shown."""

import numpy as np
import pytest
import torch

from dltui.engine.data import clouds, digits
from dltui.engine.models import mlp, small_cnn
from dltui.engine.probes.feature_maps import METRICS, build
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context


@pytest.fixture(scope="module")
def data():
    return digits.build().builtin()


@pytest.fixture
def net():
    torch.manual_seed(0)
    return small_cnn.build(width=4, channels=1, size=8).eval()


def made(data, net, **options):
    return build(**options)(classify.build()(context(data, {"model": net})))


def shown(probe):
    with torch.no_grad():
        return next(probe.pictures()).payload


def test_the_maps_are_the_layers_own(data, net):
    """By hand: convolution, normalisation, ReLU; then the next layer from these maps."""
    payload = shown(made(data, net, picture=3, maps=2))
    pixels = payload["pixels"].reshape(3, 8, 3, 8)  # layers, rows, columns of the sheet
    x = data.test.inputs[3:4].float() / 255
    assert pixels[0, :, 0] / 255 == pytest.approx(x[0, 0].numpy(), abs=1e-2)
    with torch.no_grad():
        for layer in range(3):
            x = net.features[3 * layer + 1](net.features[3 * layer](x)).clamp(min=0)
            want = x[0, :2] / x[0, :2].max().clamp(min=1e-12)
            large = want.repeat_interleave(8 // x.shape[2], 1).repeat_interleave(8 // x.shape[3], 2)
            drawn = pixels[layer, :, 1:].transpose(1, 0, 2) / 255
            assert np.abs(drawn - large.numpy()).max() < 0.01
    assert payload["title"].startswith(f"label {data.classes[data.test.targets[3]]}, prediction ")


@torch.no_grad()
def test_the_strongest_are_those_that_any_test_picture_activates_most(data, net):
    captions = shown(made(data, net, maps=2, choice="strongest"))["captions"]
    highest = net.features[:3](data.test.inputs.float() / 255).amax((0, 2, 3))
    want = sorted(highest.topk(2).indices.tolist())
    assert captions[1:3] == [f"unit {unit}" for unit in want]


@torch.no_grad()
def test_the_probability_is_that_of_the_label(data, net):
    want = torch.softmax(net(data.test.inputs[:1].float() / 255), 1)[0, data.test.targets[0]].item()
    values = made(data, net).evaluate()
    assert values["label_probability"] == pytest.approx(want) and set(values) == set(METRICS)


def test_the_picture_can_be_turned(data, net):
    probe = made(data, net)
    before = shown(probe)["pixels"]
    probe.picture = 1
    assert not np.array_equal(shown(probe)["pixels"], before)
    probe.picture = len(data.test.inputs)  # past the last one
    assert np.array_equal(shown(probe)["pixels"], before)


def test_a_net_without_maps_and_rows_without_pictures_are_refused(data):
    with pytest.raises(DltuiError, match="not of MLP"):
        made(data, mlp.build(inputs=64, outputs=10))
    with pytest.raises(DltuiError, match="needs pictures"):
        made(clouds.build().builtin(), small_cnn.build())
