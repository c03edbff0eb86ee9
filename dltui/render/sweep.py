"""A sweep while it goes on: what is sought, how far it is, the best trial, what runs now, trials and their values."""

from collections.abc import Mapping, Sequence

import numpy as np
from rich.segment import Segment
from rich.style import Style

from dltui.render import axes, dashboard, header, palette
from dltui.render.canvas import Canvas
from dltui.render.cells import FAINT, Line, beside, blank, cell_width, cut, filled, fit, line_of, message, pad, shown
from dltui.render.legend import Entry, legend
from dltui.render.number import clock, number
from dltui.render.plane import places, span
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.search.progress import SweepProgress, TrialProgress, ranked
from dltui.search.study import best_so_far

BOLD = Style(bold=True)
KEYS = "Ctrl-C stops; it can go on"
COLOURS = {
    "best": palette.GOOD,
    "done": palette.series(0),
    "pruned": palette.WARNING,
    "failed": palette.BAD,
    "interrupted": palette.series(7),
    "running": palette.series(3),
}
MARKS = {"done": "•o", "pruned": "▾v", "failed": "×x", "running": "○?"}  # in the plot, with and without Unicode
GAP, BAR = 2, 30
LEAST = 6  # cells of a searched value that are not cut away
BESIDE = 150  # columns from which on the plot stands beside the table
STACKED = 20  # lines of both from which on it stands above the table
TALLEST, MARGIN = 24, 0.04  # lines of the plot; share of the values' range that it shows above and below them
WIDE_RANGE = 10.0  # times the least value: a greater range is drawn with a logarithmic axis


def render(
    sweep: SweepProgress,
    width: int,
    height: int,
    look: TerminalCapabilities,
    *,
    said: str = "",
    stopping: bool = False,
) -> list[Line]:
    """Returns `height` lines of `width` cells. said: what just happened; stopping: it was interrupted."""
    apart = blank(width) if height >= 18 else []
    top = [*_head(sweep, width, look, stopping), *apart, *_best(sweep, width, look)]
    top += [*apart, *_running(sweep, width, max(1, height // 12), look)]
    note = (shown(said), palette.ink(palette.WARNING, look))
    keys = KEYS if sweep.ended < sweep.wanted else ""
    bottom = [*apart, dashboard.last_line(*note, keys, width, look)] if height >= 6 else []
    room = height - len(top) - len(bottom) - len(apart)
    body = [*apart, *_body(sweep, width, room, look)] if room > 0 else []
    return filled([*filled([*top, *body], width, height - len(bottom)), *bottom], width, height)


def _head(sweep: SweepProgress, width: int, look: TerminalCapabilities, stopping: bool) -> list[Line]:
    """What is sought by which sampler, how many trials have ended, and how."""
    word = "STOPPING" if stopping else "RUNNING" if sweep.ended < sweep.wanted else "DONE"
    colour, word = palette.WARNING if stopping else palette.GOOD, f" {word} "
    room = max(0, width - len(word) - 1)
    title = pad(cut(f"Sweep of {shown(sweep.recipe)}", room, look), room)
    badge = Segment(word, palette.ink(colour, look, bold=True) + Style(reverse=True))
    facts = [(sweep.name, FAINT), (f"{sweep.goal.metric}, {sweep.goal.words}", Style.null()), (sweep.sampler, FAINT)]
    facts = [(shown(text), style) for text, style in facts]
    parts = [f"{sweep.ended}/{sweep.wanted} trials", f"{clock(sweep.elapsed)} elapsed"]
    if sweep.left is not None:
        parts.append(f"{clock(sweep.left)} left")
    while len(parts) > 1 and len("  ".join(parts)) + 12 > width:
        parts.pop()
    text = "  ".join(parts)
    drawn = header.bar(sweep.ended / sweep.wanted, width - len(text) - 2, colour, look)
    return [
        fit([Segment(title, BOLD), Segment(" "), badge], width),
        header.joined(facts, width, look),
        fit([*drawn, Segment("  " if drawn else ""), Segment(text)], width),
        _counts(sweep, width, look),
    ]


def _counts(sweep: SweepProgress, width: int, look: TerminalCapabilities) -> Line:
    counts = {state: len(sweep.of(state)) for state in COLOURS}
    texts = [(f"{count} {state}", palette.ink(COLOURS[state], look)) for state, count in counts.items() if count]
    return header.joined(texts or [("no trial has begun", FAINT)], width, look)


def _best(sweep: SweepProgress, width: int, look: TerminalCapabilities) -> list[Line]:
    """The best trial with its values, and the run that holds it."""
    best = sweep.best
    if best is None:
        return [line_of("best  none has ended yet", width, look, FAINT), *blank(width)]
    ink = palette.ink(COLOURS["best"], look, bold=True)
    line = [Segment("best  ", ink), Segment(number(best.value), BOLD), Segment(f"  trial {best.number}  ")]
    room = width - sum(cell_width(segment.text) for segment in line)
    keys = zip(short_keys(sweep.keys), sweep.keys, strict=True)
    values = "  ".join(f"{short}={_value(best.values[key])}" for short, key in keys)
    return [fit([*line, Segment(cut(values, room, look))], width), _place(best, width, look)]


def _place(trial: TrialProgress, width: int, look: TerminalCapabilities) -> Line:
    """The run that holds a trial, and which of its variants it is; nothing where the run's id has no room."""
    run, variant = f"      {shown(trial.run)}", f"  variant {shown(trial.variant)}" if trial.variant else ""
    text = next((text for text in (run + variant, run) if cell_width(text) <= width), "")
    return line_of(text, width, look, FAINT)


def _running(sweep: SweepProgress, width: int, most: int, look: TerminalCapabilities) -> list[Line]:
    """One line a run: its trials, its step, the best that they have come to so far."""
    by_run: dict[str, list[TrialProgress]] = {}
    for trial in sweep.of("running"):
        by_run.setdefault(trial.run, []).append(trial)
    if not by_run:
        text = "asking for the next trial" if sweep.ended < sweep.wanted else "every trial has ended"
        return [line_of(f"now   {text}", width, look, FAINT)]
    lines = [_run_line(sweep, run, trials, width, look) for run, trials in by_run.items()]
    if len(lines) > most:
        lines[most - 1 :] = [line_of(f"      +{len(lines) - most + 1} more runs", width, look, FAINT)]
    return lines


def _run_line(
    sweep: SweepProgress, run: str, trials: Sequence[TrialProgress], width: int, look: TerminalCapabilities
) -> Line:
    first, last = trials[0], trials[-1]
    who = f"trial {first.number}" if first is last else f"trials {first.number}-{last.number}"
    values = [trial.value for trial in trials if trial.value is not None]
    value = number((max if sweep.goal.greatest else min)(values)) if values else ""
    step = f"step {first.step}/{first.steps}" if first.steps else "starting"
    ink = palette.ink(COLOURS["running"], look)
    line = [Segment("now   ", ink), Segment(who), Segment(f"  {step}"), Segment(f"  {value}" if value else "", BOLD)]
    used = sum(cell_width(segment.text) for segment in line)
    name = shown(run)
    if name and used + GAP + cell_width(name) <= width:
        line.append(Segment(f"  {name}", FAINT))
        used += GAP + cell_width(name)
    if first.steps and width - used - GAP >= LEAST:
        drawn = header.bar(first.step / first.steps, min(BAR, width - used - GAP), COLOURS["running"], look)
        line += [Segment("  "), *drawn]
    return fit(line, width)


def _body(sweep: SweepProgress, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """The table, with the plot where there is room for both."""
    if width >= BESIDE:
        right = (width - GAP) * 9 // 20
        drawn = plot(sweep, right, min(height, TALLEST), look)
        return beside([_table(sweep, width - GAP - right, height, look), drawn], GAP)
    if height < STACKED:
        return _table(sweep, width, height, look)
    above = min(height // 2, TALLEST)
    return [*plot(sweep, width, above - 1, look), *blank(width), *_table(sweep, width, height - above, look)]


# -- the table ---------------------------------------------------------------------------------------------------------


def _table(sweep: SweepProgress, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """The best trials, and beneath them the newest of the others."""
    if not sweep.trials:
        return blank(width, height)
    rows, best = _rows(sweep, height - 1), sweep.best
    states = ["best" if trial is best else trial.state for trial in rows]
    texts = [_texts(sweep, trial, state) for trial, state in zip(rows, states, strict=True)]
    heads = ("TRIAL", "STATUS", "VALUE", *short_keys(sweep.keys), "RUN")
    columns = _columns([heads, *texts], width)
    return filled(
        [_row(*row, columns, look) for row in zip(("", *states), (heads, *texts), strict=True)], width, height
    )


def _texts(sweep: SweepProgress, trial: TrialProgress, state: str) -> tuple[str, ...]:
    """A trial as a row of the table."""
    values = [_value(trial.values[key]) if key in trial.values else "" for key in sweep.keys]
    value = "" if trial.value is None else number(trial.value)
    return (str(trial.number), state, value, *values, shown(trial.run))


def _rows(sweep: SweepProgress, room: int) -> list[TrialProgress]:
    """The trials that the table has room for: two thirds are the best, or more where there are fewer others."""
    done = ranked(sweep.trials, sweep.goal)
    best = done[: max(room * 2 // 3, room - len(sweep.trials) + len(done))]
    told = {trial.number for trial in best}
    return [*best, *(trial for trial in reversed(sweep.trials) if trial.number not in told)][:room]


def short_keys(keys: Sequence[str]) -> list[str]:
    """Returns the last part of each key, where that tells them apart."""
    short = [key.rpartition(".")[2] for key in keys]
    return [shown(part if short.count(part) == 1 else key) for part, key in zip(short, keys, strict=True)]


def _columns(rows: Sequence[Sequence[str]], width: int) -> dict[int, int]:
    """Column -> its width, of those that have room: values give way down to LEAST, then runs go, then the last values.

    A run's id is shown whole or not at all: one that is cut cannot be typed.
    """
    natural = [max(map(cell_width, column)) for column in zip(*rows, strict=True)]
    last = len(natural) - 1
    chosen = list(range(last + 1))
    while True:
        widths = {column: natural[column] for column in chosen}
        values = [column for column in chosen if 3 <= column < last]
        over = sum(widths.values()) + GAP * (len(widths) - 1) - width
        while over > 0 and any(widths[column] > LEAST for column in values):
            widths[max(values, key=widths.__getitem__)] -= 1
            over -= 1
        if over <= 0 or len(chosen) <= 3:
            return widths
        chosen.remove(last if last in chosen else values[-1])


def _row(state: str, texts: Sequence[str], columns: Mapping[int, int], look: TerminalCapabilities) -> Line:
    """One trial, its status in that one's colour; the head where there is no state."""
    line: Line = []
    for column, width in columns.items():
        style = BOLD if state in ("", "best") else None
        if state and column == 1:
            style = palette.ink(COLOURS[state], look, bold=state == "best")
        text = pad(cut(texts[column], width, look), width, "right" if column in (0, 2) else "left")
        line += [Segment(" " * GAP if line else ""), Segment(text, style)]
    return line


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else shown(value)


# -- the plot ----------------------------------------------------------------------------------------------------------


def plot(sweep: SweepProgress, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Each trial's value by its number, and the best so far as a staircase. What failed stands at the foot."""
    measured = [trial for trial in sweep.trials if trial.value is not None and trial.state in MARKS]
    values = np.array([trial.value for trial in measured], float)
    finite = values[np.isfinite(values)]
    log = bool(finite.size and finite.min() > 0 and finite.max() > WIDE_RANGE * finite.min())
    y_range = span(values, log=log, margin=MARGIN)
    if y_range is None:
        return message("No trial has a value yet.", width, height, look)
    key = _key(sweep, width, look)
    x_range = (1.0, float(max(2, sweep.wanted, sweep.trials[-1].number)))
    canvas = Canvas(*axes.room(width, height - len(key), y_range, look, log_y=log), look)
    down = places(values, *y_range[::-1], canvas.height, log=log)
    placed = [(trial, int(y)) for trial, y in zip(measured, down, strict=True) if np.isfinite(y)]

    def across(number: int) -> int:
        return round((number - 1) / (x_range[1] - 1) * (canvas.width - 1))

    _draw_best(canvas, sweep, [(across(trial.number), y) for trial, y in placed if trial.state == "done"])
    for trial, y in [*placed, *((trial, canvas.height - 1) for trial in sweep.of("failed"))]:
        sign = MARKS[trial.state][not look.unicode]
        canvas.text(across(trial.number) // 2, y // 4, sign, palette.ink(COLOURS[trial.state], look))
    lines = axes.frame(
        canvas.lines(), width, height - len(key), x_range, y_range, "trial", "", look, log_y=log, x_text=_whole
    )
    return filled(key + lines, width, height)


def _draw_best(canvas: Canvas, sweep: SweepProgress, points: Sequence[tuple[int, int]]) -> None:
    """The best so far: level until a better trial comes. points: (across, down) of those that are done."""
    best = best_so_far([y for _, y in points], not sweep.goal.greatest)  # dots count downwards
    ink = palette.ink(COLOURS["best"], canvas.look)
    start, level = (points[0][0], best[0]) if points else (0, 0)
    for (x, _), y in zip(points, best, strict=True):
        if y != level or x == points[-1][0]:
            canvas.line(start, level, x, level, ink)
            canvas.line(x, level, x, y, ink)
            start, level = x, y


def _whole(value: float) -> str:
    """A tick of the axis of trials: there is none between two."""
    return f"{value:.0f}" if value == int(value) else ""


def _key(sweep: SweepProgress, width: int, look: TerminalCapabilities) -> list[Line]:
    """The value's name, and the signs that are in the plot."""
    best = Entry("━━" if look.unicode else "--", palette.ink(COLOURS["best"], look), "best so far")
    entries = [
        Entry(marks[not look.unicode], palette.ink(COLOURS[state], look), state)
        for state, marks in MARKS.items()
        if sweep.of(state)
    ]
    return [line_of(sweep.goal.metric, width, look, BOLD), *legend([best, *entries], width, 1, look)]
