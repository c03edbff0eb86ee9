"""The one exception a user sees, and the exit statuses that scripts read."""

from collections.abc import Iterable
from enum import IntEnum


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
    """Returns 'Did you mean "x"?' for the valid name nearest to `given`, else the valid names, else ''."""
    from difflib import get_close_matches  # 7 ms that only a mistake costs

    names = sorted(valid)
    near = get_close_matches(given.lower(), names, n=1, cutoff=0.55)
    if near:
        return f'Did you mean "{near[0]}"?'
    if not names:
        return ""
    listed = ", ".join(names[:12])
    return f"Valid: {listed}{', ...' if len(names) > 12 else '.'}"
