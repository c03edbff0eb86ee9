"""Colours as numbers, and what a terminal of fewer colours shows in their place.

A code is NONE (the terminal's own colour), a number of the terminal's palette (0..255), or TRUE + 0xRRGGBB. The nearest
one is so in Oklab (Ottosson 2020, https://bottosson.github.io/posts/oklab), where distances are those the eye sees.
"""

from functools import cache, lru_cache

import numpy as np
from rich.color import Color
from rich.style import Style

from dltui.render.terminal_capabilities import TerminalCapabilities

NONE = -1
TRUE = 256
STYLES = 4096  # kept: a few MiB where every cell of a photograph differs
# 24-bit colours are rounded to 64 levels a channel: the eye sees no difference, and equal neighbours share one code
LEVELS = (np.arange(256) // 4 * 255 // 63).astype(np.int32)
SIXTEEN = (
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0),
    (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0),
    (92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255),
)  # fmt: skip
LIGHTNESS = 0.6  # weight of lightness against hue: few dark colours are in a palette, and grey would take them all
CUBE = (0, 95, 135, 175, 215, 255)
FIRST_NUMBER = {"256": 16, "16": 0}  # the first 16 of 256 are what the user's theme makes of them


def triplet(colour: str) -> tuple[int, int, int]:
    """Returns red, green and blue, 0..255, of "#rrggbb"."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@cache
def code(colour: str, look: TerminalCapabilities) -> int:
    """Returns the code of "#rrggbb"."""
    return int(codes(np.array([triplet(colour)], np.uint8), look)[0])


def codes(pixels: np.ndarray, look: TerminalCapabilities) -> np.ndarray:
    """pixels (..., 3) uint8 -> their codes (...) int32."""
    if look.colours == "none":
        return np.full(pixels.shape[:-1], NONE, np.int32)
    if look.colours == "true":
        red, green, blue = np.moveaxis(LEVELS[pixels], -1, 0)
        return TRUE + (red << 16 | green << 8 | blue)
    red, green, blue = np.moveaxis(pixels.astype(np.int32) >> 3, -1, 0)
    coarse = red << 10 | green << 5 | blue
    table = _nearest_table(look.colours)
    unknown = np.unique(coarse[table[coarse] < 0])
    if len(unknown):
        bits = np.stack([unknown >> 10, unknown >> 5 & 31, unknown & 31], -1)
        table[unknown] = nearest(bits * 255 // 31, look)
    return table[coarse].astype(np.int32)


@cache
def _nearest_table(colours: str) -> np.ndarray:
    """(32768,) the palette's number for each colour of 5 bits a channel, -1 where nobody has asked yet."""
    return np.full(1 << 15, -1, np.int16)


def nearest(pixels: np.ndarray, look: TerminalCapabilities) -> np.ndarray:
    """pixels (N, 3) in 0..255 -> numbers (N,) of the nearest colours in the palette of 256 or of 16."""
    first = FIRST_NUMBER[look.colours]
    known = oklab(palette()[first : int(look.colours)])
    apart = (oklab(pixels)[:, None] - known) * (LIGHTNESS, 1, 1)  # (N, colours, 3)
    distances = (apart**2).sum(-1)
    return first + distances.argmin(1)


@cache
def palette() -> np.ndarray:
    """(256, 3): red, green and blue of xterm's palette."""
    cube = [(red, green, blue) for red in CUBE for green in CUBE for blue in CUBE]
    greys = [(level, level, level) for level in range(8, 248, 10)]
    return np.array([*SIXTEEN, *cube, *greys], np.uint8)


def oklab(pixels: np.ndarray) -> np.ndarray:
    """pixels (..., 3) sRGB in 0..255 -> (..., 3): lightness 0..1, green to red, blue to yellow."""
    share = np.asarray(pixels) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    to_cones = np.array(
        [[0.4122214708, 0.5363325363, 0.0514459929],
         [0.2119034982, 0.6806995451, 0.1073969566],
         [0.0883024619, 0.2817188376, 0.6299787005]]
    )  # fmt: skip
    to_lab = np.array(
        [[0.2104542553, 0.7936177850, -0.0040720468],
         [1.9779984951, -2.4285922050, 0.4505937099],
         [0.0259040371, 0.7827717662, -0.8086757660]]
    )  # fmt: skip
    return np.cbrt(linear @ to_cones.T) @ to_lab.T


def shown(code: int) -> tuple[int, int, int]:
    """Returns red, green and blue of a code that is not NONE."""
    if code >= TRUE:
        rgb = code - TRUE
        return rgb >> 16, rgb >> 8 & 255, rgb & 255
    red, green, blue = palette()[code].tolist()
    return red, green, blue


@lru_cache(STYLES)
def readable(ground: int, look: TerminalCapabilities) -> int:
    """Returns the code of black or white, whichever is read better on `ground`."""
    light = oklab(np.array(shown(ground)))[0] > 0.62
    return code("#000000" if light else "#ffffff", look)


@lru_cache(STYLES)
def _colour(code: int) -> Color | None:
    if code == NONE:
        return None
    return Color.from_rgb(*shown(code)) if code >= TRUE else Color.from_ansi(code)


@lru_cache(STYLES)
def style(ink: int = NONE, ground: int = NONE, bold: bool = False, dim: bool = False) -> Style:
    """Returns the style of a code for the characters and one for what is behind them."""
    if bold or dim:
        return Style(color=_colour(ink), bgcolor=_colour(ground), bold=bold or None, dim=dim or None)
    return Style.from_color(_colour(ink), _colour(ground))
