"""Activation maps: what is drawn is what the layers give for the picture that is watched."""

import numpy as np
import pytest
import torch

from dltui.engine.data import digits, moons
from dltui.engine.models import mlp, small_cnn
from dltui.engine.tasks import activation_maps, classify
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


@pytest.fixture(scope="module")
def data():
    return digits.build().builtin()


@pytest.fixture
def net():
    torch.manual_seed(0)
    return small_cnn.build(width=4, channels=1, size=8).eval()


def shown(task):
    with torch.no_grad():
        return {picture.pane: picture.payload for picture in task.pictures()}


def test_the_maps_are_the_layers_own(data, net):
    """By hand: convolution, normalisation, ReLU; then the next layer from these maps."""
    task = activation_maps.build(picture=3, maps=2)(data, {"model": net}, CPU)
    payload = shown(task)["maps"]
    pixels = payload["pixels"].reshape(3, 8, 3, 8)  # layers, rows, columns of the sheet
    x = data.test.inputs[3:4].float() / 255
    with torch.no_grad():
        for layer in range(3):
            x = net.features[3 * layer + 1](net.features[3 * layer](x)).clamp(min=0)
            want = x[0, :2] / x[0, :2].max().clamp(min=1e-12)
            large = want.repeat_interleave(8 // x.shape[2], 1).repeat_interleave(8 // x.shape[3], 2)
            drawn = pixels[layer, :, 1:].transpose(1, 0, 2) / 255
            assert np.abs(drawn - large.numpy()).max() < 0.01
    truth = data.classes[data.test.targets[3]]
    assert payload["title"].startswith(f"a {truth}; the net says ")


def test_it_learns_and_judges_as_the_classifier_does(data, net):
    task = activation_maps.build()(data, {"model": net}, CPU)
    other = classify.build()(data, {"model": net}, CPU)
    rows = torch.arange(32)
    with torch.no_grad():
        assert task.objectives()[0].loss(rows) == other.objectives()[0].loss(rows)
        found = task.evaluate()
        want = torch.softmax(net(data.test.inputs[:1].float() / 255), 1)[0, data.test.targets[0]]
        assert other.evaluate().items() <= found.items() and found["share"] == pytest.approx(want.item())
        assert set(shown(other)) < set(shown(task))


def test_the_picture_can_be_turned(data, net):
    task = activation_maps.build()(data, {"model": net}, CPU)
    before = shown(task)["maps"]["pixels"]
    task.picture = 1
    assert not np.array_equal(shown(task)["maps"]["pixels"], before)
    task.picture = len(data.test.inputs)  # past the last one
    assert np.array_equal(shown(task)["maps"]["pixels"], before)


def test_a_net_without_maps_is_said_so(data):
    with pytest.raises(DltuiError, match="small_cnn or lenet"):
        activation_maps.build()(data, {"model": mlp.build(inputs=64, outputs=10)}, CPU)
    with pytest.raises(DltuiError, match="small_cnn or lenet"):
        activation_maps.build()(moons.build().builtin(), {"model": small_cnn.build()}, CPU)
