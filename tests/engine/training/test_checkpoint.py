"""Checkpoints: whole or not there, damage found, a pickle refused, the older kept when the disk is full."""

import hashlib
import os
import pickle
import resource

import pytest
import torch

from dltui.engine.training import checkpoint
from dltui.engine.training.checkpoint import Checkpoint
from dltui.errors import DltuiError


def values(step, **other):
    learners = {"": {"source": "builtin"}}
    plain = {"seconds": 1.5, "threads": 1, "summary": [], "learners": learners, "diverged": {}, "recent": {}}
    return {"step": step, **plain, **other}


def made(step, **other):
    return Checkpoint(
        {"w": torch.full((100,), float(step)), "random/cpu": torch.get_rng_state()}, values(step, **other)
    )


def newest(folder, told):
    return next(checkpoint.whole(folder, told.append), None)


@pytest.fixture
def told():
    return []


def test_round_trip_is_exact(tmp_path, told):
    saved = made(7)
    name, digest = checkpoint.write(tmp_path, 7, saved)
    assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    back = newest(tmp_path, told)
    assert back.values == values(7)
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
    assert newest(tmp_path, told).values == values(1)
    assert "damaged" in told[0] and "The one before is tried" in told[0]


def test_a_full_disk_leaves_the_older_checkpoint(tmp_path, told, monkeypatch):
    checkpoint.write(tmp_path, 1, made(1))
    real = os.fsync

    def full(handle):
        real(handle)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.write(tmp_path, 2, made(2))
    assert newest(tmp_path, told).values == values(1)
    assert not list(tmp_path.glob("*.part"))


def test_a_pickle_in_place_of_a_checkpoint_is_refused_and_not_opened(tmp_path, told):
    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "exploded"),))

    path = tmp_path / "step-0000000009.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    path.with_suffix(".sha256").write_text(hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(DltuiError, match=r"its only checkpoint cannot be used.*not a safetensors file"):
        newest(tmp_path, told)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("suffix", [".pt", ".ckpt", ".pkl"])
def test_a_folder_with_only_a_pickle_is_refused(tmp_path, told, suffix):
    (tmp_path / f"model{suffix}").write_bytes(pickle.dumps({}))
    with pytest.raises(DltuiError, match="a pickle is refused"):
        newest(tmp_path, told)


def test_an_empty_folder_has_none(tmp_path, told):
    assert newest(tmp_path, told) is None


def spoil_sum(path):
    path.with_suffix(".sha256").write_bytes(b"\xff\xfe" + b"0" * 62 + b"  " + path.name.encode())


def sum_is_a_folder(path):
    path.with_suffix(".sha256").unlink()
    path.with_suffix(".sha256").mkdir()


def is_a_folder(path):
    path.unlink()
    path.mkdir()


def cut(path):
    path.write_bytes(path.read_bytes()[:200])


def emptied(path):
    path.write_bytes(b"")
    path.with_suffix(".sha256").write_bytes(b"")


@pytest.mark.parametrize("spoil", [spoil_sum, sum_is_a_folder, is_a_folder, cut, emptied])
def test_what_is_no_whole_file_is_told_and_the_one_before_is_used(tmp_path, told, spoil):
    checkpoint.write(tmp_path, 1, made(1))
    name, _ = checkpoint.write(tmp_path, 2, made(2))
    spoil(tmp_path / name)
    assert newest(tmp_path, told).values == values(1)
    assert len(told) == 1 and name in told[0]
    checkpoint.write(tmp_path, 3, made(3))  # it is in nobody's way
    assert newest(tmp_path, told).values == values(3)


WRONG = {
    "a list": [1, 2],
    "null": None,
    "a number": 3,
    "nothing": {},
    "lanes of earlier days": {"lanes": 3},
    "step is a text": values("7"),
    "step is true": values(True),
    "step is negative": values(-1),
    "seconds too large": values(2, seconds=10**400),
    "threads is none": values(2, threads=None),
    "no thread": values(2, threads=0),
    "learners is a list": values(2, learners=[]),
    "a learner is a number": values(2, learners={"": 1}),
    "a source is a number": values(2, learners={"": {"source": 1}}),
    "recent is a text": values(2, recent=""),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_header_with_other_types_is_refused_and_the_one_before_is_used(tmp_path, told, wrong):
    checkpoint.write(tmp_path, 1, made(1))
    checkpoint.write(tmp_path, 2, made(2)._replace(values=wrong))
    assert newest(tmp_path, told).values == values(1)
    assert "not a safetensors file of dltui" in told[0]


def test_where_none_is_whole_the_error_names_why_and_what_to_do(tmp_path, told):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for step in (1, 2):
        spoil_sum(folder / checkpoint.write(folder, step, made(step))[0])
    with pytest.raises(DltuiError, match=r"none of its 2 checkpoints can be used.*step-0000000001.*damaged") as fault:
        newest(folder, told)
    assert fault.value.hint == f"Start the run again: dltui run {tmp_path / 'recipe.toml'}"


def test_one_that_does_not_fit_the_run_is_told_and_the_one_before_is_used(tmp_path, told):
    for step in (1, 2):
        checkpoint.write(tmp_path, step, made(step))
    used = []

    def use(saved):
        used.append(saved.values["step"])
        if saved.values["step"] == 2:
            torch.nn.Linear(3, 3).load_state_dict(saved.tensors)

    checkpoint.use_newest(checkpoint.whole(tmp_path, told.append), use, told.append)
    assert used == [2, 1] and len(told) == 1 and "step-0000000002.safetensors: does not fit this run" in told[0]
    (tmp_path / "step-0000000001.safetensors").unlink()
    with pytest.raises(DltuiError, match="its only checkpoint cannot be used"):
        checkpoint.use_newest(checkpoint.whole(tmp_path, told.append), use, told.append)


def test_what_a_resumed_run_could_not_use_does_not_push_the_good_ones_out(tmp_path, told):
    """Guards against a damaged checkpoint of a later step that counts among the newest for ever."""
    for step in (1, 9):
        checkpoint.write(tmp_path, step, made(step))
    cut(tmp_path / "step-0000000009.safetensors")
    for step in (2, 3):
        checkpoint.write(tmp_path, step, made(step))
    assert [path.stem for path in checkpoint.saved(tmp_path)] == ["step-0000000003", "step-0000000002"]


def test_a_full_disk_keeps_one_of_the_same_step_whole(tmp_path, told):
    """Guards against a sum that is replaced before its checkpoint is known to fit."""
    checkpoint.write(tmp_path, 1, made(1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))  # the sum has room, the checkpoint has not
    try:
        with pytest.raises(OSError, match="too large"):
            checkpoint.write(tmp_path, 1, made(1, seconds=2.5))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert newest(tmp_path, told).values == values(1) and not told
