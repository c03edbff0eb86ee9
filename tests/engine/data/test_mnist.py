"""MNIST from each of its sources: what is decoded is what was sent, kept once, and never half."""

import numpy as np
import pytest
import torch

from dltui import atomic_write, paths
from dltui.engine.data import mnist
from dltui.engine.reading import tensor_file
from dltui.errors import DltuiError
from tests.engine.hub_standin import mnist_files, pictures, standing_in


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))


def silent(text: str) -> None:
    pass


def files_in_cache() -> list[str]:
    return sorted(path.name for path in paths.cache().rglob("*") if path.is_file())


def test_the_hubs_rows_are_decoded_pixel_by_pixel_and_kept(monkeypatch):
    with standing_in(monkeypatch, mnist_files()) as server:
        fetched = mnist.build().hub(silent)
        asked = len(server.asked)
        mapped = mnist.build().hub(silent)
        assert len(server.asked) == asked, "what is in the cache needs no hub, and no preflight"
    assert np.array_equal(fetched.train.inputs[:, 0].numpy(), pictures(30, 0))
    assert fetched.test.targets.tolist() == list(range(10))
    for a, b in zip(fetched.train + fetched.test, mapped.train + mapped.test, strict=True):
        assert torch.equal(a, b)
    assert (fetched.detail, mapped.detail) == ("ylecun/mnist, fetched from the hub", "ylecun/mnist, from the cache")
    assert mapped.facts == {"channels": 1, "size": 28, "inputs": 784, "classes": 10}
    assert files_in_cache() == ["hub.safetensors"]


@pytest.mark.parametrize("fault", [503, 404, "drop", "cut always", "damaged"])
def test_a_fault_leaves_nothing_behind(monkeypatch, fault):
    with standing_in(monkeypatch, mnist_files(), fault), pytest.raises(DltuiError):
        mnist.build().hub(silent)
    assert files_in_cache() == []


def test_a_file_cut_short_is_fetched_again(monkeypatch):
    with standing_in(monkeypatch, mnist_files()):
        mnist.build().hub(silent)
        path = tensor_file.of_hub("mnist")
        path.write_bytes(path.read_bytes()[:-1])
        assert mnist.build().hub(silent).detail == "ylecun/mnist, fetched from the hub"
        assert mnist.build().hub(silent).detail == "ylecun/mnist, from the cache"


def test_a_full_disk_costs_the_cache_not_the_run(monkeypatch):
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_write.os, "fsync", full)
    with standing_in(monkeypatch, mnist_files()):
        data = mnist.build().hub(silent)
    assert len(data.train.targets) == 30
    assert "No space left on device" in data.notes[0]
    assert files_in_cache() == []


def test_labels_out_of_range_are_refused(monkeypatch):
    monkeypatch.setattr(mnist, "CLASSES", ("0", "1"))
    with standing_in(monkeypatch, mnist_files()), pytest.raises(DltuiError, match="expected labels 0 to 1"):
        mnist.build().hub(silent)


def test_built_in_rows_are_as_many_as_the_recipe_asks():
    data = mnist.build(train_rows=100, test_rows=50_000).builtin()
    assert (len(data.train.inputs), len(data.test.inputs)) == (100, 2000)
    assert data.notes == ("50,000 test rows were asked for; there are 2,000",)


def test_built_in_rows_fill_both_splits_with_different_digits():
    data = mnist.build().builtin()
    assert data.train.inputs.shape == (12_000, 1, 28, 28) and data.test.inputs.shape == (2_000, 1, 28, 28)
    assert data.train.inputs.dtype == torch.uint8 and data.train.targets.dtype == torch.int64
    assert torch.bincount(data.train.targets).tolist() == [1200] * 10
    seen = {row.numpy().tobytes() for row in data.train.inputs}
    assert len(seen) == 12_000 and not any(row.numpy().tobytes() in seen for row in data.test.inputs)
