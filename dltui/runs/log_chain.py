"""The chain over a log: each line ends with a digest over what it says and over the digest of the line before it.

    {"v":1,"seq":7, ... ,"h":"0f3a9c51be27d604"}    h = link(h of the line before, digest(all that stands before ,"h":))

A line that was edited, removed or moved no longer fits. That proves nothing: who can edit a log can compute its chain
again. A line enters by its digest, so that the lines of a hand-in which are left out can still be checked by theirs
(see abridged_log.py).
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO, NamedTuple

LENGTH = 16  # hex digits of a digest
MARK = b',"h":"'
AFTER_MARK = LENGTH + len(b'"}')
END = len(MARK) + AFTER_MARK  # bytes of a line, without its newline, that are the chain's
FIRST = b""  # stands for the link before the first line
CHUNK = 1 << 20  # bytes read at once, and of the longest line that is kept whole


class Line(NamedTuple):
    """A whole line of a log. text: without its newline, b"" where it is very long."""

    digest: bytes  # of what it says
    link: bytes  # b"" where it is not chained
    text: bytes


def digest(said: bytes) -> bytes:
    """Returns the digest of what a line says."""
    return sha256(said).hexdigest()[:LENGTH].encode()


def link(before: bytes, said: bytes) -> bytes:
    """Returns a line's link, of the link before it and of the digest of what it says."""
    return sha256(before + said).hexdigest()[:LENGTH].encode()


def linked(line: bytes, before: bytes) -> tuple[bytes, bytes]:
    """Returns a line of JSON, which ends with a brace and a newline, with its link in it, and the link."""
    said = line[:-2]
    own = link(before, digest(said))
    return said + MARK + own + b'"}\n', own


def split(line: bytes) -> tuple[bytes, bytes]:
    """Returns what a line without its newline says, and its link: all of it and b"" where it is not chained."""
    if line[-END:-AFTER_MARK] == MARK and line[-2:] == b'"}':
        return line[:-END], line[-AFTER_MARK:-2]
    return line, b""


def last_link(file: int, size: int) -> bytes:
    """Returns the link of the last line of an open log of `size` bytes; FIRST where that line has none."""
    start = max(0, size - END - 1)
    return split(os.pread(file, size - start, start)[:-1])[1]


def lines(file: BinaryIO) -> Iterator[Line]:
    """Yields the whole lines of an open log, in bounded memory whatever their length."""
    rest, begun = b"", None  # of a very long line: its end so far, and the digest of what came before that
    while chunk := file.read(CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            said, own = split(line)
            if begun is None:
                yield Line(digest(said), own, line)
            else:
                begun.update(said)
                yield Line(begun.hexdigest()[:LENGTH].encode(), own, b"")
                begun = None
        if len(rest) > CHUNK:
            begun = begun or sha256()
            begun.update(rest[:-END])
            rest = rest[-END:]
