#!/usr/bin/env python3
"""Makes the pictures of README.md: real commands on a terminal of their own, what stands there at the end as a PNG.

    pip install -e '.[test]' && python .github/screens/capture.py [NAME ...]

Needs the font DejaVu Sans Mono (Debian: fonts-dejavu-core). Half-blocks and Braille are drawn as rectangles and dots.
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
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyte
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono{}.ttf"
WIDE, HIGH = 9, 18  # pixels of a cell
GROUND, INK = "101014", "cccccc"
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
    image = Image.new("RGB", (screen.columns * WIDE, screen.lines * HIGH), f"#{GROUND}")
    draw = ImageDraw.Draw(image)
    fonts = {bold: ImageFont.truetype(FONT.format("-Bold" if bold else ""), 15) for bold in (False, True)}
    for row in range(screen.lines):
        for column in range(screen.columns):
            cell = screen.buffer[row][column]
            ink, ground = rgb(cell.fg, INK), rgb(cell.bg, GROUND)
            if cell.reverse:
                ink, ground = ground, ink
            x, y = column * WIDE, row * HIGH
            draw.rectangle((x, y, x + WIDE - 1, y + HIGH - 1), fill=ground)
            boxes = list(shapes(cell.data))
            for left, top, right, bottom in boxes:
                box = (x + left * WIDE, y + top * HIGH, x + right * WIDE - 1, y + bottom * HIGH - 1)
                draw.rectangle(box, fill=ink)
            if not boxes and cell.data.strip():
                draw.text((x, y), cell.data, font=fonts[cell.bold], fill=ink)
    return image


def rgb(name: str, default: str) -> str:
    return f"#{NAMED.get(name, name if name != 'default' else default)}"


BRAILLE = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]  # (column, row) of each bit


def shapes(text: str) -> Iterator[tuple[float, float, float, float]]:
    """Rectangles (left, top, right, bottom), in parts of a cell, of characters that are made of them."""
    code = ord(text[0]) if text else 0
    if 0x2800 <= code < 0x2900:
        for bit, (column, row) in enumerate(BRAILLE):
            if code - 0x2800 >> bit & 1:
                left, top = column / 2 + 0.12, row / 4 + 0.06
                yield left, top, left + 0.28, top + 0.14
    elif text in ("▀", "▄", "█"):
        yield 0, 0.5 if text == "▄" else 0, 1, 0.5 if text == "▀" else 1
    elif text == "━":
        yield 0, 0.44, 1, 0.56
    elif text == "╸":
        yield 0, 0.44, 0.5, 0.56
    elif text == "╺":
        yield 0.5, 0.44, 1, 0.56


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        for name in sys.argv[1:] or SCENES:
            drawn(shot(SCENES[name], home)).save(HERE / f"{name}.png", optimize=True)
            print(HERE / f"{name}.png", flush=True)


if __name__ == "__main__":
    main()
