"""A file that is looked at until it is saved anew, or until a key is pressed: what a watching command waits for."""

import os
import select
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

LOOK = 0.2  # seconds between two looks
INSIDE = [bytes([byte]) for byte in b"[O;0123456789"]  # what stands between ESC and the last byte of a key
SETTLED = 0.15  # seconds in which a file that is being saved does not change any more


def version(path: Path) -> tuple[int, int, int]:
    """What tells one state of a file from another; zeros where it is gone for the moment, as editors do that rename."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_size, found.st_mtime_ns


def waited(path: Path, known: tuple[int, int, int], stream: TextIO) -> str:
    """Waits until `path` is another than `known`, and at rest, and returns ""; or until a key is pressed, and returns
    that key: "q" too where the terminal is gone."""
    while True:
        if key := _key(stream, LOOK):
            return key
        now = version(path)
        while now != known and now[1]:
            if key := _key(stream, SETTLED):
                return key
            if (later := version(path)) == now:
                return ""
            now = later


@contextmanager
def keys_unechoed(stream: TextIO) -> Iterator[None]:
    """While the block runs keys come one by one and are not shown; Ctrl-C and Ctrl-Z work on."""
    modes = termios.tcgetattr(stream.fileno())
    try:
        tty.setcbreak(stream.fileno(), termios.TCSADRAIN)
        yield
    finally:
        termios.tcsetattr(stream.fileno(), termios.TCSADRAIN, modes)


def _key(stream: TextIO, seconds: float) -> str:
    """The key that is pressed within some seconds, "" where none is."""
    if not select.select([stream], [], [], seconds)[0]:
        return ""
    data = os.read(stream.fileno(), 1)  # what is typed fast is served key by key
    while data == b"\x1b" and select.select([stream], [], [], 0)[0]:  # an arrow is ESC [ A: none of it is meant
        if os.read(stream.fileno(), 1) not in INSIDE:
            break
    return data.decode("utf-8", "replace").lower() if data else "q"
