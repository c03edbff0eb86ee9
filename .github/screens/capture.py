#!/usr/bin/env python3
"""Makes the pictures of README.md: real commands on a terminal of their own, what stands there at the end as a PNG.

    pip install -e '.[test]' && python .github/screens/capture.py [NAME ...]

Half-blocks and Braille are drawn as rectangles and dots.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import NamedTuple

import pyte
from PIL import Image
from rich.segment import Segment
from rich.style import Style

from dltui.report import raster
from dltui.report.cells_svg import DARK

HERE = Path(__file__).resolve().parent
NAMED = {
    "black": "000000", "red": "cd3131", "green": "0dbc79", "brown": "e5e510", "blue": "2472c8", "magenta": "bc3fbc",
    "cyan": "11a8cd", "white": "e5e5e5", "brightblack": "666666", "brightred": "f14c4c", "brightgreen": "23d18b",
    "brightbrown": "f5f543", "brightblue": "3b8eea", "brightmagenta": "d670d6", "brightcyan": "29b8db",
    "brightwhite": "ffffff",
}  # fmt: skip


class Scene(NamedTuple):
    """A command, the terminal's columns and rows, and what is pressed: (text to wait for, keys)."""

    command: list[str]
    columns: int
    rows: int
    until: str  # the picture is taken when this stands on the screen
    seconds: float = 0.0  # and so much later
    keys: tuple[tuple[str, str], ...] = ()


SCENES = {
    "run-moons": Scene(["run", "mlp-moons", "--data", "builtin", "train.steps=20000"], 100, 30, "0:10 left", 0.3),
    "run-gan": Scene(["run", "gan-mnist", "--data", "builtin"], 120, 40, "0:03 left", 0.5),
    "run-attention": Scene(["run", "attention-translate", "--data", "builtin"], 120, 40, "step 27", 0.3),
    "tui-recipes": Scene([], 150, 40, "next:", 10.0),
    "tui-run": Scene([], 120, 40, "CLAIM MET", 2.0, (("next:", "/moons\r"), ("Two moons", "r"))),
}


def shot(scene: Scene, home: str) -> pyte.Screen:
    """Runs a scene's command and returns its screen. Raises TimeoutError where what is waited for does not come."""
    screen = pyte.Screen(scene.columns, scene.rows)
    stream = pyte.ByteStream(screen)
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"DLTUI_HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        os.environ.pop("NO_COLOR", None)
        os.execv(sys.executable, [sys.executable, "-m", "dltui", *scene.command])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", scene.rows, scene.columns, 0, 0))
    os.kill(pid, signal.SIGWINCH)
    try:
        for awaited, keys in scene.keys:
            follow(terminal, stream, lambda awaited=awaited: awaited in text_of(screen))
            os.write(terminal, keys.encode())
        follow(terminal, stream, lambda: scene.until in text_of(screen))
        end = time.monotonic() + scene.seconds
        follow(terminal, stream, lambda: time.monotonic() > end)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
    return screen


def text_of(screen: pyte.Screen) -> str:
    return "\n".join(screen.display)


def follow(terminal: int, stream: pyte.ByteStream, done, patience: float = 240) -> None:
    """Feeds what the command writes to the screen until `done()`; a command that has ended is done."""
    begun = time.monotonic()
    while not done():
        if time.monotonic() - begun > patience:
            raise TimeoutError("what was waited for did not come")
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                data = os.read(terminal, 1 << 16)
            except OSError:  # the command has ended
                return
            stream.feed(data)


def drawn(screen: pyte.Screen) -> Image.Image:
    """Returns the screen as a picture."""
    rows = [[screen.buffer[row][column] for column in range(screen.columns)] for row in range(screen.lines)]
    # behind a character of two cells pyte keeps an empty one
    return raster.image([[Segment(cell.data, style_of(cell)) for cell in row if cell.data] for row in rows], DARK)


def style_of(cell: pyte.screens.Char) -> Style:
    ink, ground = ("default" if name == "default" else f"#{NAMED.get(name, name)}" for name in (cell.fg, cell.bg))
    return Style(color=ink, bgcolor=ground, bold=cell.bold, reverse=cell.reverse)


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        for name in sys.argv[1:] or SCENES:
            drawn(shot(SCENES[name], home)).save(HERE / f"{name}.png", optimize=True)
            print(HERE / f"{name}.png", flush=True)


if __name__ == "__main__":
    main()
