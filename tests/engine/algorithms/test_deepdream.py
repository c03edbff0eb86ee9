"""A dream excites the layer it is of, noise as strong does not; octaves grow, and what is asked for in vain is told."""

import pytest
import torch
from torch import nn

from dltui.engine.algorithms import deepdream
from dltui.engine.algorithms.deepdream import ascent_direction, build, with_noise
from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.errors import DltuiError
from tests.engine.conftest import context

SIZE = 24


@pytest.fixture(autouse=True)
def untrained(monkeypatch):
    """Kernels of random weights in the place of trained ones, which take seconds to learn."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU()).requires_grad_(False)
    monkeypatch.setattr(deepdream, "pretrained_features", lambda layer, device: net)


@pytest.fixture
def data():
    torch.manual_seed(1)
    pictures = torch.randint(0, 256, (2, 3, SIZE, SIZE), dtype=torch.uint8)
    split = Split(pictures, torch.arange(2))
    return Dataset(split, split, ("a", "b"), "builtin", "noise", facts_of(pictures, ("a", "b")))


def test_the_direction_is_the_gradient_in_its_mean_size():
    x, w = torch.rand(1, 3, 4, 4), torch.randn(1, 3, 4, 4)
    direction = ascent_direction(lambda x: (w * x).sum(), x)
    assert torch.allclose(direction, w / w.abs().mean())


def test_noise_is_as_strong_as_is_asked_for_in_spite_of_black_and_white():
    pictures = torch.rand(1, 3, 16, 16).round()  # nothing but ends of the range
    noisy = with_noise(pictures, torch.tensor(0.2))
    assert (noisy - pictures).square().mean().sqrt().item() == pytest.approx(0.2, abs=1e-3)
    assert noisy.min() >= 0 and noisy.max() <= 1


def test_a_dream_excites_the_layer_and_octaves_grow_to_the_photograph(data):
    torch.manual_seed(0)
    dream = build(octaves=2, ascent=6, rate=0.05)(context(data))
    assert dream.evaluate()["activity"] == pytest.approx(1) and torch.equal(dream.dream(), dream.photograph)
    sides = []
    while not dream.done:
        dream.step()
        sides.append(dream.change.shape[-1])
    assert sides == [17] * 6 + [SIZE] * 6
    found = dream.evaluate()
    assert found["activity"] > 1.25 * found["noise_activity"] > 0 and 0.05 < found["change"] < 0.6
    assert dream.dream().min() >= 0 and dream.dream().max() <= 1


def test_it_goes_on_from_its_state(data):
    torch.manual_seed(0)
    whole, part = (build(octaves=2, ascent=3, jitter=0)(context(data)) for _ in range(2))
    for _ in range(6):
        whole.step()
    for _ in range(4):
        part.step()
    other = build(octaves=2, ascent=3, jitter=0)(context(data))
    for name, value in part.state_dict().items():
        setattr(other, name, value) if name == "change" else other.get_buffer(name).copy_(value)
    other.step()
    other.step()
    assert other.done and torch.equal(other.change, whole.change)


def test_a_photograph_that_is_not_there_is_told(data):
    with pytest.raises(DltuiError, match=r"algorithm.picture is 3; there are 2 pictures"):
        build(picture=3)(context(data))
