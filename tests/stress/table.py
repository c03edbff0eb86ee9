"""What the attacks came to, as one table that each of them adds rows to; and how long an attack goes on."""

import argparse
import math
import time
from collections.abc import Iterator
from typing import NamedTuple

NUMBERS = ("tried", "survived", "lost", "doubled", "tracebacks")
HEADING = f"{'attack':28}" + "".join(f"{name:>12}" for name in NUMBERS)


class Row(NamedTuple):
    """lost, doubled: of what was promised to be done once. beside: what else is worth telling."""

    attack: str
    tried: int
    survived: int
    lost: int = 0
    doubled: int = 0
    tracebacks: int = 0
    beside: str = ""

    @property
    def sound(self) -> bool:
        return self.survived == self.tried and not (self.lost or self.doubled or self.tracebacks)

    def __str__(self) -> str:
        numbers = "".join(f"{count:12,}" for count in self[1:6])
        return f"{self.attack:28}{numbers}  {self.beside}".rstrip()


def row_of(line: str) -> Row | None:
    """Returns the row that a line is; None where it is another line."""
    cells = line[28 : 28 + 12 * len(NUMBERS)].replace(",", "").split()
    if len(cells) != len(NUMBERS) or not all(map(str.isdigit, cells)):
        return None
    return Row(line[:28].strip(), *map(int, cells), line[28 + 12 * len(NUMBERS) :].strip())


def options(about: str, what: str, count: int) -> argparse.ArgumentParser:
    """Returns the options of an attack: how often, with which seed, and how long at most."""
    parser = argparse.ArgumentParser(description=about.partition("\n")[0])
    parser.add_argument(f"--{what}", dest="count", type=int, default=count, help="of each attack, at most")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--minutes", type=float, default=math.inf, help="after which no other is begun")
    return parser


def attempts(count: int, minutes: float) -> Iterator[int]:
    """Yields numbers from 0, as many as `count`, until the time is over; one in any case."""
    end = time.monotonic() + 60 * minutes
    for number in range(count):
        if number and time.monotonic() > end:
            return
        yield number
