"""Points of colour as lines: two a cell in half-blocks, one without Unicode; without colours characters of more ink."""

import numpy as np
from rich.segment import Segment

from dltui.render import colour as colours
from dltui.render.cells import Line
from dltui.render.palette import SHADES
from dltui.render.terminal_capabilities import TerminalCapabilities

UPPER, LOWER, BLANK = ord("▀"), ord("▄"), ord(" ")


def points_a_line(look: TerminalCapabilities) -> int:
    """How many rows of points one line of cells shows."""
    return 2 if look.unicode and look.colours != "none" else 1


def coloured(
    codes: np.ndarray, look: TerminalCapabilities, glyphs: np.ndarray | None = None, inks: np.ndarray | None = None
) -> list[Line]:
    """codes (points_a_line(look) * height, width) -> `height` lines of `width` cells; NONE shows the terminal's ground.

    glyphs (height, width): code points of characters that lie on top, 0 for none; inks (height, width): their codes;
    where there are none, or NONE, black or white, whichever is read better.
    """
    if points_a_line(look) == 1:
        top = bottom = codes
    else:
        top, bottom = codes[::2], codes[1::2]
    only_bottom = (top == colours.NONE) & (bottom != colours.NONE)
    same = top == bottom
    characters = np.where(same, BLANK, np.where(only_bottom, LOWER, UPPER))
    front = np.where(same, colours.NONE, np.where(only_bottom, bottom, top))
    back = np.where(only_bottom, colours.NONE, bottom)
    if glyphs is not None:
        marked = glyphs > 0
        back = np.where(marked & (back == colours.NONE), top, back)
        readable = _readable(back, look)
        inks = readable if inks is None else np.where(inks == colours.NONE, readable, inks)
        characters, front = np.where(marked, glyphs, characters), np.where(marked, inks, front)
    return _lines(characters, front, back)


def _readable(grounds: np.ndarray, look: TerminalCapabilities) -> np.ndarray:
    known, place = np.unique(grounds, return_inverse=True)
    inks = [code if code == colours.NONE else colours.readable(code, look) for code in known.tolist()]
    return np.array(inks, np.int32)[place].reshape(grounds.shape)


def shaded(
    levels: np.ndarray, look: TerminalCapabilities, glyphs: np.ndarray | None = None, shades: str = SHADES
) -> list[Line]:
    """levels (height, width) in 0..1 -> `height` lines of `width` characters; NaN is blank.

    On a dark ground ink is light, so that 1 has most; on a light ground 0 has. glyphs: as in `coloured`.
    """
    steps = np.array([ord(shade) for shade in shades], np.uint32)
    known = np.isfinite(levels)
    light = np.clip(np.where(known, levels, 0), 0, 1)
    ink = light if look.dark else 1 - light
    characters = np.where(known, steps[np.minimum((ink * len(steps)).astype(np.intp), len(steps) - 1)], BLANK)
    if glyphs is not None:
        characters = np.where(glyphs > 0, glyphs, characters)
    return [[Segment(text)] for text in _texts(characters)]


def _texts(characters: np.ndarray) -> list[str]:
    return [row.tobytes().decode("utf-32-le") for row in characters.astype("<u4")]


def _lines(characters: np.ndarray, front: np.ndarray, back: np.ndarray) -> list[Line]:
    """Segments of equal style, each as long as can be."""
    height, width = characters.shape
    changes = np.ones((height, width), bool)
    changes[:, 1:] = (front[:, 1:] != front[:, :-1]) | (back[:, 1:] != back[:, :-1])
    texts, style = _texts(characters), colours.style
    lines: list[Line] = []
    for row, text in enumerate(texts):
        starts = np.flatnonzero(changes[row])
        ends = [*starts[1:].tolist(), width]
        inks, grounds = front[row, starts].tolist(), back[row, starts].tolist()
        lines.append(
            [
                Segment(text[start:end], style(ink, ground))
                for start, end, ink, ground in zip(starts.tolist(), ends, inks, grounds, strict=True)
            ]
        )
    return lines
