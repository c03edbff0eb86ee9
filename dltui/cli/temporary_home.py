"""A home for runs that are of no use once they were judged: it is removed afterwards."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dltui import paths

PREFIX, LOCK = "dltui-verify-", "verify.lock"  # of the folder, and of the file in it that is held meanwhile


@contextmanager
def entered(*, shared: bool = False) -> Iterator[None]:
    """While the block runs the home is a folder that is removed afterwards; what was cached (data, judges) is used and
    kept.

    shared: it lies in the home, on a disk that the machines of a cluster share.
    """
    before = {name: os.environ.get(name) for name in ("DLTUI_HOME", "DLTUI_CACHE")}
    _remove_left()
    if shared:
        paths.make(paths.home())
    within = paths.home() if shared else None
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=within) as folder, open(Path(folder) / LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.environ |= {"DLTUI_CACHE": str(paths.cache()), "DLTUI_HOME": folder}
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _remove_left() -> None:
    """Removes the folders of those that were killed: nobody holds their locks."""
    for lock in [
        lock for folder in (Path(tempfile.gettempdir()), paths.home()) for lock in folder.glob(f"{PREFIX}*/{LOCK}")
    ]:
        try:
            with open(lock, "r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            continue  # it is at work, or another user's
