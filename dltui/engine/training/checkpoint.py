"""Checkpoints: one safetensors file each, its JSON in the header, a sha256 beside it; never a pickle.

Written beside, synced, renamed; the older goes last, so a kill or a full disk at any moment leaves a good one.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from dltui.atomic_write import replacing
from dltui.errors import DltuiError

ANEW = "Start the run again: dltui run <its recipe.toml>"
KEEP = 2
PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin")


class Checkpoint(NamedTuple):
    """What was saved: named tensors and plain JSON values."""

    tensors: dict[str, Tensor]
    values: dict


def write(folder: Path, step: int, checkpoint: Checkpoint) -> tuple[str, str]:
    """Saves a checkpoint and removes all but the newest KEEP. Returns (file name, sha256).

    Raises OSError where the disk is full or not writable: the older checkpoints are as they were.
    """
    data = save(checkpoint.tensors, metadata={"dltui": json.dumps(checkpoint.values)})
    digest = hashlib.sha256(data).hexdigest()
    path = folder / f"step-{step:010d}.safetensors"
    sum_path = _sum_path(path)
    try:
        with replacing(path, synced=True) as file:
            file.write(data)
            with replacing(sum_path, synced=True) as sums:  # before its checkpoint: none is ever without its sum
                sums.write(f"{digest}  {path.name}\n".encode())
    except OSError:
        if not path.exists():
            sum_path.unlink(missing_ok=True)
        raise
    for old in saved(folder)[KEEP:]:
        old.unlink(missing_ok=True)
        _sum_path(old).unlink(missing_ok=True)
    return path.name, digest


def saved(folder: Path) -> list[Path]:
    """Returns the checkpoint files of a folder, the newest first."""
    return sorted(folder.glob("step-*.safetensors"), reverse=True)


def read_newest(folder: Path, tell: Callable[[str], None]) -> Checkpoint | None:
    """Returns the newest checkpoint that is whole, telling of each that is not; None where there is none at all.

    Raises DltuiError where there are checkpoints but none is whole, or only a pickle, which is never opened.
    """
    found = saved(folder)
    for path in found:
        try:
            return read(path)
        except DltuiError as error:
            tell(f"{error.message} Using the one before.")
    pickles = sorted(path for path in folder.glob("*") if path.suffix in PICKLES)
    if pickles:
        raise DltuiError(
            f"{pickles[0]}: a pickle is refused: it can run code.", "Checkpoints are safetensors: start the run again."
        )
    if found:
        raise DltuiError(f"{folder}: no checkpoint is whole.", ANEW)
    return None


def read(path: Path) -> Checkpoint:
    """Returns the checkpoint of a file. Raises DltuiError where a byte is not as it was written."""
    try:
        data = path.read_bytes()
        want = _sum_path(path).read_text().split()[0]
    except (OSError, IndexError):
        raise DltuiError(f"{path}: cannot be read, or its sha256 is missing.", ANEW) from None
    if hashlib.sha256(data).hexdigest() != want:
        raise DltuiError(f"{path}: damaged: its sha256 is not what was written.", ANEW)
    try:
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        return Checkpoint(load(data), _current(json.loads(header["__metadata__"]["dltui"])))
    except (SafetensorError, ValueError, KeyError, TypeError):
        raise DltuiError(f"{path}: refused: not a safetensors file of dltui.", ANEW) from None


def _current(values: dict) -> dict:
    """Returns the values of a checkpoint under today's names: until 2026-11 learners were called lanes."""
    if "lanes" in values:
        values["learners"] = values.pop("lanes")
        for learner in values["learners"].values():
            learner["lr_schedulers"] = learner.pop("paces", {})
            learner["live"] = {f"task.{name}": value for name, value in learner.get("live", {}).items()}
    return values


def _sum_path(path: Path) -> Path:
    return path.with_suffix(".sha256")
