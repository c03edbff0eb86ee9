"""A terminal as a screen of lines: only rows that changed are sent, and what was there before comes back at the end."""

import os
import select
import signal
import termios
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Self, TextIO

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from dltui.digits import whole
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.text import clean

ENTER = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"  # alternate screen, no cursor, no wrapping at the right edge
LEAVE = b"\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
BEGIN, END = b"\x1b[?2026h", b"\x1b[?2026l"  # synchronized output: no torn frames where the terminal knows it
RESET = b"\x1b[0m"
DEPTHS = {"true": ColorSystem.TRUECOLOR, "256": ColorSystem.EIGHT_BIT, "16": ColorSystem.STANDARD}
PATIENCE = 10.0  # seconds that a terminal may refuse output before it counts as gone
MOST_STYLES = 4096  # remembered with their codes


class Ink:
    """Turns lines into bytes for one depth of colour; the codes of a style are made once."""

    def __init__(self, look: TerminalCapabilities):
        self.depth = DEPTHS.get(look.colours)
        self._codes: dict[Style | None, bytes] = {None: b""}

    def row(self, line: Iterable[Segment]) -> bytes:
        """Returns the bytes of one line, without a newline, the style reset at its end.

        Text is cleaned here once more: whatever a payload held, no control character leaves by this door.
        """
        parts: list[bytes] = []
        current = b""
        for text, style, _ in line:
            codes = self._codes.get(style)
            if codes is None:
                if len(self._codes) > MOST_STYLES:  # photographs bring thousands
                    self._codes = {None: b""}
                codes = self._codes[style] = self._made(style)
            if codes != current:
                parts.append((RESET if current else b"") + codes)
                current = codes
            parts.append(clean(text).replace("\n", " ").encode("utf-8", "replace"))
        if current:
            parts.append(RESET)
        return b"".join(parts)

    def _made(self, style: Style) -> bytes:
        colours = {} if self.depth is None else {"color": style.color, "bgcolor": style.bgcolor}
        # a style of its own: Rich remembers in the old one the codes of the depth it was first drawn with
        fresh = Style(bold=style.bold, dim=style.dim, reverse=style.reverse, underline=style.underline, **colours)
        return fresh.render("|", color_system=self.depth or ColorSystem.STANDARD).partition("|")[0].encode()


class Screen:
    """The alternate screen of a terminal, held by `with`. `lost` is true once the terminal has gone away.

    keys: whether those that are pressed are to be read one by one, without waiting for the end of a line.
    """

    def __init__(self, stream: TextIO, look: TerminalCapabilities, *, keys: bool = False):
        self.lost, self._keys = False, keys
        self._stream, self._file, self._ink = stream, stream.fileno(), Ink(look)
        self._rows: list[bytes] = []
        self._size = (0, 0)
        self._modes: list | None = None  # of the terminal's driver, as they were
        self._asked_to_stop = False

    def __enter__(self) -> Self:
        self._stream.flush()
        self._silence()
        self._send(ENTER)
        self._size = (0, 0)  # so that all is sent
        return self

    def __exit__(self, *_exception: object) -> None:
        """Gives the terminal back as it was."""
        self._send(LEAVE)
        if self._modes is not None:
            with suppress(termios.error):
                termios.tcsetattr(self._file, termios.TCSADRAIN, self._modes)

    def _silence(self) -> None:
        """Keys that are pressed meanwhile are not to show up in the picture; Ctrl-C and Ctrl-Z work on."""
        self._modes = None
        with suppress(OSError, termios.error):
            if os.tcgetpgrp(self._file) == os.getpgrp():  # a job in the background would be stopped for it
                self._modes = termios.tcgetattr(self._file)
                silent = self._modes.copy()
                silent[3] &= ~(termios.ECHO | (termios.ICANON if self._keys else 0))
                termios.tcsetattr(self._file, termios.TCSADRAIN, silent)

    def ask_to_stop(self, *_signal: object) -> None:
        """Takes note of Ctrl-Z, as a signal's handler may: a write that is under way is not torn apart."""
        self._asked_to_stop = True

    def repaint(self, *_signal: object) -> None:
        """The next lines are sent whole: a terminal that was small for a moment has lost what it showed."""
        self._size = (0, 0)

    def stop_if_asked(self) -> None:
        """After Ctrl-Z: gives the shell its terminal back, and shows the screen again once `fg` lets us go on."""
        if self._asked_to_stop:
            self._asked_to_stop = False
            self.__exit__()
            os.kill(os.getpid(), signal.SIGSTOP)
            self.__enter__()

    def size(self) -> tuple[int, int]:
        """Returns (columns, lines); COLUMNS and LINES win over what the terminal says, 80 x 24 where nothing does."""
        return size(self._file)

    def write(self, lines: Sequence[Iterable[Segment]]) -> int:
        """Shows `lines` from the top left; returns the number of bytes sent, 0 where nothing changed."""
        rows = [self._ink.row(line) for line in lines]
        resized = self.size() != self._size
        if resized:
            self._size, self._rows = self.size(), []
        changed = [
            b"\x1b[%d;1H" % (number + 1) + row
            for number, row in enumerate(rows)
            if number >= len(self._rows) or row != self._rows[number]
        ]
        gone = b"".join(b"\x1b[%d;1H\x1b[2K" % (number + 1) for number in range(len(rows), len(self._rows)))
        self._rows = rows
        if not changed and not gone:
            return 0
        data = BEGIN + (b"\x1b[2J" if resized else b"") + b"".join(changed) + gone + END
        self._send(data)
        return len(data)

    def _send(self, data: bytes) -> None:
        """Writes all of `data`, waiting for a slow terminal; a terminal that is gone is remembered as lost."""
        rest = memoryview(data)
        while rest and not self.lost:
            try:
                rest = rest[os.write(self._file, rest) :]
            except BlockingIOError:  # a non-blocking stream, shared with a process that made it so
                self.lost = not select.select([], [self._file], [], PATIENCE)[1]
            except OSError:  # EPIPE, EIO: nobody looks any more
                self.lost = True


def size(file: int) -> tuple[int, int]:
    """Returns (columns, lines) of the terminal `file`; COLUMNS and LINES win, 80 x 24 where nothing is known."""
    try:
        columns, lines = os.get_terminal_size(file)
    except OSError:
        columns, lines = 0, 0
    given = [os.environ.get(name, "") for name in ("COLUMNS", "LINES")]
    columns, lines = (
        found if (told := whole(word)) is None else told for word, found in zip(given, (columns, lines), strict=True)
    )
    return columns or 80, lines or 24
