"""How a person looks at a run's curves: smoothing, axes, the stretch that is shown, the cursor; render/ draws them."""

import time
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from dltui.recipes.recipe import Recipe
from dltui.render import palette, plots
from dltui.render.cells import FAINT, Line, beside, cut, filled, fit, message
from dltui.render.colour import code, style
from dltui.render.curves import Plot
from dltui.render.metrics import UNKNOWN
from dltui.render.number import clock, count, writer
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from dltui.text import clean_line
from dltui.tui.run_watcher import RunClock
from dltui.tui.viewport import Viewport

SMOOTHING = (0.0, 0.5, 0.75, 0.9, 0.97)
WIDE = 60  # cells that each of several plots has at least
READABLE = 0.25  # seconds for which a number must stand to be read; every row drawn costs the training
CHECKED = 1.0  # seconds for which the y range of a live plot is not looked at again
SPARE = 0.08  # of a live plot's y range, beyond its values
SHRUNK = 0.7  # of the y range that is still used
GROWTH = 1.25  # a live time axis grows by so much at once
BOLD = Style(bold=True)
GREY = "#808080"  # the ground of the cursor's column


class Shown(NamedTuple):
    """What the curves are drawn from. marked: the step whose pictures are seen, where these are not the newest."""

    history: History
    recipe: Recipe
    clock: RunClock
    look: TerminalCapabilities
    marked: int | None = None


class _Held(NamedTuple):
    """The y range that a live plot keeps, so that its rows hold still."""

    y_range: tuple[float, float]
    x_range: tuple[float, float]
    until: float


class _Drawn(NamedTuple):
    """A live run's plot, how and of what points it was drawn, and when."""

    how: tuple
    points: list[tuple[int, float]]
    at: float
    plot: Plot


class CurveView:
    """The choices of the person, and `draw`, which makes lines of them.

    `late`: points came that cannot be seen yet, but for the newest values in the legend: they are drawn soon.
    """

    def __init__(self) -> None:
        self.smoothing = SMOOTHING.index(plots.SMOOTH)
        self.log_y: bool | None = None  # None: where an even axis would hide most of the curves
        self.by_time = False
        self.first = 0  # the plot on top
        self.viewport = Viewport()
        self.cursor: float | None = None  # a step
        self.plots: list[tuple[list[str], Plot]] = []  # what was drawn last
        self._log_on_top = False
        self._held: dict[tuple, _Held] = {}
        self._drawn: dict[tuple, _Drawn] = {}
        self.late = False

    # -- the x axis ------------------------------------------------------------------------------------------------

    def axis(self, history: History, timing: RunClock) -> tuple[float, float]:
        """Returns (newest, end) of the x axis: steps, or milliseconds."""
        if not self.by_time:
            end = history.step if history.finished else plots.x_end(history.step, history.steps)
            return history.step, max(1, end)
        newest = 1000 * timing.times[-1] if timing.times else 0.0
        end = 1000.0
        while end < newest:
            end *= GROWTH
        return newest, max(1.0, newest) if history.finished else end

    def place(self, step: float, timing: RunClock) -> float:
        """Returns where a step lies on the x axis."""
        return 1000 * timing.seconds_at(step) if self.by_time else step

    def zoom(self, times: float, history: History, timing: RunClock) -> None:
        """Shows `times` as much of the x axis."""
        about = None if self.cursor is None else self.place(self.cursor, timing)
        self.viewport.zoom(times, about, *self.axis(history, timing))

    def pan(self, share: float, history: History, timing: RunClock) -> None:
        """Moves along the x axis by a share of what is shown."""
        self.viewport.pan(share, *self.axis(history, timing))

    def move_cursor(self, columns: int, history: History, timing: RunClock) -> None:
        """Moves the cursor by columns of the plot; what is shown follows it."""
        newest, end = self.axis(history, timing)
        low, high = self.viewport.range(newest, end)
        width = max((plot.columns for _, plot in self.plots), default=0) or WIDE
        here = self.place(self.cursor or 0, timing) + columns * (high - low) / width
        here = min(max(here, 0.0), newest)
        self.cursor = timing.step_at(here / 1000) if self.by_time else here
        if not low <= here <= high:
            self.viewport.hold(here - (high - low) / 2, newest, end)

    def toggle_log(self) -> None:
        """Makes the y axes logarithmic, or even again: the other way than the topmost is now."""
        self.log_y = not (self._log_on_top if self.log_y is None else self.log_y)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def draw(self, shown: Shown, width: int, height: int) -> list[Line]:
        """Returns `height` lines of `width` cells: as many plots as have room."""
        groups = plots.groups(shown.history, shown.recipe)
        self.plots, self.late = [], False
        if not groups:
            counted = plots.counter_lines(shown.history, width, height, shown.look)
            return (
                filled(counted, width, height)
                if counted
                else message(_before_numbers(shown.history), width, height, shown.look)
            )
        top = [] if self.cursor is None else [self._readout(shown, groups, width)]
        bottom = plots.counter_lines(shown.history, width, height, shown.look)
        room = height - len(top) - len(bottom)
        if not room:
            return filled(top, width, height)
        columns = max(1, min(len(groups), width // WIDE))
        first = self.first % len(groups)
        ordered = [*groups[first:], *groups[:first]]
        rows, _ = plots.rows_of_plots(shown.history, ordered, width // columns - 2, room, shown.look, columns)
        seen = ordered[: rows * columns]
        lines: list[Line] = []
        for row in range(rows):
            part = seen[row * columns : (row + 1) * columns]
            share = room // rows + (row < room % rows)
            each = (width - 2 * (len(part) - 1)) // max(1, len(part))
            drawn = [self._plot(shown, group, each, share) for group in part]
            lines += beside(drawn, gap=2) if drawn else []
        return filled([*top, *lines, *bottom], width, height)

    def _plot(self, shown: Shown, group: list[str], width: int, height: int) -> list[Line]:
        history, timing, look = shown.history, shown.clock, shown.look
        x_range = self.viewport.range(*self.axis(history, timing))
        log_y = plots.wants_log(history, group) if self.log_y is None else self.log_y
        self._log_on_top = self._log_on_top if self.plots else log_y
        view = {
            "log_y": log_y,
            "smooth": SMOOTHING[self.smoothing],
            "x_min": x_range[0],
            "x_max": x_range[1],
            "extra_marks": [] if shown.marked is None else [(shown.marked, "pictures")],
            "timing": (timing.steps, timing.times) if self.by_time else None,
        }

        def drawn(y_range: tuple[float, float] | None) -> Plot:
            return plots.draw(history, group, width, height, look, y_range=y_range, **view)

        if history.finished:
            plot = drawn(None)
        else:
            steady = partial(self._steady, drawn, (*group, log_y, height), x_range, log_y)
            plot = self._drawn_once(steady, shown, group, width, (
                width, height, look, self.smoothing, log_y, self.by_time, x_range, shown.marked,
            ))  # fmt: skip
        self.plots.append((group, plot))
        return self._with_cursor(plot, shown)

    def _drawn_once(self, draw: Callable[[], Plot], shown: Shown, group: list[str], width: int, how: tuple) -> Plot:
        """The plot drawn last, where no curve has come a column of dots farther and its legend was not read yet."""
        history, now = shown.history, time.monotonic()
        curves = [history.curves[key] for key in plots.keys_of(history, group)]
        points = [(len(curve.values), curve.values[-1]) for curve in curves]
        low, high = self.viewport.range(*self.axis(history, shown.clock))
        dots = 2 * width / max(high - low, 1.0)
        newest = [int((self.place(curve.steps[-1], shown.clock) - low) * dots) for curve in curves]
        how = (*how, len(plots.turned(history)), newest)
        before = self._drawn.get(tuple(group))
        if before is None or before.how != how or (before.points != points and now - before.at >= READABLE):
            before = self._drawn[tuple(group)] = _Drawn(how, points, now, draw())
        self.late |= before.points != points
        return before.plot

    def _steady(self, drawn, key: tuple, x_range: tuple[float, float], log_y: bool) -> Plot:
        """A live plot on the y range of the one before, as long as that one fits."""
        held, now = self._held.get(key), time.monotonic()
        if held and held.x_range == x_range and now < held.until:
            return drawn(held.y_range)
        free = drawn(None)
        if not free.columns:
            return free
        low, high = free.y_range
        if held and held.x_range == x_range:
            fits = held.y_range[0] <= low and high <= held.y_range[1]
            if fits and high - low >= SHRUNK * (held.y_range[1] - held.y_range[0]):
                self._held[key] = held._replace(until=now + CHECKED)
                return drawn(held.y_range)
        spare = SPARE * (high - low)
        wide = (max(0.0, low - spare) if low >= 0 else low - spare, high + spare)
        self._held[key] = _Held(free.y_range if log_y else wide, x_range, now + CHECKED)
        return drawn(self._held[key].y_range)

    def _with_cursor(self, plot: Plot, shown: Shown) -> list[Line]:
        if self.cursor is None or not plot.columns:
            return plot.lines
        low, high = plot.x_range
        column = round((self.place(self.cursor, shown.clock) - low) / (high - low) * (plot.columns - 1))
        if not 0 <= column < plot.columns:
            return plot.lines
        lines = list(plot.lines)
        for row in range(plot.top, plot.top + plot.rows):
            lines[row] = _lit(lines[row], plot.left + column, shown.look)
        return lines

    def _readout(self, shown: Shown, groups: list[list[str]], width: int) -> Line:
        """The values at the cursor: each curve's newest one at or before it."""
        history = shown.history
        step = int(self.cursor or 0)
        line: Line = [
            Segment(f"step {count(step)}", BOLD),
            Segment(f" at {clock(shown.clock.seconds_at(step))} " if shown.clock.times else " ", FAINT),
        ]
        for group in groups:
            for series, metric in plots.keys_of(history, group):
                curve, written = history.curves[series, metric], writer(history.declared.get(metric, UNKNOWN))
                place = bisect_right(curve.steps, step) - 1
                name = cut(clean_line(f"{series} {metric}".strip()), 30, shown.look)
                value = written(curve.values[place]) if place >= 0 else "-"
                more = [Segment(f" {name} ", FAINT), Segment(value, BOLD)]
                if sum(segment.cell_length for segment in [*line, *more]) > width:
                    return fit(line, width)
                line += more
        return fit(line, width)


def _before_numbers(history: History) -> str:
    """What there is to say before the first step: what is being fetched, mostly."""
    if history.started or history.finished:
        return "No numbers yet." if not history.finished else "The run ended before its first step."
    return history.notes[-1]["text"] if history.notes else "Starting ..."


def _ground(look: TerminalCapabilities) -> Style:
    return style(ground=code(palette.towards_ground(GREY, 0.3, look), look))


def _lit(line: Line, column: int, look: TerminalCapabilities) -> Line:
    """The line with one cell on another ground; every character up to it is one cell wide."""
    ground = Style(reverse=True) if look.colours == "none" else _ground(look)
    lit: Line = []
    at = 0
    for text, ink, _ in line:
        inside = column - at
        if 0 <= inside < len(text):
            mark = (ink or Style.null()) + ground
            parts = ((text[:inside], ink), (text[inside], mark), (text[inside + 1 :], ink))
            lit += [Segment(*part) for part in parts if part[0]]
        else:
            lit.append(Segment(text, ink))
        at += len(text)
    return lit
