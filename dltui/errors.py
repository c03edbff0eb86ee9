"""The one exception a user sees, and the exit statuses that scripts read."""

import re
from collections.abc import Iterable
from enum import IntEnum

MOST_NEAR = 3  # names that an error suggests
LEAST_PART = 3  # letters of a part of a name that is looked for by itself


class ExitStatus(IntEnum):
    """What `dltui` returns to the shell."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    DATA = 4
    DIVERGED = 5
    DEVICE = 6
    CLAIM = 7
    INTERRUPTED = 130
    PIPE = 141
    TERMINATED = 143


class DltuiError(Exception):
    """A fault told in words: what is wrong and was given, and as `hint` what to do next."""

    def __init__(self, message: str, hint: str = "", status: ExitStatus = ExitStatus.FAILED):
        super().__init__(message)
        self.message, self.hint, self.status = message, hint, status

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


def did_you_mean(given: str, valid: Iterable[str]) -> str:
    """Returns 'Did you mean "x"?' for the valid names nearest to `given`, else the valid names, else ''."""
    names = sorted(valid)
    if near := nearest(given, names):
        return suggested(near)
    if not names:
        return ""
    listed = ", ".join(names[:12])
    return f"Valid: {listed}{', ...' if len(names) > 12 else '.'}"


def suggested(names: Iterable[str]) -> str:
    """Returns 'Did you mean "x" or "y"?' for some names."""
    quoted = " or ".join(f'"{name}"' for name in names)
    return f"Did you mean {quoted}?"


def nearest(given: str, names: Iterable[str]) -> list[str]:
    """Returns the names that `given` may stand for, at most MOST_NEAR, the nearest first; [] where none is near.

    Those with all its parts, in any order ("lenet" or "mnist-lenet": "lenet-mnist"); else the one whose letters are
    nearest, of a whole name or of a part of one; else those that hold it ("conv": "convolution").
    """
    from difflib import get_close_matches  # 7 ms that only a mistake costs

    parts = {name: _parts(name) for name in names}
    wanted, ordered = _parts(given), {}
    for name in sorted(parts, key=len, reverse=True):  # of several with the same parts, the shortest
        ordered |= {part: name for part in parts[name] if len(part) >= LEAST_PART}
    if wanted and (whole := [name for name in parts if wanted <= parts[name]]):
        return sorted(whole, key=len)[:MOST_NEAR]
    spelled = {form: name for name in parts for form in (" ".join(sorted(parts[name])), name.casefold())}
    for word, forms, likeness in (
        (given.casefold(), spelled, 0.75),
        (" ".join(sorted(wanted)), spelled, 0.75),
        (given.casefold(), ordered, 0.8),
    ):
        if near := get_close_matches(word, forms, n=1, cutoff=likeness):
            return [forms[near[0]]]
    if len(given) >= LEAST_PART and (held := [name for name in parts if given.casefold() in name.casefold()]):
        return sorted(held, key=len)[:MOST_NEAR]
    return [spelled[form] for form in get_close_matches(given.casefold(), spelled, n=1, cutoff=0.55)]


def _parts(name: str) -> set[str]:
    return set(re.split(r"[-_.\s]+", name.casefold().strip("-_. "))) - {""}
