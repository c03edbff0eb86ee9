"""KEY=SPACE: which values of a recipe's key a search may try."""

import math
import re
from typing import NamedTuple

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.overrides import parse_value, written

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"(?P<log>log:)?(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})")
MOST_DIGITS = 300  # more stand for no number that a computer calculates with
EXACT = 2**53  # whole numbers up to here are exact as fractions, which samplers draw
WIDEST = 1e300  # a range that is wider than the greatest fraction has no middle
EXAMPLES = "Examples: optimizer.lr=log:1e-4..1e-1  train.batch=16..256  model.hidden='[16]|[64,64]'"


class Space(NamedTuple):
    """The values of one key: `choices`, or the numbers from `low` to `high`, whole ones where both ends are whole."""

    key: str
    choices: tuple[str, ...] = ()  # as they were written: overrides.parse_value reads them
    low: float = 0
    high: float = 0
    log: bool = False  # even in the number's magnitude

    @property
    def whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def ends(self) -> list[object]:
        """Values that show whether all are valid: both ends, or every choice."""
        return [parse_value(choice) for choice in self.choices] or [self.low, self.high]

    @property
    def count(self) -> int:
        """How many values there are; 0 for a range of fractions."""
        return len(self.choices) or (self.high - self.low + 1 if self.whole else 0)

    @property
    def fixed(self) -> str:
        """KEY=VALUE of its first value."""
        return written(self.key, self.ends[0])

    def at(self, place: int) -> object:
        """The value at a place, from 0 to `count` - 1: a choice as it was written, or a whole number."""
        return self.choices[place] if self.choices else self.low + place

    @property
    def form(self) -> list[str]:
        """What must stay the same in a search that goes on: the choices, or what kind of numbers; ends may move."""
        numbers = "whole numbers" if self.whole else "fractions"
        return list(self.choices) or [f"{'log ' if self.log else ''}{numbers}"]


def parse(word: str) -> Space:
    """Returns the space of a word such as `optimizer.lr=log:1e-4..1e-1` or `model.activation=relu|tanh`.

    Raises DltuiError (2) where it is none.
    """
    key, equals, text = word.partition("=")
    key, text = key.strip(), text.strip()
    if not equals or not key or not text:
        raise DltuiError(f'"{word}" is not KEY=SPACE.', EXAMPLES, ExitStatus.USAGE)
    found = _RANGE.fullmatch(text)
    if found is None:
        if ".." in text:
            raise DltuiError(f'{key}: "{text}" is no range LOW..HIGH of numbers.', EXAMPLES, ExitStatus.USAGE)
        return Space(key, choices=tuple(part.strip() for part in text.split("|")))
    low, high = _end(found["low"]), _end(found["high"])
    space = Space(key, low=low, high=high, log=bool(found["log"]))
    if max(abs(low), abs(high)) > (EXACT if space.whole else WIDEST):
        most, kind = (EXACT, "Whole numbers") if space.whole else (WIDEST, "Numbers")
        reason = f"{key}: {text} goes too far. {kind} of a range are at most {most:.16g}, so that each can be drawn."
        raise DltuiError(reason, EXAMPLES, ExitStatus.USAGE)
    if low >= high:
        raise DltuiError(f"{key}: {text} has no numbers in it: the lower one comes first.", EXAMPLES, ExitStatus.USAGE)
    if space.log and low <= 0:
        raise DltuiError(f"{key}: a log: range begins above 0, not at {low}.", EXAMPLES, ExitStatus.USAGE)
    return space


def _end(text: str) -> float:
    """A whole number as it is, one of more digits than can be read as infinity."""
    if not text.lstrip("+-").isdecimal():
        return float(text)
    return int(text) if len(text) < MOST_DIGITS else math.copysign(math.inf, -1 if text[0] == "-" else 1)
