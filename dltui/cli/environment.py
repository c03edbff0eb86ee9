"""What a command may see of the world around it: streams, terminals, variables. Tests replace it."""

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple, TextIO

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
        """The process's own. A character that the streams' encoding lacks is replaced, never an error."""
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
        given = self.variables.get("COLUMNS", "")
        if given.isdigit() and int(given):
            return int(given)
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or WIDTH
        except (OSError, ValueError):
            return WIDTH

    @property
    def table_width(self) -> int | None:
        """How wide a table may be; None, as wide as it needs, where a program reads it and COLUMNS is not set."""
        return self.width if self.stdout.isatty() or self.variables.get("COLUMNS", "").isdigit() else None

    @property
    def language(self) -> str:
        """The lessons' language by the locale: ru or en."""
        locale = next((self.variables[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if self.variables.get(n)), "")
        return "ru" if locale.startswith("ru") else "en"

    def print(self, text: str = "", *, bold: bool = False) -> None:
        """Writes one text and a newline to standard output. The one door for data: terminal escapes end here."""
        text = clean(text)
        self.stdout.write(f"\x1b[1m{text}\x1b[0m\n" if bold and self.coloured else text + "\n")

    def tell(self, text: str) -> None:
        """Writes one text, cleaned, and a newline to standard error, at once."""
        self.stderr.write(clean(text) + "\n")
        self.stderr.flush()

    def print_json(self, value: object) -> None:
        """Writes a value as JSON to standard output; NaN and infinity are texts, as in a log."""
        import json

        from dltui.runs.events import cleaned, encode

        self.print(json.dumps(json.loads(encode(cleaned(value))), indent=2, ensure_ascii=False))
