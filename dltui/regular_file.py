"""The one place where a file that others wrote is opened: a regular one, of a sane size, without waiting for it."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from dltui.errors import nearest, suggested

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}

LISTED = 6  # names of a folder


def near_absent(path: Path) -> str:
    """Returns what to look at where nothing is at `path`: the names that it may stand for, else what is in the folder
    in which it would be, or the last on the way to it that is there."""
    folder, name = path.absolute().parent, path.name
    while not folder.is_dir() and folder != folder.parent:
        folder, name = folder.parent, folder.name
    try:
        names = sorted(entry for entry in os.listdir(folder) if not entry.startswith("."))
    except OSError as error:
        return f"{folder} cannot be looked into: {error.strerror}."
    if near := nearest(name, names):
        return suggested(str(folder / one) for one in near)
    more = ", ..." if len(names) > LISTED else "."
    return f"In {folder} there are: {', '.join(names[:LISTED])}{more}" if names else f"{folder} is empty."


def opened(path: Path | str, most: int) -> BinaryIO:
    """Returns the file at `path`, links followed, open for reading.

    most: bytes that it may have.
    Raises OSError whose `strerror` says what is wrong, also where it is no regular file: a pipe would be waited for,
    and a device never ends.
    """
    file, _ = _opened(path, most)
    return os.fdopen(file, "rb")


def read(path: Path | str, most: int, found: os.stat_result | None = None) -> bytes:
    """Returns the bytes of a regular file. Raises OSError as `opened`.

    found: what os.stat told of it, where it was asked before.
    No more than the size it has at the beginning: nothing of a file that tells none, as those of /proc do.
    """
    file, size = _opened(path, most, found)
    try:
        data = os.read(file, size)
        while len(data) < size and (more := os.read(file, size - len(data))):
            data += more
        return data
    finally:
        os.close(file)


def _opened(path: Path | str, most: int, found: os.stat_result | None = None) -> tuple[int, int]:
    """The descriptor of a file that was looked at, and its size."""
    _check(path, found or os.stat(path), most)  # before it is opened, which does things to a device
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # what has become a pipe since is not waited for
    try:
        found = os.fstat(file)
        _check(path, found, most)
        return file, found.st_size
    except BaseException:
        os.close(file)
        raise


def _check(path: Path | str, found: os.stat_result, most: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise OSError(errno.EINVAL, f"expected a file, found {kind}", str(path))
    if found.st_size > most:
        told = f"the file has {found.st_size / 1e6:,.1f} MB, at most {most / 1e6:,.1f} MB are read"
        raise OSError(errno.EFBIG, told, str(path))
