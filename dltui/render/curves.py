"""Curves over steps: what a run's losses and scores look like, whatever their number of points."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from rich.style import Style

from dltui.render import axes, palette
from dltui.render.canvas import Canvas, interleaved
from dltui.render.cells import FAINT, Line, cell_width, filled, message, shown
from dltui.render.curve_legend import Entry, legend
from dltui.render.envelope import Envelope, reduce, robust_range, smoothed
from dltui.render.number import number
from dltui.render.terminal_capabilities import TerminalCapabilities

Named = tuple[str, Sequence[int], Sequence[float]]
SPARSE = 4  # a curve with fewer points than one in so many columns of dots is drawn as it is
MARGIN = 4  # cells for the labels of the y axis, at least
DASHES = ((1, 1), (6, 4), (3, 2), (4, 1), (1, 2))  # (period, drawn) where there are no colours to tell curves apart


class _Scale(NamedTuple):
    """The ranges that the plot shows, and how a value becomes a row of dots."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    log_y: bool

    def dots(self, values: np.ndarray, height: int) -> np.ndarray:
        """Rows of dots, 0 at the top; far outside values end a little outside the canvas; NaN stays NaN."""
        low, high = self.y_range
        if self.log_y:
            values, low, high = np.log10(np.maximum(values, 1e-300)), np.log10(low), np.log10(high)
        with np.errstate(over="ignore"):
            return np.clip(np.rint((high - values) / (high - low) * (height - 1)), -1, height)


class Plot(NamedTuple):
    """The drawn lines, and where the canvas lies in them: its first column and line, its size, what it spans."""

    lines: list[Line]
    left: int = 0
    top: int = 0
    columns: int = 0  # 0: there was nothing to draw, or no room
    rows: int = 0
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)


def render(
    curves: Sequence[Named], width: int, height: int, look: TerminalCapabilities, **options: object
) -> list[Line]:
    """Returns the lines of `draw`, which tells the options."""
    return draw(curves, width, height, look, **options).lines


def draw(
    curves: Sequence[Named],
    width: int,
    height: int,
    look: TerminalCapabilities,
    *,
    title: str = "",
    log_y: bool = False,
    smooth: float = 0.0,
    x_min: float | None = None,
    x_max: float | None = None,
    y_range: tuple[float, float] | None = None,
    bounds: tuple[float | None, float | None] | None = None,
    whole: bool = False,
    marks: Sequence[tuple[int, str]] = (),
    colours: Sequence[str] | None = None,
    writers: Sequence[Callable[[float], str]] | None = None,
    x_title: str = "",
    x_text: Callable[[float], str] | None = None,
    extents: Sequence[tuple[Sequence[float], Sequence[float]] | None] | None = None,
) -> Plot:
    """Draws `height` lines of `width` cells: a legend with the latest values, and the curves over their steps.

    curves: [(label, steps rising, values)], as array.array or numpy arrays; they are read, never copied.
    smooth: share of the past in the moving average, 0 for none; the raw values stay faint beneath.
    x_min, x_max: the steps to show, all where None. y_range: what to span; None leaves out a few far outliers.
    bounds: the least and the greatest value that there can be; a plot of a small part of that says "zoomed".
    whole: the values are whole numbers. writers: how the values of each curve are written.
    marks: [(step, label)], upright lines. colours: "#rrggbb" a curve, else the palette's own order.
    x_text: writes a tick of the x axis. extents: (least, greatest values) of each curve whose points stand for several.

    An arrow points at values outside the y range; NaN and infinity are a gap and a cross.
    """
    curves = [(shown(label), np.asarray(steps), np.asarray(values)) for label, steps, values in curves]
    extents = [one and tuple(map(np.asarray, one)) for one in extents or [None] * len(curves)]
    colours = list(colours or [palette.series(index) for index in range(len(curves))])
    x_range = _x_range(curves, width, x_min, x_max)

    def reduced(columns: int) -> list[Envelope]:
        pairs = zip(curves, extents, strict=True)
        return [reduce(steps, values, 2 * columns, *x_range, extent) for (_, steps, values), extent in pairs]

    if x_range is None:
        return Plot(message("No numbers yet.", width, height, look))
    columns = max(1, width - MARGIN - 1)
    if y_range is not None and not log_y:
        columns = max(1, axes.room(width, height - 1, y_range, look, margin=MARGIN, whole=whole)[0])
    envelopes = reduced(columns)
    log_y = log_y and any((envelope.high > 0).any() for envelope in envelopes)
    if y_range is None or (log_y and y_range[0] <= 0):
        y_range = robust_range(envelopes, log=log_y)
    note = "y log" if log_y else "y zoomed" if axes.is_zoomed(y_range, bounds) else ""
    entries = _entries(curves, colours, writers or [number] * len(curves), look)
    head = legend(shown(title), note, entries, width, height, look)
    rows = height - len(head)
    if rows < 4 or width < 16:
        return Plot(filled(head, width, height))
    spanned = {"log_y": log_y, "margin": MARGIN, "whole": whole}
    left_over, plot_rows = axes.room(width, rows, y_range, look, **spanned)
    if left_over != columns:  # labels longer than most
        columns = left_over
        envelopes = reduced(columns)
    scale = _Scale(x_range, y_range, log_y)
    counts = [len(steps) for _, steps, _ in curves]
    canvas = _canvas(envelopes, counts, colours, columns, plot_rows, look, scale, smooth)
    for step, label in marks:
        _draw_mark(canvas, step, shown(label), scale)
    lines = axes.frame(canvas.lines(), width, rows, x_range, y_range, x_title, "", look, x_text=x_text, **spanned)
    return Plot(head + lines, width - columns, len(head), columns, plot_rows, x_range, y_range)


def _entries(
    curves: Sequence[Named],
    colours: Sequence[str],
    writers: Sequence[Callable[[float], str]],
    look: TerminalCapabilities,
) -> list[Entry]:
    return [
        Entry(label, writer(values[-1]) if len(values) else "-", palette.ink(colour, look))
        for (label, _, values), colour, writer in zip(curves, colours, writers, strict=True)
    ]


def _canvas(
    envelopes: Sequence[Envelope],
    counts: Sequence[int],
    colours: Sequence[str],
    columns: int,
    rows: int,
    look: TerminalCapabilities,
    scale: _Scale,
    smooth: float,
) -> Canvas:
    """The curves, of `counts` points. Those of many lie beneath those of few, among equals the first on top."""
    beneath, layers = Canvas(columns, rows, look), []
    for index in sorted(range(len(envelopes)), key=lambda index: (counts[index], index)):
        envelope = envelopes[index]
        if len(envelope.columns):
            above = Canvas(columns, rows, look)
            dash = DASHES[index % len(DASHES)] if look.colours == "none" else DASHES[0]
            smoothing = smooth if counts[index] * SPARSE > above.width else 0.0
            _draw_curve(above, beneath, envelope, scale, colours[index], smoothing, dash)
            _draw_faults(above, envelope, scale, colours[index])
            layers.append(above)
    return interleaved(layers or [Canvas(columns, rows, look)]).over(beneath)


def _x_range(
    curves: Sequence[Named], width: int, x_min: float | None, x_max: float | None
) -> tuple[float, float] | None:
    """The steps to show; None where there is nothing to show."""
    ends = [(float(steps[0]), float(steps[-1])) for _, steps, _ in curves if len(steps)]
    if not ends:
        return None
    low = min(first for first, _ in ends) if x_min is None else float(x_min)
    high = max(last for _, last in ends) if x_max is None else float(x_max)
    return low, max(high, low + 10, low + width // 10)  # ticks stand at whole steps


def _draw_curve(
    above: Canvas, beneath: Canvas, envelope: Envelope, scale: _Scale, colour: str, smooth: float, dash: tuple[int, int]
) -> None:
    """Draws one curve; where it is smoothed its raw values lie faint on `beneath`."""
    look = above.look
    ink = palette.ink(colour, look)
    if smooth:
        _trace(beneath, envelope, scale, palette.faint(colour, look), DASHES[0])
        level = smoothed(
            envelope.columns, np.clip(envelope.mean, *scale.y_range), smooth
        )  # an outlier does not drag it
        first, last = (np.where(np.isnan(edge), np.nan, level) for edge in (envelope.first, envelope.last))
        envelope = envelope._replace(low=level, high=level, first=first, last=last)
    _trace(above, envelope, scale, ink, dash)


def _trace(canvas: Canvas, envelope: Envelope, scale: _Scale, colour: str | Style, dash: tuple[int, int]) -> None:
    """Draws an envelope: each column from its least to its greatest value, joined to its neighbours."""
    envelope = Envelope(*(part[envelope.finite] for part in envelope)) if not envelope.finite.all() else envelope
    if not len(envelope.columns):
        return
    low, high, first, last = (scale.dots(part, canvas.height) for part in envelope[1:5])
    columns = np.arange(envelope.columns[0], envelope.columns[-1] + 1)
    # between two columns with points the line is straight, from the last value of one to the first of the other
    nodes, ends = np.repeat(envelope.columns, 2), np.stack([first, last], 1).ravel()
    between = np.interp(columns, nodes, ends)
    place = envelope.columns - columns[0]
    top, bottom, left, right = between.copy(), between.copy(), between.copy(), between.copy()
    top[place], bottom[place], left[place], right[place] = high, low, first, last
    joined = ~np.isnan(right[:-1] + left[1:])
    from_, to = np.where(joined, right[:-1], 0), np.where(joined, left[1:], 0)
    middle = np.floor((from_ + to) / 2)
    falls = from_ < to  # dots count downwards
    # each neighbour takes half of the jump: up to `middle` the upper one, from middle + 1 the lower one
    top[:-1] = np.where(joined & ~falls, np.minimum(top[:-1], np.minimum(middle + 1, from_)), top[:-1])
    bottom[:-1] = np.where(joined & falls, np.maximum(bottom[:-1], middle), bottom[:-1])
    top[1:] = np.where(joined & falls, np.minimum(top[1:], np.minimum(middle + 1, to)), top[1:])
    bottom[1:] = np.where(joined & ~falls, np.maximum(bottom[1:], middle), bottom[1:])
    drawn = ~np.isnan(top) & (columns % dash[0] < dash[1])
    canvas.spans(columns[drawn], np.rint(top[drawn]), np.rint(bottom[drawn]), colour)
    if len(envelope.columns) == 1 and np.ptp(low - high) == 0:
        canvas.text(int(columns[0]) // 2, int(top[0]) // 4, "•" if canvas.look.unicode else "o", colour)


def _draw_faults(canvas: Canvas, envelope: Envelope, scale: _Scale, colour: str) -> None:
    """An arrow where values lie outside the y range, the farthest value once, and a cross where one is not finite."""
    look, (low, high) = canvas.look, scale.y_range
    up, down, cross = ("▲", "▼", "×") if look.unicode else ("^", "v", "x")
    for outside, values, farthest, arrow, row in (
        (envelope.high > high, envelope.high, np.nanmax, up, 0),
        (envelope.low < low, envelope.low, np.nanmin, down, canvas.rows - 1),
    ):
        cells = np.unique(envelope.columns[outside] // 2).tolist()
        for column in cells:
            canvas.text(column, row, arrow, palette.ink(colour, look))
        if cells:
            told = number(farthest(values))
            before = cells[-1] + 1 + len(told) > canvas.columns
            canvas.text(cells[0] - len(told) if before else cells[-1] + 1, row, told, palette.faint(colour, look))
    for column in np.unique(envelope.columns[envelope.broken] // 2).tolist():
        canvas.text(column, canvas.rows - 1, cross, palette.ink(palette.BAD, look, bold=True))


def _draw_mark(canvas: Canvas, step: int, label: str, scale: _Scale) -> None:
    """An upright line in the cells that the curves leave free, its label where there is room for it."""
    column = int(axes.position(step, *scale.x_range) * (canvas.width - 1) + 0.5) // 2
    size = cell_width(label)
    if not 0 <= column < canvas.columns or size != len(label):
        return
    rows = range(canvas.rows)
    for row in [row for row in rows if canvas.is_free(column, row, 1)]:
        canvas.text(column, row, "┊" if canvas.look.unicode else ":", FAINT)
    for start in (column + 1, column - size):
        for row in rows:
            if canvas.is_free(start, row, size):
                canvas.text(start, row, label, FAINT)
                return
