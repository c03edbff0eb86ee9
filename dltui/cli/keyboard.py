"""Keys as they are pressed, where a view waits for them: all that were typed fast are told, in their order."""

import os
import re
import select
from typing import TextIO

KEY = re.compile(rb"\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Za-z]|[\xc0-\xff][\x80-\xbf]*|.", re.DOTALL)
UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;]*|O)?\Z")  # an arrow is ESC [ A, and may come in two pieces
REST = 0.05  # seconds in which its rest comes, if there is one
GONE = "q"  # what a terminal that is gone presses


def pressed(stream: TextIO, seconds: float) -> list[str]:
    """Returns the keys that are pressed within some seconds, as soon as there is one; an arrow is one key."""
    if not select.select([stream], [], [], seconds)[0]:
        return []
    data = _read(stream)
    while UNFINISHED.search(data) and select.select([stream], [], [], REST)[0]:
        if not (more := _read(stream)):
            break
        data += more
    return [key.decode("utf-8", "replace") for key in KEY.findall(data)] if data else [GONE]


def _read(stream: TextIO) -> bytes:
    try:
        return os.read(stream.fileno(), 1024)
    except OSError:
        return b""
