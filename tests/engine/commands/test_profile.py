"""What a profile says of a step: counted by hand, in agreement with itself, and honest about what it does not know."""

from argparse import Namespace

import pytest
import torch

from dltui.engine.commands.profile import profile
from dltui.engine.device import peak
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import recipe as recipes

ASKED = {"variant": "", "steps": 6, "shapes": False, "device": "cpu", "precision": "auto", "threads": 1}


@pytest.fixture
def profiled(tmp_path):
    def of(name: str, changes: dict | None = None, **asked: object) -> dict:
        path = tmp_path / "recipe.toml"
        path.write_text(recipes.to_toml(recipes.load(name, {"data.from": "builtin", **(changes or {})})))
        return profile(path, Namespace(**ASKED | asked), lambda text: None)

    return of


@pytest.fixture(scope="module")
def moons(tmp_path_factory):
    """A net 2 -> 7 -> 2, of one variant of two."""
    path = tmp_path_factory.mktemp("moons") / "recipe.toml"
    changes = {"variants.net.model.hidden": [7], "train.batch": 50, "optimizer.kind": "adam"}
    path.write_text(recipes.to_toml(recipes.load("mlp-moons", changes)))
    return profile(path, Namespace(**ASKED | {"variant": "net"}), lambda text: None)


def test_operations_are_those_that_one_counts_by_hand(moons):
    """Forward both layers; backward the weights of both, and the inputs of the second alone."""
    first, second = 2 * 50 * 2 * 7, 2 * 50 * 7 * 2
    assert moons["flops"]["step"] == first + second + first + 2 * second
    assert moons["flops"]["per_second"] == pytest.approx(moons["flops"]["step"] / moons["step"]["median"])


def test_memory_is_that_of_the_weights_of_what_the_optimizer_keeps_and_of_gradients_at_least(moons):
    weights = 2 * 7 + 7 + 7 * 2 + 2
    assert moons["params"] == weights and moons["memory"]["weights"] == 4 * weights
    steps_counted = 4  # Adam counts its steps, of each of 4 tensors
    assert moons["memory"]["optimizer"] == 2 * 4 * weights + 4 * steps_counted
    activations = 4 * 50 * (7 + 2)
    assert moons["memory"]["step"] >= max(4 * weights, activations)


def test_parts_and_operators_are_shares_of_a_whole(moons):
    assert moons["variant"] == "net" and moons["batch"] == 50 and moons["steps"] == 6
    assert sum(part["share"] for part in moons["parts"]) == pytest.approx(1)
    assert all(part["seconds"] > 0 for part in moons["parts"])
    assert sum(one["share"] for one in moons["operators"]) == pytest.approx(1)
    times = [one["seconds"] for one in moons["operators"]]
    assert times == sorted(times, reverse=True)
    linear = next(one for one in moons["operators"] if one["name"] == "aten::addmm")
    assert linear["calls"] == 2, "of one step, not of all"
    assert not moons["kernels"] and moons["launches"] == 0


def test_no_share_of_a_peak_is_told_where_none_is_known(moons, monkeypatch):
    assert moons["flops"]["mfu"] is None and "CPU is not known" in moons["flops"]["peak_source"]
    cuda = torch.device("cuda:0")
    for name, known in {"NVIDIA H200": 989.5e12, "NVIDIA H100 PCIe": 756.5e12, "NVIDIA H200 MIG 1g.18gb": 0}.items():
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda device, name=name: name)
        assert peak.peak_of(cuda, "bf16").per_second == known
        assert peak.peak_of(cuda, "fp32").per_second == 0


def test_operators_apart_by_shapes_and_recurrent_kernels_told_as_uncounted(profiled):
    found = profiled("char-rnn", {"train.batch": 4}, shapes=True, steps=2)
    assert "aten::mkldnn_rnn_layer" in found["flops"]["uncounted"]
    matrices = [one["shapes"] for one in found["operators"] if one["name"] == "aten::mm"]
    assert len(matrices) == len({str(shapes) for shapes in matrices}) > 1


def test_a_gan_has_the_time_of_each_loss(profiled):
    found = profiled("gan-2d", steps=2)
    assert [one["name"] for one in found["objectives"]] == ["discriminator", "generator"]
    assert 0.5 < sum(one["share"] for one in found["objectives"]) < 1


def test_one_that_diverges_says_so(profiled):
    with pytest.raises(DltuiError, match=r"mlp-mnist: loss is (nan|inf)") as raised:
        profiled("mlp-mnist", {"optimizer.lr": 1e12, "optimizer.kind": "sgd"})
    assert raised.value.status is ExitStatus.DIVERGED
