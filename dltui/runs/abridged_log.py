"""The log of a run without its numbers and pictures, for a hand-in: small, and its chain can still be checked.

Lines that are left out stand as {"omitted": "..."}, their digests one after the other (see log_chain.py).
"""

import re
from pathlib import Path

from dltui import regular_file
from dltui.runs import events, log_chain
from dltui.runs.log_chain import LENGTH, Line

LARGE = re.compile(rb'\{"v":\d+,"seq":\d+,"t":[\d.]+,"kind":"(?:scalars|frame)"')
OMITTED = b'{"omitted":"'
DIGESTS = re.compile(rb'\{"omitted":"((?:[0-9a-f]{16})+)"\}')


def of(path: Path, most: int) -> bytes | None:
    """Returns what is handed in of a log, `most` bytes at most; None where that is too little, or it is not chained.

    Its last line is whole, for it says how the run stands, and so is one that does not fit the chain. Raises OSError.
    """
    parts: list[bytes] = []
    size, digests, link = 0, [], log_chain.FIRST
    held: tuple[Line, bool] | None = None  # the line before, and whether it is left out unless it is the last
    with regular_file.opened(path, events.ANY) as file:
        for line in log_chain.lines(file):
            if held is None and not line.link:
                return None
            if held and held[1]:
                digests.append(held[0].digest)
                size += LENGTH
            elif held:
                parts += [*_stub(digests), held[0].text]
                size += len(held[0].text) + len(OMITTED) + 4
                digests = []
            if size > most:
                return None
            fits = line.link == log_chain.link(link, line.digest)
            held, link = (line, fits and _is_large(line)), line.link
    if held is None or not all((*parts, held[0].text)):  # none, or one too long to be kept
        return None
    found = b"".join(part + b"\n" for part in (*parts, *_stub(digests), held[0].text))
    return found if len(found) <= most else None


def _is_large(line: Line) -> bool:
    return not line.text or bool(LARGE.match(line.text))


def _stub(digests: list[bytes]) -> list[bytes]:
    return [OMITTED + b"".join(digests) + b'"}'] if digests else []


def left_out(text: bytes) -> list[bytes]:
    """Returns the digests of the lines that a line stands for, [] where it is a line of the log itself."""
    found = DIGESTS.fullmatch(text)
    digests = found[1] if found else b""
    return [digests[start : start + LENGTH] for start in range(0, len(digests), LENGTH)]
