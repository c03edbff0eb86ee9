"""A tensor file is whole or is not there."""

import os
import time

import pytest
import torch

from dltui import atomic_write
from dltui.engine.reading import tensor_file
from dltui.engine.reading.tensor_file import read_tensors, write_tensors


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_written_is_read_again(tmp_path):
    path = tmp_path / "data" / "rows.safetensors"
    tensors = {"a": torch.arange(6, dtype=torch.uint8).reshape(2, 3), "b": torch.randn(5)}
    write_tensors(path, tensors, {"classes": ["кот", "\x1b[2J"]})
    stored = read_tensors(path)
    assert all(torch.equal(stored.tensors[name], tensor) for name, tensor in tensors.items())
    assert stored.values == {"classes": ["кот", "\x1b[2J"]}
    assert names(path.parent) == ["rows.safetensors"]


def test_a_file_that_is_not_whole_is_none(tmp_path):
    path = tmp_path / "rows.safetensors"
    assert read_tensors(path) is None
    write_tensors(path, {"a": torch.ones(1000)})
    whole = path.read_bytes()
    for size in (0, 7, 50, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert read_tensors(path) is None, f"{size} bytes of {len(whole)}"
    path.write_bytes(whole + b"x")
    assert read_tensors(path) is None


def test_a_full_disk_leaves_the_older_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "rows.safetensors"
    write_tensors(path, {"a": torch.ones(3)})

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_write.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_tensors(path, {"a": torch.zeros(3)})
    assert read_tensors(path).tensors["a"].tolist() == [1, 1, 1]
    assert names(tmp_path) == ["rows.safetensors"]


def test_what_a_killed_process_left_is_swept_and_a_living_one_is_let_be(tmp_path):
    path = tmp_path / "rows.safetensors"
    old, young = (tmp_path / f"rows.safetensors.{name}.part" for name in ("old", "young"))
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    long_ago = time.time() - tensor_file.STALE_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    write_tensors(path, {"a": torch.ones(3)})
    assert names(tmp_path) == ["rows.safetensors", "rows.safetensors.young.part"]
