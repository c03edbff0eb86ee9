"""The user's own text: a file in UTF-8."""

from collections.abc import Sequence
from pathlib import Path

from dltui import regular_file
from dltui.errors import DltuiError, ExitStatus

MOST_BYTES = 1_000_000_000


def text_of(path: Path, expected: str, hint: str) -> str:
    """Returns the text of a file. Raises DltuiError (4): `expected` was expected, and what was found instead."""
    path = path.expanduser()
    try:
        text = regular_file.read(path, MOST_BYTES).decode("utf-8-sig")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        found = f"other bytes at {error.start:,}"
    except OSError as error:
        found = "nothing there" if not path.exists() else error.strerror.removeprefix("expected a file, found ")
    raise DltuiError(f"{path}: expected {expected} in UTF-8, found {found}.", hint, ExitStatus.DATA)


def lines_of(path: Path, suffixes: Sequence[str], expected: str, hint: str) -> list[str]:
    """Returns the lines of a file with one of these suffixes. Raises DltuiError (4)."""
    text = text_of(path, f"a file with {expected}", hint)
    if path.suffix.lower() not in suffixes:
        known = " ".join(suffixes)
        raise DltuiError(f"{path}: expected {known}, found {path.suffix or 'no suffix'}.", hint, ExitStatus.DATA)
    return text.splitlines()
