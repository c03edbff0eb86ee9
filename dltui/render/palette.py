"""Which colours mean what: series and classes, good and bad, and the maps from numbers to colours.

Series and classes keep apart for the colour-blind (after Okabe and Ito 2008, https://jfly.uni-koeln.de/color) and stand
out from black and from white. The sequential map is viridis (van der Walt and Smith 2015), even in lightness.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from rich.style import Style

from dltui.render import colour as colours
from dltui.render.terminal_capabilities import TerminalCapabilities

SERIES = (
    "#56b4e9", "#e69f00", "#009e73", "#d987b4", "#d55e00", "#8c8cff", "#b5a81c", "#9a9a9a", "#a9714b", "#3f9fb5",
)  # fmt: skip
GOOD = "#1fb08a"
BAD = "#e5533d"
# what stands for the series in a palette of 16, where the nearest ones are not all different
SERIES_16 = (12, 3, 2, 13, 9, 6, 11, 7, 1, 14)
# the ground of a class's part of the plane: (dark, light)
GROUNDS = {
    "256": ((24, 94, 22, 89, 88, 60, 58, 240, 52, 30), (153, 223, 158, 218, 216, 189, 229, 252, 180, 152)),
    "16": ((4, 3, 2, 5, 1, 6, 8, 7, 9, 12), (14, 11, 10, 13, 9, 12, 7, 8, 1, 6)),
}
MUTED = 0.62  # share by which a 24-bit ground goes towards the terminal's
WARNING = "#d9a400"
SHADES = " .:-=+*#%@"  # ink rises
MARKS = "ox+*^v#%&$"  # one a class where colours do not reach


def series(index: int) -> str:
    """Returns the colour "#rrggbb" of a series or class; they repeat after ten."""
    return SERIES[index % len(SERIES)]


def mark(index: int) -> str:
    """Returns the character of a class's points; they repeat after ten."""
    return MARKS[index % len(MARKS)]


def code(colour: str, look: TerminalCapabilities) -> int:
    """Returns the code of a colour "#rrggbb", as far as the terminal has it."""
    if look.colours == "16" and colour in SERIES:
        return SERIES_16[SERIES.index(colour)]
    return colours.code(colour, look)


def ground(index: int, look: TerminalCapabilities) -> int:
    """Returns the code of the ground on which the points of a class lie."""
    if look.colours in GROUNDS:
        return GROUNDS[look.colours][not look.dark][index % 10]
    return code(towards_ground(series(index), MUTED, look), look)


def ink(colour: str, look: TerminalCapabilities, *, bold: bool = False) -> Style:
    """Returns the style of text in a colour "#rrggbb", as far as the terminal has it."""
    return colours.style(code(colour, look), bold=bold)


def faint(colour: str, look: TerminalCapabilities) -> Style:
    """Returns the style of a colour that stays behind: nearer to the ground, or dim where there are few colours."""
    if look.colours in ("true", "256"):
        return ink(towards_ground(colour, 0.55, look), look)
    return colours.style(code(colour, look), dim=True)


@cache
def towards_ground(colour: str, share: float, look: TerminalCapabilities) -> str:
    """Returns a colour moved by `share` (0..1) towards black on a dark ground, towards white on a light one."""
    ground = 0 if look.dark else 255
    return "#" + "".join(f"{round(part + (ground - part) * share):02x}" for part in colours.triplet(colour))


class ColourMap(NamedTuple):
    """Colours at even distances from 0 to 1; what stands for them in palettes of 256 (() for the nearest) and of 16."""

    anchors: tuple[str, ...]
    of_256: tuple[int, ...]
    of_16: tuple[int, ...]

    def codes(self, values: np.ndarray, look: TerminalCapabilities) -> np.ndarray:
        """values (...) in 0..1 -> colour codes (...) int32; NaN has no colour."""
        known = np.isfinite(values)
        places = (np.clip(np.where(known, values, 0), 0, 1) * 255 + 0.5).astype(np.intp)
        return np.where(known, _table(self, look)[places], np.int32(colours.NONE))


@cache
def _table(colour_map: ColourMap, look: TerminalCapabilities) -> np.ndarray:
    """(256,) codes from 0 to 1."""
    chosen = {"256": colour_map.of_256, "16": colour_map.of_16}.get(look.colours)
    if chosen:
        return np.array(chosen, np.int32)[np.arange(256) * len(chosen) // 256]
    anchors = np.array([colours.triplet(anchor) for anchor in colour_map.anchors])
    places = np.linspace(0, len(anchors) - 1, 256)
    channels = [np.interp(places, np.arange(len(anchors)), channel) for channel in anchors.T]
    return colours.codes(np.rint(np.stack(channels, -1)).astype(np.uint8), look)


SEQUENTIAL = ColourMap(
    ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"),
    (53, 54, 24, 30, 36, 77, 149, 184, 220, 226),
    (0, 4, 12, 6, 10, 11),
)
GREY = ColourMap(("#000000", "#ffffff"), (), (0, 8, 7, 15))
# two classes: that of series 0 and that of series 1; the ground's own colour where neither is likelier
_DIVERGING_DARK = ColourMap(
    ("#1f6a99", "#184a69", "#15191c", "#61430a", "#9a6a00"), (31, 25, 24, 234, 58, 94, 136), (4, 4, 0, 3, 3)
)
_DIVERGING_LIGHT = ColourMap(
    ("#8fcbee", "#c3e2f4", "#f7f7f5", "#f8e0b0", "#f2c25e"), (117, 153, 195, 255, 230, 223, 221), (14, 14, 15, 11, 11)
)
# shares of a confusion matrix: what was right, what was mistaken
_RIGHT_DARK = ColourMap(("#0e1f2a", "#15405a", "#1f6a99", "#56b4e9"), (17, 24, 31, 74), (8, 4, 4, 12))
_RIGHT_LIGHT = ColourMap(("#eaf5fc", "#bfe0f4", "#7cc2ea", "#2b86bd"), (195, 153, 117, 32), (15, 14, 6, 4))
_WRONG_DARK = ColourMap(("#221806", "#5a3d05", "#9a6a00", "#f0a818"), (58, 94, 136, 214), (8, 8, 3, 11))
_WRONG_LIGHT = ColourMap(("#fdf4e1", "#f8dfa8", "#efbe58", "#cc8800"), (230, 223, 221, 172), (15, 11, 11, 3))

# heights, on which trails in the series' colours lie: the lowest is the ground's own colour
_RELIEF_DARK = ColourMap(("#0d1117", "#20272f", "#3a434d", "#565f69"), tuple(range(233, 242)), (0, 0, 8))
_RELIEF_LIGHT = ColourMap(("#fbfbf9", "#e4e7e8", "#c5cbce", "#a4acb1"), tuple(range(255, 246, -1)), (15, 15, 7))


def relief(look: TerminalCapabilities) -> ColourMap:
    """From low to high, without a hue of its own."""
    return _RELIEF_DARK if look.dark else _RELIEF_LIGHT


def diverging(look: TerminalCapabilities) -> ColourMap:
    """From series 0 (value 0) over the ground to series 1 (value 1)."""
    return _DIVERGING_DARK if look.dark else _DIVERGING_LIGHT


def right(look: TerminalCapabilities) -> ColourMap:
    """Shares of what was right, from the ground up."""
    return _RIGHT_DARK if look.dark else _RIGHT_LIGHT


def wrong(look: TerminalCapabilities) -> ColourMap:
    """Shares of what was mistaken, from the ground up."""
    return _WRONG_DARK if look.dark else _WRONG_LIGHT
