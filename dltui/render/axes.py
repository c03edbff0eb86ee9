"""Axes around a picture: ticks at round numbers with short labels, and the frame that carries them."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

from rich.segment import Segment

from dltui.render.cells import FAINT, Line, blank, cell_width, cut, fit, line_of, shown
from dltui.render.terminal_capabilities import TerminalCapabilities

TITLED = 14  # cells of an x axis from which on it has its title
TITLE_SHARE = 70  # percent of the x axis that a title may take: its first tick is still labelled
TINIEST = 1e-300  # distance of two values between which there are ticks
ZOOMED = 0.25  # an axis of a smaller part of what there can be is zoomed
WHOLE = 1e-6  # farther from a whole number a tick is none
LARGE = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def label(value: float, step: float = 0.0) -> str:
    """Returns a number as short as an axis needs: 1.2k, 3M, 0.05, 1e-4. `step` is the distance of the ticks."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    size = abs(value)
    if size >= 1e15 or size < 1e-3:
        return _scientific(value, step)
    for unit, letter in LARGE:
        if size >= unit * 0.99999999:
            return _plain(value / unit, step / unit) + letter
    return _plain(value, step)


def _plain(value: float, step: float) -> str:
    places = max(0, min(6, -math.floor(math.log10(step) + 1e-9))) if step > 0 else 3
    text = f"{value:.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if text not in ("-0", "") else "0"


def _scientific(value: float, step: float) -> str:
    exponent = math.floor(math.log10(abs(value)) + 1e-9)
    digits = max(0, min(3, exponent - math.floor(math.log10(step) + 1e-9))) if step > 0 else 1
    mantissa, _, power = f"{value:.{digits}e}".partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(power)}"


@lru_cache(maxsize=512)  # a live plot asks for the same ones at every frame
def ticks(low: float, high: float, count: int, log: bool = False) -> tuple[tuple[float, str], ...]:
    """Returns at most about `count` round values in [low, high] with their labels, rising.

    With `log` they are powers of ten where the range holds two of them, with 2 and 5 between where there is room.
    """
    if not (math.isfinite(low) and math.isfinite(high)) or count < 1 or high - low < TINIEST:
        return ((low, label(low)),) if math.isfinite(low) else ()
    if log and low > 0:
        found = _log_ticks(low, high, count)
        if len(found) >= 2:
            return tuple(found)
    found = _even_ticks(low, high, count)
    return tuple(found if len(found) >= 2 else _even_ticks(low, high, 2 * count + 1))


def _even_ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    rough = (high - low) / max(1, count)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    return [(index * step, label(index * step, step)) for index in range(first, last + 1)]


def _log_ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        values = [10.0**power * factor for power in range(first - 1, last + 1) for factor in factors]
        values = [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
        if len(values) <= count:
            break
    every = max(1, math.ceil(len(values) / count))
    return [(value, _power_label(value)) for value in values[::every]]


def _power_label(value: float) -> str:
    return label(value) if value >= 0.0099 else _scientific(value, 0.0)


def position(value: float, low: float, high: float, log: bool = False) -> float:
    """Where `value` lies between low (0.0) and high (1.0)."""
    if log:
        value, low, high = (math.log10(max(number, 1e-300)) for number in (value, low, high))
    return (value - low) / (high - low) if high > low else 0.5


def is_zoomed(y_range: tuple[float, float], bounds: tuple[float | None, float | None] | None) -> bool:
    """Whether an even axis shows a small part of what lies between the bounds; where there are none, 0 is one."""
    (low, high), (least, most) = y_range, bounds or (None, None)
    least, most = min(low, 0.0) if least is None else least, max(high, 0.0) if most is None else most
    return high - low < ZOOMED * (most - least)


def y_labels(rows: int, y_range: tuple[float, float], log: bool = False, whole: bool = False) -> dict[int, str]:
    """Returns row -> tick label for a y axis of `rows` cells, at whole numbers alone where asked; the topmost is 0."""
    placed: dict[int, str] = {}
    for value, text in ticks(*y_range, max(3, min(rows // 2, 4 + rows // 8)), log):
        if whole and abs(value - round(value)) > WHOLE:
            continue
        dot = round((1 - position(value, *y_range, log)) * (4 * rows - 1))  # the canvas has 4 dots a row
        placed[min(rows - 1, max(0, dot // 4))] = text
    return placed


def frame(
    canvas_lines: Sequence[Line],
    width: int,
    height: int,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    x_title: str,
    y_title: str,
    look: TerminalCapabilities,
    log_x: bool = False,
    log_y: bool = False,
    x_text: Callable[[float], str] | None = None,
    margin: int = 0,
    y_ticks: dict[int, str] | None = None,
    whole: bool = False,
) -> list[Line]:
    """Returns `height` lines, each `width` cells: the canvas with axes, tick labels and titles around it.

    The canvas fills what `room` leaves; shorter or narrower ones are padded. `y_title` stands in the top line where
    given, `x_title` at the right end of the tick labels. `x_text` writes a tick of the x axis, as a time for example.
    The y labels take `margin` cells at least: plots that stand one above the other then begin at one column.
    `y_ticks`: row -> label, where they stand on no even axis. `whole`: the y axis counts.
    """
    columns, rows = room(width, height, y_range, look, titled=bool(y_title), log_y=log_y, margin=margin, whole=whole)
    if columns < 1 or rows < 1:
        return blank(width, height)
    margin = width - columns - 1
    upright, corner, tick, floor, mark = ("│", "└", "┤", "─", "┬") if look.unicode else ("|", "+", "+", "-", "+")
    labels = y_labels(rows, y_range, log_y, whole) if y_ticks is None else y_ticks
    lines = [line_of(shown(y_title), width, look, FAINT)] if y_title else []
    for row in range(rows):
        axis = labels.get(row, "").rjust(margin) + (tick if row in labels else upright)
        lines.append([Segment(axis, FAINT), *fit(canvas_lines[row] if row < len(canvas_lines) else [], columns)])
    marks, below = _x_axis(columns, x_range, shown(x_title), log_x, mark + floor, x_text, look)
    lines.append([Segment(" " * margin + corner + marks, FAINT)])
    lines.append([Segment(" " * (margin + 1) + below, FAINT)])
    return lines


def room(
    width: int,
    height: int,
    y_range: tuple[float, float],
    look: TerminalCapabilities,
    *,
    titled: bool = False,
    log_y: bool = False,
    margin: int = 0,
    whole: bool = False,
) -> tuple[int, int]:
    """Returns (columns, rows) that `frame` leaves to the canvas of a picture of `width` x `height` cells."""
    rows = height - 2 - titled
    if rows < 1:
        return 0, 0
    margin = max([margin, *map(len, y_labels(rows, y_range, log_y, whole).values())])
    return width - margin - 1, rows


def _x_axis(
    columns: int,
    x_range: tuple[float, float],
    title: str,
    log: bool,
    signs: str,
    x_text: Callable[[float], str] | None,
    look: TerminalCapabilities,
) -> tuple[str, str]:
    """The line of the axis and the line of labels beneath it, `columns` cells each; no label touches another.

    signs: that of a tick and that of the line between ticks.
    """
    tick, floor = signs
    axis, below = [floor] * columns, [" "] * columns
    free_to = columns
    if title and cell_width(title) == len(title) and columns >= TITLED:
        title = cut(title, columns * TITLE_SHARE // 100, look)
        below[columns - len(title) :] = title
        free_to = columns - len(title) - 1
    taken = -1
    for value, text in ticks(*x_range, max(2, columns // 8), log):
        text = x_text(value) if x_text else text
        dot = round(position(value, *x_range, log) * (2 * columns - 1))  # the canvas has 2 dots a column
        column = min(columns - 1, max(0, dot // 2))
        start = max(0, min(column - len(text) // 2, columns - len(text)))
        if not text or start <= taken or start + len(text) > free_to:
            continue
        axis[column] = tick
        below[start : start + len(text)] = text
        taken = start + len(text)
    return "".join(axis), "".join(below)
