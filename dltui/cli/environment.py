"""What a command may see of the world around it: streams, terminals, variables. Tests replace it."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, TextIO

from dltui.digits import whole
from dltui.text import clean

WIDTH = 80  # where nothing says how wide


class Environment(NamedTuple):
    """Data goes to `stdout`, everything else to `stderr`."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    variables: Mapping[str, str]

    @classmethod
    def of_process(cls) -> "Environment":
        """The process's own. A character that the streams' encoding lacks is replaced, never an error.

        A stream that was closed before we began (`dltui list >&-`) is opened anew, or the next file that is opened
        would take its place, here and in the engines: standard output so that writing to it fails, which is told.
        """
        for name, number, mode in (("stdin", 0, os.O_RDONLY), ("stdout", 1, os.O_RDONLY), ("stderr", 2, os.O_WRONLY)):
            if getattr(sys, name) is None:
                opened = os.open(os.devnull, mode)
                if opened != number:
                    os.dup2(opened, number)
                    os.close(opened)
                setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(errors="replace")
        return cls(sys.stdin, sys.stdout, sys.stderr, os.environ)

    @property
    def animated(self) -> bool:
        """Whether a live view can be shown: standard output is a terminal that can move its cursor."""
        return self.stdout.isatty() and self.variables.get("TERM", "") not in ("", "dumb")

    @property
    def is_visit(self) -> bool:
        """Whether a person sits at a terminal that can show the app."""
        return self.animated and self.stdin.isatty()

    @property
    def coloured(self) -> bool:
        """Whether words on standard output may be bold."""
        return self.animated and not self.variables.get("NO_COLOR")

    @property
    def width(self) -> int:
        """Columns of standard output: COLUMNS, else the terminal's, else 80."""
        if given := whole(self.variables.get("COLUMNS", "")):
            return given
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or WIDTH
        except (OSError, ValueError):
            return WIDTH

    @property
    def table_width(self) -> int | None:
        """How wide a table may be; None, as wide as it needs, where a program reads it and COLUMNS is not set."""
        return self.width if self.stdout.isatty() or whole(self.variables.get("COLUMNS", "")) is not None else None

    @property
    def language(self) -> str:
        """The lessons' language by the locale: ru or en."""
        locale = next((self.variables[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if self.variables.get(n)), "")
        return "ru" if locale.startswith("ru") else "en"

    def print(self, text: str = "", *, bold: bool = False) -> None:
        """Writes one text and a newline to standard output. The one door for data: terminal escapes end here."""
        text = clean(text)
        with _named("standard output"):
            self.stdout.write(f"\x1b[1m{text}\x1b[0m\n" if bold and self.coloured else text + "\n")

    def flush(self) -> None:
        """Sees to it that what was printed is written. Raises OSError: BrokenPipeError where nobody reads any more."""
        with _named("standard output"):
            self.stdout.flush()

    def tell(self, text: str) -> None:
        """Writes one text, cleaned, and a newline to standard error, at once. Where it cannot be written, as to a full
        disk, nobody can be told; a reader that went away raises BrokenPipeError."""
        try:
            self.stderr.write(clean(text) + "\n")
            self.stderr.flush()
        except BrokenPipeError:
            raise
        except OSError:
            pass

    def print_json(self, value: object) -> None:
        """Writes a value as JSON to standard output; NaN and infinity are texts, as in a log."""
        from dltui.cli.json_text import indented

        text = indented(value)
        with _named("standard output"):
            self.stdout.write(text + "\n")

    def print_json_rows(self, rows: Iterable[object]) -> None:
        """Writes a list as JSON to standard output, as `print_json` does, each row as soon as there is one: thousands
        are never in memory at once."""
        from dltui.cli.json_text import indented

        before = "[\n  "
        for row in rows:
            text = indented(row, "\n  ")
            with _named("standard output"):
                self.stdout.write(before + text)
            before = ",\n  "
        with _named("standard output"):
            self.stdout.write("[]\n" if before[0] == "[" else "\n]\n")


@contextmanager
def _named(stream: str) -> Iterator[None]:
    """Says which stream a write failed on: the error itself knows only what the system said."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, stream) from None
