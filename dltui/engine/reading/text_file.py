"""The user's own text: a file in UTF-8, or in another encoding that is found out or given."""

from collections.abc import Sequence
from pathlib import Path

from dltui import regular_file
from dltui.errors import DltuiError, ExitStatus
from dltui.text_decoding import Decoded, decoded, with_line_feeds

MOST_BYTES = 1_000_000_000


def text_of(path: Path, expected: str, hint: str, encoding: str = "") -> Decoded:
    """Returns the text of a file, line feeds at the ends of its lines.

    encoding: data.encoding; "": found out. Raises DltuiError (4): `expected` was expected, and what was found instead.
    """
    path = path.expanduser()
    try:
        found = decoded(regular_file.read(path, MOST_BYTES), encoding)
        return found._replace(text=with_line_feeds(found.text))
    except ValueError as error:
        raise DltuiError(
            f"{path}: expected {expected}: {error}.", f"Say how: data.encoding=. {hint}", ExitStatus.DATA
        ) from None
    except OSError as error:
        what = "nothing there" if not path.exists() else error.strerror.removeprefix("expected a file, found ")
    raise DltuiError(f"{path}: expected {expected}, found {what}.", hint, ExitStatus.DATA)


def lines_of(
    path: Path, suffixes: Sequence[str], expected: str, hint: str, encoding: str = ""
) -> tuple[list[str], tuple[str, ...]]:
    """Returns the lines of a file with one of these suffixes, separated by line feeds alone, and what the user is to be
    told of its encoding. Raises DltuiError (4)."""
    check_suffix(path, suffixes, hint)
    found = text_of(path, f"a file with {expected}", hint, encoding)
    return found.text.removesuffix("\n").split("\n"), (found.note,) if found.note else ()


def check_suffix(path: Path, suffixes: Sequence[str], hint: str) -> None:
    """Raises DltuiError (4) where a file that is there has none of these suffixes."""
    if path.expanduser().is_file() and path.suffix.lower() not in suffixes:
        known = " ".join(suffixes)
        raise DltuiError(f"{path}: expected {known}, found {path.suffix or 'no suffix'}.", hint, ExitStatus.DATA)
