"""The newest pictures of a run, as many as have room, side by side where that shows them largest."""

import math
from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from dltui.render import frames, image, palette, plots
from dltui.render.cells import FAINT, Line, beside, cell_width, cut, filled, fit, shown, stacked
from dltui.render.number import count
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.events import Shape, shape
from dltui.runs.history import History
from dltui.runs.run import Run

LEAST = 28  # cells that a further picture wants on its shorter side, a line counting for two
NARROWEST = 36  # cells of its width
GAP = 2
ABOVE, BELOW = 2, 2  # lines of a pane above a picture, and below it for what its colours mean
ROOMY = 14  # lines of a shelf from which on a blank one sets it apart
WIDEST = 3  # times its height that a plot is wide at most without being empty
MONTAGES = ("image", "boxes")
PLANES, EVEN = ("field", "scatter", "contour", "heat", "matrix"), 1.5  # both sides mean the same: nearly squares
KEPT = 32  # drawn pictures, of which most frames need none anew

_drawn: dict[tuple, list[Line]] = {}


def render(history: History, run: Run, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. All variants of the first pane are shown, further panes as they fit.

    Where not all are shown, the last title says which are.
    """
    panes = list(dict.fromkeys(pane for _, pane in history.panes))
    chosen: list[tuple[str, str]] = []
    side = LEAST
    for pane in panes:
        more = [*chosen, *((series, name) for series, name in history.panes if name == pane)]
        found = _arrangement(_shapes(history, more), width, height)
        if chosen and (_side(found, width, height) < side or width / max(found) - GAP < NARROWEST):
            break
        if not chosen:  # on few lines others beside the first cost it nothing
            side = min(LEAST, _side(found, width, height))
        chosen = more
    return shelved(history, run, chosen, width, height, look, image.span(len(chosen), len(history.panes)))


def seen_from_afar(history: History, keys: Sequence[tuple[str, str]], width: int, height: int) -> list[tuple[str, str]]:
    """Returns the last of some pictures, as many as are large together on `width` cells and `height` lines."""
    chosen = list(keys)
    while len(chosen) > 1 and _side(_arrangement(_shapes(history, chosen), width, height), width, height) < LEAST:
        del chosen[0]
    return chosen


def shelved(
    history: History, run: Run, chosen: Sequence[tuple[str, str]], width: int, height: int, look: TerminalCapabilities,
    which: str = "",
) -> list[Line]:  # fmt: skip
    """Returns `height` lines of `width` cells with these pictures. which: what the last title says of the others."""
    shapes = _shapes(history, chosen)
    shelves, first = [], 0
    arrangement = _arrangement(shapes, width, height)
    apart = int(height >= ROOMY * len(arrangement))
    heights = _heights(shapes, arrangement, width, height - apart * (len(arrangement) - 1))
    for number, lines in zip(arrangement, heights, strict=True):
        each, inside = (width - GAP * (number - 1)) // number, chosen[first : first + number]
        first += number
        told = [which if key == chosen[-1] else "" for key in inside]
        hung = [_hung(history, run, key, each, lines, look, tail) for key, tail in zip(inside, told, strict=True)]
        shelves.append(beside(hung, GAP))
    return filled(stacked(shelves, apart), width, height)


def _shapes(history: History, keys: Sequence[tuple[str, str]]) -> list[Shape]:
    return [shape(history.frames[key][-1]) for key in keys]


def _side(arrangement: list[int], width: int, height: int) -> float:
    """How large a square each picture can hold, in cells; a line is as high as two cells are wide."""
    return min(width / max(arrangement) - GAP, 2 * (height / len(arrangement) - 1))


def _arrangement(shapes: list[Shape], width: int, height: int) -> list[int]:
    """How many pictures each shelf holds, where they are largest; the first may hold fewer, which are wider."""
    number = len(shapes)
    choices = []
    for columns in range(1, number + 1):
        rows = -(-number // columns)
        choices.append([number - columns * (rows - 1), *[columns] * (rows - 1)])

    def covered(shelves: list[int]) -> float:
        wide = [(width - GAP * (count - 1)) / count for count in shelves for _ in range(count)]
        return sum(_covered(one, room, height / len(shelves)) for one, room in zip(shapes, wide, strict=True))

    return max(choices, key=covered, default=[])


def _covered(one: Shape, width: float, height: float) -> float:
    """The points that a picture covers of a pane: all, but what a montage's shape or a plot's proportions leave."""
    high = max(0.0, 2 * (height - ABOVE))
    if one.type not in MONTAGES:
        longer, taller = (EVEN, EVEN) if one.type in PLANES else (WIDEST, 1)
        return min(width, longer * high) * min(high, taller * width)
    rows, columns, tile = _tiles(one, width, high)
    return rows * columns * tile**2


def _tiles(one: Shape, width: float, high: float) -> tuple[int, int, float]:
    """(rows, columns, side in points) of a montage's pictures, taken for square: of all, or of those that are legible.

    Those of a single row may stand in several.
    """
    number = one.rows * one.columns
    choices = [one.columns] if one.rows > 1 else range(1, min(number, max(1, int(width))) + 1)
    down, across, side = max(
        ((-(-number // across), across, min(width / across, high / -(-number // across))) for across in choices),
        key=lambda grid: grid[2],
    )
    if side < image.LEGIBLE:
        across = max(1, min(number, int(width + 1) // (image.LEGIBLE + 1)))
        down = max(1, min(-(-number // across), int(high + 1) // (image.LEGIBLE + 1)))
        side = min(image.LEGIBLE, width / across, high / down)
    return down, across, max(0.0, side)


def _heights(shapes: list[Shape], arrangement: list[int], width: int, height: int) -> list[int]:
    """Lines of each shelf: equal parts, but what montages as wide as they can be leave to the shelves of others."""
    share = height // max(1, len(arrangement))
    needs, first = [], 0
    for number in arrangement:
        inside, first = shapes[first : first + number], first + number
        room, high = (width - GAP * (number - 1)) / number, 2 * (share - ABOVE)
        montages = [_tiles(one, room, high) for one in inside if one.type in MONTAGES]
        lines = max((math.ceil(down * (tile + 1) / 2) for down, _, tile in montages), default=0) + ABOVE + BELOW
        needs.append(min(share, lines) if len(montages) == number else 0)
    others = needs.count(0)
    if not others:
        return [share] * len(arrangement)
    left = height - sum(needs)
    return [need or left // others for need in needs]


def _hung(
    history: History, run: Run, key: tuple[str, str], width: int, height: int, look: TerminalCapabilities, tail: str
) -> list[Line]:
    """A picture beneath its name. tail: what stands at the end of that line."""
    event = history.frames[key][-1]
    series, pane = shown(key[0]), shown(key[1])
    parts = [(pane, Style(bold=True)), (f"step {count(event['step'])}", FAINT)]
    if series:
        ink = palette.ink(plots.series_colour(history, key[0]), look, bold=True)
        parts = [(series, ink), (pane, Style()), parts[1]]
    room = width - cell_width(tail) - 2 * bool(tail)
    title = [Segment(cut(parts[0][0], max(0, room), look), parts[0][1])]
    for text, style in parts[1:]:
        if sum(cell_width(segment.text) for segment in title) + 2 + cell_width(text) <= room:
            title += [Segment("  "), Segment(text, style)]
    if tail:
        title = [*fit(title, width - cell_width(tail)), Segment(tail, FAINT)]
    return [fit(title, width), *_picture(event, run, width, height - 1, look)]


def _picture(event: dict, run: Run, width: int, height: int, look: TerminalCapabilities) -> Sequence[Line]:
    key = (run.path, event["seq"], width, height, look)
    lines = _drawn.pop(key, None)
    if lines is None:
        lines = frames.picture(event, run.frames, width, height, look)
    _drawn[key] = lines  # the last in, so the last to be thrown out
    while len(_drawn) > KEPT:
        del _drawn[next(iter(_drawn))]
    return lines
