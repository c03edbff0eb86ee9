"""A run's replay as a film: a GIF for slides, or an asciicast for asciinema, which any terminal plays."""

import json
from collections.abc import Iterator
from typing import IO, NamedTuple

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.recipe import Recipe
from dltui.render import dashboard
from dltui.render.cells import Line
from dltui.render.terminal import Ink
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.render.watch import SILENCE
from dltui.report import raster
from dltui.report.cells_svg import DARK
from dltui.runs.events import Tail
from dltui.runs.history import History
from dltui.runs.run import Run

LONGEST = 12.0  # seconds of a GIF, however long the run was
GIF_EVERY, CAST_EVERY = 0.12, 0.25  # seconds between two moments
LAST = 3.0  # seconds that the end stays
COLOURS = 128  # of a GIF


class Moment(NamedTuple):
    """What the screen shows from a time on, in seconds since the film began."""

    seconds: float
    lines: list[Line]


def moments(run: Run, recipe: Recipe, size: tuple[int, int], every: float, longest: float = 0.0) -> Iterator[Moment]:
    """Yields a run's view on (columns, lines) as it changed, silences cut as `replay` cuts them.

    every: seconds of the film between two moments, at least. longest: seconds of the whole film; what took longer is
    shown faster; 0 for as long as it was. Raises DltuiError (3) for a run without events.
    """
    length = _length(run)
    speed = max(1.0, length / longest) if longest else 1.0
    history, look = History(compact=True), TerminalCapabilities()
    clock, before, due = 0.0, 0.0, 0.0
    for event in Tail(run.log, stored=True).read():
        clock += min(SILENCE, max(0.0, event["t"] - (before or event["t"]))) / speed
        before = event["t"]
        history.take((event,))
        if clock >= due and history.started and not history.finished:
            yield Moment(clock, dashboard.render(history, run, recipe, *size, look, now=history.latest, keys=""))
            due = clock + every
    yield Moment(max(clock, due), dashboard.render(history, run, recipe, *size, look, now=history.latest, keys=""))


def _length(run: Run) -> float:
    """Seconds that a replay takes."""
    total, before, count = 0.0, 0.0, 0
    for event in Tail(run.log, stored=True).read():
        total += min(SILENCE, max(0.0, event["t"] - (before or event["t"])))
        before, count = event["t"], count + 1
    if not count:
        raise DltuiError(f"{run.id} has no events yet.", f"Watch it: dltui attach {run.id}", ExitStatus.NOT_FOUND)
    return total


def write_gif(file: IO[bytes], run: Run, recipe: Recipe, size: tuple[int, int]) -> None:
    """Writes the film as a GIF that plays for ever. Raises DltuiError, OSError."""
    found = list(moments(run, recipe, size, GIF_EVERY, LONGEST))
    pictures = [raster.image(moment.lines, DARK).quantize(COLOURS) for moment in found]
    ends = [moment.seconds for moment in found[1:]] + [found[-1].seconds + LAST]
    shown = [round(1000 * (end - moment.seconds)) for moment, end in zip(found, ends, strict=True)]
    first, *rest = pictures
    first.save(file, "GIF", save_all=True, append_images=rest, duration=shown, loop=0, optimize=False)


def write_cast(file: IO[bytes], run: Run, recipe: Recipe, size: tuple[int, int]) -> None:
    """Writes the film as an asciicast, version 2 (https://docs.asciinema.org/manual/asciicast/v2).

    Only rows that changed are written. Raises DltuiError, OSError.
    """
    ink, before, clear = Ink(TerminalCapabilities()), [b""] * size[1], b"\x1b[?25l\x1b[2J"
    head = {"version": 2, "width": size[0], "height": size[1], "title": recipe.title, "env": {"TERM": "xterm-256color"}}
    file.write(json.dumps(head, ensure_ascii=False).encode() + b"\n")
    for moment in moments(run, recipe, size, CAST_EVERY):
        rows = [ink.row(line) for line in moment.lines]
        changed = [f"\x1b[{at + 1}H".encode() + row for at, row in enumerate(rows) if row != before[at]]
        sent = clear + b"".join(changed)
        line = [round(moment.seconds, 3), "o", sent.decode()]
        file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        before, clear = rows, b""
