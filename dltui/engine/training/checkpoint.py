"""Checkpoints: one safetensors file each, its JSON in the header, a sha256 beside it; never a pickle.

Written beside, synced, renamed; the older goes last, so a kill or a full disk at any moment leaves a good one.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from dltui import paths
from dltui.atomic_write import replacing
from dltui.engine.device.device import is_out_of_memory
from dltui.errors import DltuiError
from dltui.text import clean_line

KEEP = 2
PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin")
NEEDED = {
    "step": (int,),
    "seconds": (int, float),
    "threads": (int,),
    "summary": (list,),
    "learners": (dict,),
    "diverged": (dict,),
    "recent": (dict,),
}  # what the values of a checkpoint hold, and of which types
# what reading and using a checkpoint raises whose bytes are as they were written, but not by this dltui for this run
MISFIT = (ArithmeticError, AttributeError, LookupError, RuntimeError, SafetensorError, TypeError, ValueError)


class Checkpoint(NamedTuple):
    """What was saved: named tensors and plain JSON values (see NEEDED), and the file that they were read from."""

    tensors: dict[str, Tensor]
    values: dict
    path: Path | None = None


def write(folder: Path, step: int, checkpoint: Checkpoint) -> tuple[str, str]:
    """Saves a checkpoint and removes all but the newest KEEP. Returns (file name, sha256).

    Raises OSError where the disk is full or not writable: the older checkpoints are as they were.
    """
    data = save(checkpoint.tensors, metadata={"dltui": json.dumps(checkpoint.values)})
    digest = hashlib.sha256(data).hexdigest()
    path = folder / f"step-{step:010d}.safetensors"
    sum_path = _sum_path(path)
    try:
        with replacing(path, synced=True, opener=paths.private) as file:
            file.write(data)
            file.flush()  # a full disk refuses it before the sum of one of the same step is another
            # before its checkpoint: none is ever without its sum
            with replacing(sum_path, synced=True, opener=paths.private) as sums:
                sums.write(f"{digest}  {path.name}\n".encode())
    except OSError:
        if not path.exists():
            sum_path.unlink(missing_ok=True)
        raise
    _remove_all_but_newest(folder, path)
    return path.name, digest


def _remove_all_but_newest(folder: Path, newest: Path) -> None:
    """Removes what is older than the newest KEEP, and what has a later step: a resumed run could not use it."""
    kept = [path for path in saved(folder) if path.name <= newest.name and path.is_file()][:KEEP]
    for path in saved(folder):
        if path not in kept:
            with suppress(OSError):  # the newest is saved, whatever else stays
                path.unlink()
                _sum_path(path).unlink(missing_ok=True)


def saved(folder: Path) -> list[Path]:
    """Returns the checkpoint files of a folder, the newest first."""
    return sorted(folder.glob("step-*.safetensors"), reverse=True)


def whole(folder: Path, tell: Callable[[str], None]) -> Iterator[Checkpoint]:
    """Yields the checkpoints that are whole, the newest first, telling of each that is not; none from an empty folder.

    Whoever asks for another could not use the one before. Raises DltuiError where there are checkpoints, but no other
    that is whole, or only a pickle, which is never opened.
    """
    found, problem = saved(folder), ""
    for path in found:
        if problem:
            tell(f"{problem} The one before is tried.")
        try:
            checkpoint = read(path)
        except DltuiError as error:
            problem = error.message
        else:
            yield checkpoint
            problem = ""  # whoever could not use it has told why
    pickles = sorted(path for path in folder.glob("*") if path.suffix in PICKLES)
    if pickles:
        raise DltuiError(
            f"{pickles[0]}: a pickle is refused: it can run code.", "Checkpoints are safetensors: start the run again."
        )
    if found:
        count = "its only checkpoint" if len(found) == 1 else f"none of its {len(found)} checkpoints"
        cannot = "cannot be used" if len(found) == 1 else "can be used"
        raise DltuiError(f"{folder}: {count} {cannot}. {problem}".strip(), _anew(folder))


def use_newest(
    checkpoints: Iterable[Checkpoint], use: Callable[[Checkpoint], object], tell: Callable[[str], None]
) -> None:
    """Calls `use` with one checkpoint after the other until it raises nothing, telling of each that does not fit.

    checkpoints: those of `whole`, which raises where there is no other.
    """
    for checkpoint in checkpoints:
        try:
            use(checkpoint)
            return
        except MISFIT as error:
            if is_out_of_memory(error):
                raise
            reason = clean_line(error)[:200] or type(error).__name__
            tell(f"{checkpoint.path}: does not fit this run ({reason}). The one before is tried.")


def read(path: Path) -> Checkpoint:
    """Returns the checkpoint of a file. Raises DltuiError where a byte is not as it was written."""
    try:
        data = path.read_bytes()
        want = _sum_path(path).read_bytes().split()[0]
    except (OSError, IndexError):
        raise DltuiError(f"{path}: cannot be read, or its sha256 is missing.", _anew(path.parent)) from None
    if hashlib.sha256(data).hexdigest().encode() != want:
        raise DltuiError(f"{path}: damaged: its sha256 is not what was written.", _anew(path.parent))
    try:
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        return Checkpoint(load(data), _checked(_current(json.loads(header["__metadata__"]["dltui"]))), path)
    except MISFIT:
        raise DltuiError(f"{path}: refused: not a safetensors file of dltui.", _anew(path.parent)) from None


def _checked(values: dict) -> dict:
    """Returns the values. Raises ValueError or LookupError where one that every run needs is missing or is another."""
    for name, types in NEEDED.items():
        if type(values[name]) not in types:
            raise ValueError(f"{name} is {values[name]!r}")
    if not (values["step"] >= 0 and values["threads"] >= 1 and math.isfinite(values["seconds"])):
        raise ValueError("step, threads or seconds is not a number that a run has")
    if not all(type(learner["source"]) is str for learner in values["learners"].values()):
        raise ValueError("a learner's source is not a text")
    return values


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


def _anew(folder: Path) -> str:
    return f"Start the run again: dltui run {folder.parent / 'recipe.toml'}"
