"""The plots of a run: which metrics share one, how many have room, which colour each curve has."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dltui.recipes import claims
from dltui.recipes.recipe import Recipe
from dltui.render import curve_legend, curves, metrics, palette
from dltui.render.cells import FAINT, Line, filled, message, shown
from dltui.render.curve_legend import Entry
from dltui.render.number import clock, writer
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import Curve, History

Timing = tuple[Sequence[int], Sequence[float]]
LEAST = 9  # lines that a plot wants
LINES_A_COUNT = 6  # lines of all the plots to one of counts
SMOOTH = 0.75
RECENT = 64  # points at a curve's end that tell how high it lies
FAR = 2  # times the span of a curve, beyond which a guess is not drawn beside it
GUESS = "#8a8a8a"
FLAT = 0.01  # of the highest curve: what lies lower cannot be told from nought


def render(history: History, recipe: Recipe, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells: as many plots one above the other as have room, and what was counted."""
    drawn, counted = groups(history, recipe), counter_lines(history, width, height, look)
    if not drawn:
        return filled(counted, width, height) if counted else message("No numbers yet.", width, height, look)
    height -= len(counted)
    number, least = rows_of_plots(history, drawn, width, height, look)
    lines: list[Line] = []
    for group, share in zip(drawn, _shares(height, number, least), strict=False):
        lines += draw(history, group, width, share, look).lines
    return lines + counted


def rows_of_plots(
    history: History,
    drawn: Sequence[Sequence[str]],
    width: int,
    height: int,
    look: TerminalCapabilities,
    columns: int = 1,
) -> tuple[int, int]:
    """Returns how many rows of plots have room, and how many lines each has at least.

    A plot has room where its legend can name every curve on `width` cells.
    """
    rows, least = 1, LEAST
    for place, group in enumerate(drawn):
        title, labels = names(history, group, keys_of(history, group))
        wanted = max(least, curve_legend.lines_for(title, labels, width, look))
        if place >= columns and wanted * (place // columns + 1) > height:
            break
        rows, least = place // columns + 1, wanted
    return rows, min(least, height // rows)


def counter_lines(history: History, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns what the run counts and its curves do not show: `rules_done 5`, and the counts of variants by name."""
    alone: list[Entry] = []
    rows: list[tuple[str, str, list[Entry]]] = [("", "", alone)]
    for metric, counts in metrics.counters(history.curves, history.declared).items():
        declared = history.declared[metric]
        if [series for series, _ in counts] == [""]:
            alone.append(Entry(shown(metric), writer(declared, unit=True)(counts[0][1]), FAINT))
        else:
            inks = [palette.ink(series_colour(history, series), look) for series, _ in counts]
            named = zip(counts, inks, strict=True)
            entries = [Entry(shown(series), writer(declared)(value), ink) for (series, value), ink in named]
            rows.append((shown(metric), declared.unit, entries))
    lines: list[Line] = []
    for title, unit, entries in rows:
        room = height // LINES_A_COUNT - len(lines)
        if entries and room > 0:
            lines += curve_legend.counts(title, unit, entries, width, room)
    return lines


def groups(history: History, recipe: Recipe) -> list[list[str]]:
    """Returns the metrics of each plot, those that have points.

    Variants are told apart by colour, so that each of their metrics has its own plot. What has never changed, or was
    measured once, says nothing yet and comes last.
    """
    claimed = list(dict.fromkeys(claims.metric_of(one.name) for one in recipe.claims))
    apart = {metric for series, metric in history.curves if series}
    found = metrics.groups(history.metrics, history.declared, claimed, apart)
    shown_groups = [group for group in found if keys_of(history, group)]
    return sorted(shown_groups, key=lambda group: all(_still(history.curves[key]) for key in keys_of(history, group)))


def _still(curve: Curve) -> bool:
    """Whether a curve is a point, or seems to be level: it is looked at where it changes soonest, and at its ends."""
    values = curve.values
    return len(values) < 2 or all(value == values[0] for value in (values[1], values[len(values) // 2], values[-1]))


def wants_log(history: History, group: Sequence[str]) -> bool:
    """Whether an axis is logarithmic: declared so, or an even one would hide most of the plot.

    That is where half of three or more curves lie within a hundredth of it. A learning rate's axis stays even: the
    form of its fall is what one looks for.
    """
    if history.declared.get(group[0], metrics.UNKNOWN).log:
        return True
    keys = keys_of(history, group)
    if len(keys) < 3 or is_side(history, group):
        return False
    heights = np.array([np.median(history.curves[key].values[-RECENT:]) for key in keys])
    if not (np.isfinite(heights).all() and heights.min() > 0):
        return False
    return bool(2 * np.count_nonzero(heights < FLAT * heights.max()) >= len(heights))


def is_side(history: History, group: Sequence[str]) -> bool:
    """Whether a plot is of side curves: their form counts, and nothing is claimed of it as a rule."""
    return group[0] in history.declared and history.declared[group[0]].side


def series_colour(history: History, series: str) -> str:
    """Returns the colour of a variant, the same in every picture."""
    names = history.started["series"] if history.started else []
    return palette.series(names.index(series) if series in names else len(names))


def keys_of(history: History, group: Sequence[str]) -> list[tuple[str, str]]:
    """Returns (series, metric) of the curves of a plot that hold points, variants in the recipe's order."""
    order = {name: number for number, name in enumerate(history.started["series"])} if history.started else {}
    found = [key for key, curve in history.curves.items() if key[1] in group and len(curve.values)]
    return sorted(found, key=lambda key: (group.index(key[1]), order.get(key[0], len(order))))


def draw(
    history: History,
    group: Sequence[str],
    width: int,
    height: int,
    look: TerminalCapabilities,
    *,
    log_y: bool | None = None,
    smooth: float = SMOOTH,
    x_min: float = 0,
    x_max: float | None = None,
    y_range: tuple[float, float] | None = None,
    extra_marks: Sequence[tuple[int, str]] = (),
    timing: Timing | None = None,
) -> curves.Plot:
    """Draws one plot. x_max: None leaves room for what is to come; extra_marks: besides what was turned.

    log_y: whether the y axis is logarithmic; None where an even one would hide most of the curves.
    timing: what a clock showed, in seconds, at which steps; with it the x axis is time, x_min and x_max milliseconds.
    """
    keys = keys_of(history, group)
    title, labels = names(history, group, keys)
    declared = [history.declared.get(metric, metrics.UNKNOWN) for _, metric in keys]
    counted = any(metric.is_count for metric in declared)
    marks = [*turned(history), *extra_marks]
    drawn = [history.curves[key] for key in keys]
    named = [
        (label, milliseconds(curve.steps, timing), curve.values) for label, curve in zip(labels, drawn, strict=True)
    ]
    colours, writers = [colour(history, group, key) for key in keys], [writer(one, unit=not title) for one in declared]
    extents = [(curve.lows, curve.highs) if curve.low else None for curve in drawn]
    x_max = x_end(history.step, history.steps) if x_max is None else x_max
    if level := guessed(history, keys):
        named.append(("your guess", [x_min, x_max], [level.value] * 2))
        colours, writers, extents = [*colours, GUESS], [*writers, writers[level.place]], [*extents, None]
    return curves.draw(
        named,
        width,
        height,
        look,
        log_y=wants_log(history, group) if log_y is None else log_y,
        smooth=0.0 if counted or is_side(history, group) else smooth,  # smoothing would round its corners
        x_min=x_min,
        x_max=x_max,
        y_range=y_range,
        marks=list(zip(milliseconds([step for step, _ in marks], timing), [text for _, text in marks], strict=True)),
        colours=colours,
        writers=writers,
        bounds=declared[0].range if declared else None,
        whole=counted,
        title=title,
        x_title="time" if timing else "step",
        x_text=elapsed if timing else None,
        extents=extents,
    )


class Level(NamedTuple):
    """A guess as a level line: of the curve at which `place`."""

    value: float
    place: int


def guessed(history: History, keys: Sequence[tuple[str, str]]) -> Level | None:
    """Returns what was guessed of one of a plot's curves; None too where it lies so far from them that it would press
    them flat."""
    guess = history.guess or {}
    if type(guess.get("value")) not in (int, float):
        return None
    names = [f"{series}.{metric}" if series else metric for series, metric in keys]
    if guess["answer"] not in names:
        return None
    place, value = names.index(guess["answer"]), float(guess["value"])
    values = np.asarray(history.curves[keys[place]].values)
    least, most = np.nanmin(values), np.nanmax(values)
    return Level(value, place) if least - FAR * (most - least) <= value <= most + FAR * (most - least) else None


def names(history: History, group: Sequence[str], keys: Sequence[tuple[str, str]]) -> tuple[str, list[str]]:
    """Returns what a plot is named, "" where its curves tell, and how these are named: by variant or by metric."""
    if not any(series for series, _ in keys):
        return "", [metric for _, metric in keys]
    unit = history.declared.get(group[0], metrics.UNKNOWN).unit
    return f"{group[0]}, {unit}" if unit else group[0], [series or "run" for series, _ in keys]


def colour(history: History, group: Sequence[str], key: tuple[str, str]) -> str:
    """Returns the colour of a variant, the same in every picture, or of a metric by its place in the plot."""
    series, metric = key
    return series_colour(history, series) if series else palette.series(group.index(metric))


def milliseconds(steps: Sequence[int], timing: Timing | None) -> Sequence[int]:
    """steps (N,) -> what the clock showed at them in milliseconds (N,) int64; without a clock the steps as they are."""
    if not timing or not len(timing[0]):
        return steps
    return np.rint(1000 * np.interp(steps, *timing)).astype(np.int64)


def elapsed(milliseconds: float) -> str:
    """Returns a tick of a time axis: 0.5s, 20s, 2:30."""
    seconds = milliseconds / 1000
    return f"{seconds:g}s" if seconds < 60 else clock(seconds)


def turned(history: History) -> list[tuple[int, str]]:
    """Returns (step, text) of every knob that was turned."""
    return [(event["step"], _mark(event)) for event in history.controls if event["op"] == "set"]


def _mark(event: dict) -> str:
    """What a control changed, e.g. "lr 0.01"."""
    return shown(f"{str(event.get('key', '')).rpartition('.')[2]} {event.get('value', '')}")


def x_end(step: int, steps: int) -> int:
    """Returns the right end of the axis: a part of the steps that holds what there is, so that it seldom moves."""
    return next((end for end in (steps // 8, steps // 4, steps // 2, steps * 3 // 4) if step <= end), max(step, steps))


def _shares(height: int, count: int, least: int) -> list[int]:
    """Splits `height` lines among plots; the first gets half as much again as the others, of what more than `least`."""
    other = max(least, 2 * height // (2 * count + 1))
    return [height - other * (count - 1), *[other] * (count - 1)]
