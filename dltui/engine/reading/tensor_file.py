"""Tensor files of the cache: safetensors, written whole or not at all, memory-mapped when read."""

import json
import time
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from dltui import paths
from dltui.atomic_write import SUFFIX, replacing

STALE_SECONDS = 3600  # a file half-written that long ago belongs to a process that was killed


class Stored(NamedTuple):
    """What a tensor file holds: named tensors and plain JSON values."""

    tensors: dict[str, Tensor]
    values: dict


def of_hub(kind: str) -> Path:
    """Returns where the decoded rows of a data kind's hub copy lie."""
    return paths.datasets() / kind / "hub.safetensors"


def write_tensors(path: Path, tensors: dict[str, Tensor], values: dict | None = None) -> None:
    """Writes a tensor file: beside, synced, renamed, so that nobody ever finds half of one.

    Raises OSError where the disk is full or not writable; nothing is left then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f"*{path.name}.*{SUFFIX}"):
        if time.time() - left.stat().st_mtime > STALE_SECONDS:
            left.unlink(missing_ok=True)
    data = save(tensors, metadata={"dltui": json.dumps(values or {})})
    with replacing(path, synced=True) as file:
        file.write(data)


def read_tensors(path: Path) -> Stored | None:
    """Returns a tensor file, its tensors mapped and not yet read; None where there is none or it is not whole.

    safetensors refuses a file whose size is not what its header says.
    """
    try:
        with safe_open(path, "pt") as file:
            values = json.loads((file.metadata() or {})["dltui"])
            return Stored({name: file.get_tensor(name) for name in file.keys()}, values)  # noqa: SIM118 (no mapping)
    except (OSError, SafetensorError, ValueError, KeyError):
        return None
