"""Checkpoints: whole or not there, damage found, a pickle refused, the older kept when the disk is full."""

import hashlib
import os
import pickle

import pytest
import torch

from dltui.engine.training import checkpoint
from dltui.engine.training.checkpoint import Checkpoint
from dltui.errors import DltuiError


def made(step):
    return Checkpoint({"w": torch.full((100,), float(step)), "random/cpu": torch.get_rng_state()}, {"step": step})


@pytest.fixture
def told():
    return []


def test_round_trip_is_exact(tmp_path, told):
    saved = made(7)
    name, digest = checkpoint.write(tmp_path, 7, saved)
    assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    back = checkpoint.read_newest(tmp_path, told.append)
    assert back.values == {"step": 7}
    assert all(torch.equal(back.tensors[key], tensor) for key, tensor in saved.tensors.items())


def test_the_newest_two_are_kept(tmp_path):
    for step in (1, 2, 3, 4):
        checkpoint.write(tmp_path, step, made(step))
    assert [path.name for path in checkpoint.saved(tmp_path)] == [
        "step-0000000004.safetensors",
        "step-0000000003.safetensors",
    ]
    assert len(list(tmp_path.iterdir())) == 4  # two files and their sums


@pytest.mark.parametrize("place", [3, 40, 300, -5])
def test_a_flipped_byte_is_found_and_the_one_before_is_used(tmp_path, told, place):
    checkpoint.write(tmp_path, 1, made(1))
    name, _ = checkpoint.write(tmp_path, 2, made(2))
    data = bytearray((tmp_path / name).read_bytes())
    data[place] ^= 1
    (tmp_path / name).write_bytes(data)
    assert checkpoint.read_newest(tmp_path, told.append).values == {"step": 1}
    assert "damaged" in told[0] and "the one before" in told[0]


def test_a_full_disk_leaves_the_older_checkpoint(tmp_path, told, monkeypatch):
    checkpoint.write(tmp_path, 1, made(1))
    real = os.fsync

    def full(handle):
        real(handle)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.write(tmp_path, 2, made(2))
    assert checkpoint.read_newest(tmp_path, told.append).values == {"step": 1}
    assert not list(tmp_path.glob("*.part"))


def test_a_pickle_in_place_of_a_checkpoint_is_refused_and_not_opened(tmp_path, told):
    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "exploded"),))

    path = tmp_path / "step-0000000009.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    path.with_suffix(".sha256").write_text(hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(DltuiError, match="no checkpoint is whole"):
        checkpoint.read_newest(tmp_path, told.append)
    assert "not a safetensors file" in told[0]
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("suffix", [".pt", ".ckpt", ".pkl"])
def test_a_folder_with_only_a_pickle_is_refused(tmp_path, told, suffix):
    (tmp_path / f"model{suffix}").write_bytes(pickle.dumps({}))
    with pytest.raises(DltuiError, match="a pickle is refused"):
        checkpoint.read_newest(tmp_path, told.append)


def test_an_empty_folder_has_none(tmp_path, told):
    assert checkpoint.read_newest(tmp_path, told.append) is None
