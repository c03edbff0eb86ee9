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

    Its last line is whole: it says how the run stands. Raises OSError.
    """
    parts: list[bytes] = []
    size, run_of_digests = 0, []
    before: Line | None = None
    with regular_file.opened(path, events.ANY) as file:
        for line in log_chain.lines(file):
            if before is None and not line.link:
                return None
            if before is not None and _is_left_out(before):
                run_of_digests.append(before.digest)
                size += LENGTH
            elif before is not None:
                parts += [*_stub(run_of_digests), before.text]
                size += len(before.text) + len(OMITTED) + 4
                run_of_digests = []
            if size > most:
                return None
            before = line
    if before is None or not before.text:
        return None
    found = b"".join(part + b"\n" for part in (*parts, *_stub(run_of_digests), before.text))
    return found if len(found) <= most else None


def _is_left_out(line: Line) -> bool:
    return not line.text or bool(LARGE.match(line.text))


def _stub(digests: list[bytes]) -> list[bytes]:
    return [OMITTED + b"".join(digests) + b'"}'] if digests else []


def left_out(text: bytes) -> list[bytes]:
    """Returns the digests of the lines that a line stands for, [] where it is a line of the log itself."""
    found = DIGESTS.fullmatch(text)
    digests = found[1] if found else b""
    return [digests[start : start + LENGTH] for start in range(0, len(digests), LENGTH)]
