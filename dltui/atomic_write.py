"""Files that are there whole or not at all: written beside, renamed when complete."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dltui.digits import whole

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)  # of an OSError: free some space and try again
SUFFIX = ".part"  # of a file that is not complete; a process that was killed may leave one


@contextmanager
def replacing(path: Path, mode: str = "wb", *, synced: bool = False, **options: object) -> Iterator[IO]:
    """Yields a file to write, which takes the name `path` when the block ends.

    synced: it survives a power cut then. mode, options: of `open`. Raises what the block raises, OSError where the disk
    is full or not writable; what stood at `path` is as it was, and nothing else is left.
    """
    if os.path.exists(path) and not os.path.isfile(path):  # a device, a pipe, a folder: none of them may give way
        raise FileExistsError(errno.EEXIST, "What stands there is no file", str(path))
    beside = path.with_name(f".{path.name}.{os.getpid()}{SUFFIX}")
    try:
        with open(beside, mode, **options) as file:
            yield file
            if synced:
                file.flush()
                os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if synced:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def remove_leftovers(folder: Path) -> None:
    """Removes what processes that were killed have left of `replacing` in a folder and below it.

    What a process that lives is writing stays. An own one is a former process of the same number.
    """
    for path in folder.rglob(f".*{SUFFIX}"):
        pid = whole(path.name.removesuffix(SUFFIX).rpartition(".")[2])
        if pid is not None and not (pid != os.getpid() and _lives(pid)):
            path.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
