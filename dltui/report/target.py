"""Where a page, a slide or a film is written: a new file, or what takes it as it comes, such as a pipe or a device."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO

from dltui.atomic_write import SUFFIX, replacing
from dltui.errors import DltuiError, ExitStatus

STDOUT = Path("-")
SUFFIXES = {"html": (".html", ".htm"), "svg": (".svg",), "png": (".png",), "gif": (".gif",), "cast": (".cast",)}
ELSEWHERE = ("/dev/stdout", "/dev/stderr", "/dev/fd", "/proc")  # names of open files, whose place none may take


def check(target: Path, kind: str, *, force: bool) -> None:
    """Raises DltuiError (2), (3) for a name of another kind of file, a folder, a file that is there, or no folder.

    kind: html, svg, png, gif or cast.
    """
    others = [suffix for name, known in SUFFIXES.items() if name != kind for suffix in known]
    if target.suffix.lower() in (*others, ".pdf", ".jpg", ".jpeg"):
        what = f"{target}: this is no {target.suffix.lower()} file; its name should end in {SUFFIXES[kind][0]}."
        raise DltuiError(what, f"Such as: {target.stem}{SUFFIXES[kind][0]}", ExitStatus.USAGE)
    if target == STDOUT or is_stream(target):
        return
    there = os.path.exists(target)  # not Path.exists: it raises for a name that no disk takes
    if os.path.isdir(target):
        raise DltuiError(f"{target} is a folder.", "Name a file.", ExitStatus.USAGE)
    if there and not target.is_file():
        raise DltuiError(f"{target} is no file.", "Choose another name.", ExitStatus.USAGE)
    if there and not force:
        raise DltuiError(f"{target} is there already.", "Choose another name, or --force.", ExitStatus.USAGE)
    if not target.parent.is_dir():
        what = f"{target}: there is no folder {target.parent}."
        raise DltuiError(what, "Make it first, or choose another.", ExitStatus.NOT_FOUND)


def is_stream(target: Path) -> bool:
    """Whether it takes bytes as they come, and must not be replaced by a file: a pipe, a terminal, /dev/null."""
    try:
        mode = target.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or str(target.absolute()).startswith(ELSEWHERE)


@contextmanager
def opened(target: Path, stdout: TextIO) -> Iterator[IO[bytes]]:
    """Yields what to write to, `stdout` for "-". A file is there whole or not at all; a link stays one.

    Raises DltuiError (1) where none can be made there.
    """
    if target == STDOUT:
        yield stdout.buffer
        stdout.buffer.flush()
        return
    if is_stream(target):
        with open(target, "wb") as file:
            yield file
        return
    try:
        with replacing(target.resolve()) as file:
            yield file
    except OSError as error:
        if not str(error.filename).endswith(SUFFIX):
            raise
        raise DltuiError(f"{target}: {error.strerror}.", "Choose another place.") from None
