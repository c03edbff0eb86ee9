"""One option of a part: its type, its choices, its bounds, and what is wrong with a value that is given to it."""

import operator
import re
from collections.abc import Iterator
from math import isfinite
from typing import NamedTuple

from dltui.errors import did_you_mean

SCALARS = {"int": int, "float": float, "bool": bool, "str": str}
BOUND = re.compile(r"\b(at least|at most|above|below) (-?\d+(?:\.\d+)?(?:e-?\d+)?)")
# where an option's help names none: what NumPy's and scikit-learn's seeds take, and more than any size or rate
INT_BOUNDS = {"at least": "-4294967295", "at most": "4294967295"}
FLOAT_BOUNDS = {"at least": "-1e12", "at most": "1e12"}
OPPOSITE = {"above": "at least", "below": "at most"}
SHOWN = 60  # characters of a value in a message
HOLDS = {"at least": operator.ge, "at most": operator.le, "above": operator.gt, "below": operator.lt}


class Option(NamedTuple):
    """One keyword of a `build()`."""

    name: str
    type: str  # "int", "float", "bool", "str", "list[int]", "choice", each perhaps with " | None"
    default: object
    choices: tuple = ()
    help: str = ""

    def problem(self, value: object) -> str:
        """Returns what is wrong with `value`, in words, or ''.

        Bounds stand in the option's help, where a reader sees them too: "at least 1", "above 0", "at most 1",
        "below 1"; where they do not, INT_BOUNDS and FLOAT_BOUNDS are those of every number.
        """
        if value is None and "None" in self.type:
            return ""
        if self.choices:
            if value in self.choices:
                return ""
            near = did_you_mean(_shown(value).strip("'"), map(str, self.choices))
            return f"must be one of {', '.join(map(str, self.choices))}, not {_shown(value)}. {near}".strip()
        kind = self.type.removesuffix(" | None")
        if not _fits(value, kind):
            return f"must be {_in_words(kind)}, not {_shown(value)}"
        return next((f"must be {bound}, not {_shown(value)}" for bound in self._broken_bounds(value, kind)), "")

    def _broken_bounds(self, value: object, kind: str) -> Iterator[str]:
        numbers = [v for v in (value if isinstance(value, list) else [value]) if type(v) in (int, float)]
        if not all(map(_is_finite, numbers)):
            yield "a finite number" if kind == "float" else "finite numbers"
        said = BOUND.findall(self.help)
        usual = INT_BOUNDS if "int" in kind else FLOAT_BOUNDS
        named = {OPPOSITE.get(word, word) for word, _ in said}
        for word, limit in [*said, *((word, limit) for word, limit in usual.items() if word not in named)]:
            if not all(HOLDS[word](number, float(limit)) for number in numbers):
                yield f"{word} {limit}"

    @property
    def described(self) -> str:
        """The type as a user reads it: "int", "a | b | c"."""
        return " | ".join(map(str, self.choices)) if self.choices else self.type


def _fits(value: object, kind: str) -> bool:
    if kind.startswith(("list[", "tuple[")):
        inner = kind.partition("[")[2].removesuffix("]").removesuffix(", ...")
        return isinstance(value, list) and all(_fits(item, inner) for item in value)
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, SCALARS[kind])


def _in_words(kind: str) -> str:
    if kind.startswith(("list[", "tuple[")):
        inner = kind.partition("[")[2].removesuffix("]").removesuffix(", ...")
        return f"a list of {inner} values"
    return {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "a text"}[kind]


def _is_finite(number: float) -> bool:
    return isinstance(number, int) or isfinite(number)


def _shown(value: object) -> str:
    """A value as a recipe writes it, so much of it as a line has room for."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 4]} ..."
