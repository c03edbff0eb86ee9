"""KEY=SPACE: which values of a recipe's key a search may try."""

import math
import re
from typing import NamedTuple

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.overrides import parse_value

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"(?P<log>log:)?(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})")
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
    low, high = (parse_value(found[name]) if "." not in found[name] else float(found[name]) for name in ("low", "high"))
    space = Space(key, low=low, high=high, log=bool(found["log"]))
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise DltuiError(f"{key}: {text} has no numbers in it: the lower one comes first.", EXAMPLES, ExitStatus.USAGE)
    if space.log and low <= 0:
        raise DltuiError(f"{key}: a log: range begins above 0, not at {low}.", EXAMPLES, ExitStatus.USAGE)
    return space
