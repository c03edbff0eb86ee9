"""Patch attention: patches that change places, and maps that are those of the class token."""

import numpy as np
import pytest
import torch

from dltui.engine.data import digits
from dltui.engine.models import lenet, vit
from dltui.engine.probes.patch_attention import METRICS, build, likeness, shuffled
from dltui.engine.tasks import classify
from tests.engine.conftest import context


@pytest.fixture(scope="module")
def data():
    return digits.build().builtin()


def made(data, net, **options):
    return build(**options)(classify.build()(context(data, {"model": net})))


def net_with(positions=True):
    torch.manual_seed(0)
    return vit.build(patch=2, width=8, depth=2, heads=2, positions=positions, channels=1, size=8).eval()


def test_patches_are_moved_whole_and_none_is_lost():
    x = torch.rand(2, 3, 8, 12)
    mixed = shuffled(x, 4)  # patches of 2 x 3 pixels
    assert mixed.shape == x.shape and not torch.equal(mixed, x)

    def patches(pictures):
        cut = [pictures[:, :, r : r + 2, c : c + 3].flatten(1) for r in range(0, 8, 2) for c in range(0, 12, 3)]
        return torch.stack(cut, 1)  # (B, 16, 18)

    equal = (patches(x)[:, :, None] == patches(mixed)[:, None]).all(3)  # (B, 16, 16)
    assert torch.equal(equal.sum(1), torch.ones(2, 16, dtype=torch.long)) and torch.equal(equal[0], equal[1])


def test_without_positions_patches_may_change_places(data):
    with torch.no_grad():
        changes = [made(data, net_with(positions)).evaluate() for positions in (True, False)]
    assert set(changes[0]) == set(METRICS)
    assert changes[0]["shuffle_change"] > 1e-3 and changes[1]["shuffle_change"] < 1e-5


def test_beside_each_picture_stands_what_the_class_token_looks_at(data):
    net = net_with()
    with torch.no_grad():
        attention, positions = (p.payload for p in made(data, net, picture=3, pictures=4).pictures())
        x = data.test.inputs[3:7].float() / 255
        want = net.attention(x)[:, 1, :, 0, 1:].mean(1).unflatten(1, (4, 4))  # (4, 4, 4)
        says = net(x).argmax(1).tolist()
    pixels = attention["pixels"].reshape(4, 8, 2, 8) / 255
    want = want / want.amax((1, 2), keepdim=True)
    for k in range(4):
        assert np.abs(pixels[k, :, 0] - x[k, 0].numpy()).max() < 0.01
        drawn = want[k].repeat_interleave(2, 0).repeat_interleave(2, 1).numpy()
        assert np.abs(pixels[k, :, 1] - drawn).max() < 0.01
    assert attention["captions"][1::2] == [f"says {k}" for k in says]
    assert positions["values"].shape == (16, 16)
    assert len(list(made(data, net_with(False)).pictures())) == 1


def test_a_place_is_most_like_itself():
    alike = likeness(torch.tensor([[1.0, 0.0], [0.0, 2.0], [-1.0, 0.0]])).values
    assert np.allclose(alike, [[1, 0, -1], [0, 1, 0], [-1, 0, 1]])


def test_of_a_net_without_patches_nothing_is_shown(data):
    """It may be trained beside a transformer."""
    probe = made(data, lenet.build(size=12))
    assert probe.evaluate() == {} and list(probe.pictures()) == []
