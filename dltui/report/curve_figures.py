"""The curves of a run as vector figures: each plot of the live view with its axes, which a page can zoom."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from dltui.recipes.recipe import Recipe
from dltui.render import axes, metrics, plots
from dltui.render.cells import shown
from dltui.render.curves import SPARSE
from dltui.render.envelope import Envelope, reduce, robust_range, smoothed
from dltui.render.number import number, writer
from dltui.runs.history import Curve, History

WIDE, HIGH = 720, 280  # units of a figure
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 10, 34  # around the curves
TALL = 1000  # units of the curves' own plane, whose x are steps
COLUMNS = 600  # points of a curve at most
SMOOTH = 0.93  # share of the past in the moving average, a column


class Entry(NamedTuple):
    """A curve in the legend, with its last value, as the screen writes it."""

    label: str
    colour: str
    last: str


class Figure(NamedTuple):
    """One plot: what it shows in words, its curves, and the picture.

    log, zoomed: what is to be known of its axis. outside: the least and the greatest value, where not all are shown.
    """

    title: str
    log: bool
    zoomed: bool
    outside: str
    entries: list[Entry]
    svg: Markup


def figures(history: History, recipe: Recipe, *, laid_over: bool = False) -> list[Figure]:
    """Returns the plots of a run, what is claimed first.

    laid_over: the history is of several runs; a plot ends where the longest run that is in it does.
    """
    return [_figure(history, group, laid_over) for group in plots.groups(history, recipe)]


def _figure(history: History, group: Sequence[str], laid_over: bool) -> Figure:
    keys = plots.keys_of(history, group)
    title, labels = plots.names(history, group, keys)
    colours = [plots.colour(history, group, key) for key in keys]
    declared = [history.declared.get(metric, metrics.UNKNOWN) for _, metric in keys]
    drawn = [history.curves[key] for key in keys]
    x_range = 0.0, float(max(max(curve.steps[-1] for curve in drawn) if laid_over else history.step, 1))
    envelopes = [_reduced(curve, x_range) for curve in drawn]
    log = plots.wants_log(history, group) and any((one.high > 0).any() for one in envelopes)
    y_range = robust_range(envelopes, log=log)
    plain = plots.is_side(history, group) or any(metric.is_count for metric in declared)
    scale = _Scale(y_range, log)
    paths = [
        _curve(curve, envelope, colour, scale, smooth=not plain)
        for curve, envelope, colour in zip(drawn, envelopes, colours, strict=True)
    ]
    level = plots.guessed(history, keys)
    entries = [
        Entry(shown(label), colour, writer(metric, unit=not title)(curve.values[-1]))
        for label, colour, metric, curve in zip(labels, colours, declared, drawn, strict=True)
    ]
    if level:
        entries.append(Entry("your guess", plots.GUESS, writer(declared[level.place])(level.value)))
    inner = [*paths, *(_level(level.value, x_range, scale) for level in [level] if level)]
    inner += [_upright(step) for step, _ in plots.turned(history)]
    zoomed = not log and axes.is_zoomed(y_range, declared[0].range if declared else None)
    name = shown(title or ", ".join(labels))
    outside = _outside(envelopes, y_range)
    return Figure(name, log, zoomed, outside, entries, _framed(inner, name, entries, x_range, scale))


def _outside(envelopes: Sequence[Envelope], y_range: tuple[float, float]) -> str:
    """The least and the greatest value where not all lie within the axis, "" where they do."""
    low = min((float(np.nanmin(one.low)) for one in envelopes if one.finite.any()), default=0.0)
    high = max((float(np.nanmax(one.high)) for one in envelopes if one.finite.any()), default=0.0)
    return f"{number(low)} … {number(high)}" if low < y_range[0] or high > y_range[1] else ""


class _Scale(NamedTuple):
    y_range: tuple[float, float]
    log: bool

    def heights(self, values: np.ndarray) -> np.ndarray:
        """Values (N,) -> units from the top (N,), NaN where there is none to draw."""
        low, high = self.y_range
        with np.errstate(all="ignore"):
            if self.log:
                values, low, high = np.log10(np.where(values > 0, values, np.nan)), np.log10(low), np.log10(high)
            return np.clip((high - values) / (high - low), -1, 2) * TALL


def _reduced(curve: Curve, x_range: tuple[float, float]) -> Envelope:
    extent = (np.asarray(curve.lows), np.asarray(curve.highs)) if curve.low else None
    return reduce(np.asarray(curve.steps), np.asarray(curve.values), COLUMNS, *x_range, extent)


def _curve(curve: Curve, envelope: Envelope, colour: str, scale: _Scale, *, smooth: bool) -> Markup:
    """One curve; where it is smoothed what was measured stays faint beneath."""
    count, end = len(curve.values), float(curve.steps[-1])
    if count <= COLUMNS:
        steps, values = np.asarray(curve.steps, float), np.asarray(curve.values)
    else:
        steps = np.minimum(envelope.columns * max(end, 1) / max(1, envelope.columns[-1]), end)
        values = envelope.mean
    if not smooth or count * SPARSE * 4 <= COLUMNS:
        return _line(steps, scale.heights(values), colour, dotted=count == 1)
    low, high = scale.y_range
    columns = np.arange(len(values)) if count <= COLUMNS else envelope.columns
    clipped = np.clip(np.where(np.isfinite(values), values, np.nan), low, high)
    if np.isnan(clipped).all():
        return Markup("")
    level = smoothed(columns, clipped, SMOOTH)
    return _line(steps, scale.heights(values), colour, faint=True) + _line(steps, scale.heights(level), colour)


def _line(steps: np.ndarray, heights: np.ndarray, colour: str, *, faint: bool = False, dotted: bool = False) -> Markup:
    """A path through its finite points, broken where there is none."""
    commands, pen = [], "M"
    for step, height in zip(steps.tolist(), heights.tolist(), strict=True):
        if height != height:
            pen = "M"
            continue
        commands.append(f"{pen}{step:g} {height:.1f}")
        pen = "L"
    if dotted and commands:
        commands.append("h0")
    kind = Markup(' class="{}"').format("faint" if faint else "point" if dotted else "curve")
    return Markup('<path{} stroke="{}" d="{}"/>').format(kind, colour, "".join(commands))


def _level(value: float, x_range: tuple[float, float], scale: _Scale) -> Markup:
    height = scale.heights(np.array([value]))[0]
    return Markup('<path class="guess" stroke="{}" d="M{:g} {:.1f}H{:g}"/>').format(
        plots.GUESS, x_range[0], height, x_range[1]
    )


def _upright(step: int) -> Markup:
    """Where a knob was turned."""
    return Markup('<path class="turned" stroke="currentColor" d="M{:g} 0V{:g}"/>').format(step, TALL)


def _framed(
    inner: Sequence[Markup], name: str, entries: Sequence[Entry], x_range: tuple[float, float], scale: _Scale
) -> Markup:
    """The curves in their axes. The curves' plane is an svg of its own: zooming moves its viewBox and nothing else."""
    wide, high = WIDE - LEFT - RIGHT, HIGH - TOP - BOTTOM
    grid = []
    for value, text in axes.ticks(*scale.y_range, 5, scale.log):
        y = TOP + (1 - axes.position(value, *scale.y_range, scale.log)) * high
        grid.append(Markup('<path class="grid" d="M{} {:.1f}h{}"/>').format(LEFT, y, wide))
        grid.append(Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(LEFT - 6, y + 4, text))
    ticks = [
        Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
            LEFT + axes.position(value, *x_range) * wide, TOP + high + 15, text
        )
        for value, text in axes.ticks(*x_range, 7)
    ]
    told = "; ".join(f"{entry.label} ends at {entry.last}" for entry in entries)
    return Markup(
        '<svg class="plot" viewBox="0 0 {wide_all} {high_all}" role="img" data-x="{low:g} {high_x:g}" '
        'data-plane="{left} {top} {wide} {high}"><title>{name} over steps: {told}</title>{grid}'
        '<g class="ticks">{ticks}</g><text class="axis" x="{end}" y="{under}" text-anchor="end">step</text>'
        '<svg class="plane" x="{left}" y="{top}" width="{wide}" height="{high}" viewBox="{low:g} 0 {span:g} {tall}" '
        'preserveAspectRatio="none">{inner}</svg></svg>'
    ).format(
        wide_all=WIDE, high_all=HIGH, low=x_range[0], high_x=x_range[1], span=x_range[1] - x_range[0], left=LEFT,
        top=TOP, wide=wide, high=high, name=name, told=told, grid=Markup("").join(grid), ticks=Markup("").join(ticks),
        end=WIDE - RIGHT, under=HIGH - 4, tall=TALL, inner=Markup("").join(inner),
    )  # fmt: skip
