"""The whole live view of a run: head, curves, newest pictures, claim, last note."""

from rich.segment import Segment
from rich.style import Style

from dltui.recipes.recipe import Recipe
from dltui.render import claims, gallery, header, palette, plots
from dltui.render.cells import FAINT, Line, beside, blank, cell_width, cut, filled, fit, message, shown, stacked
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from dltui.runs.run import Run

GAP = 2
NARROW, LOW = 60, 15  # below: the essential only
ROOMY = 30  # lines from which on blank ones set the parts apart
LEVELS = {"error": palette.BAD, "warning": palette.WARNING}
KEYS = "Ctrl-C stops and saves"


def render(
    history: History,
    run: Run,
    recipe: Recipe,
    width: int,
    height: int,
    look: TerminalCapabilities,
    *,
    now: float | None = None,
    keys: str = KEYS,
    lost: bool = False,
    said: str = "",
) -> list[Line]:
    """Returns `height` lines of `width` cells.

    now: the time, in seconds since 1970; that of the last event where None. keys: what the keyboard does here, until
    the run is over. lost: the engine has gone without ending its log. said: shown in the place of the newest note.
    """
    top = [header.title_line(history, recipe, width, look, lost=lost)]
    if history.started and height >= 3:
        top.append(header.progress_line(history, width, look, now))
    if width >= NARROW and height >= LOW:
        top.insert(1, header.facts_line(history, run, width, look))
    if height >= ROOMY:
        top += blank(width)
    note = (shown(said), palette.ink(palette.WARNING, look)) if said else _note(history, lost, look)
    over = lost or history.finished is not None  # the keys do nothing any more
    bottom = _bottom(history, recipe, width, height, look, "" if over else keys, note)
    room = height - len(top) - len(bottom)
    body = _body(history, run, recipe, width, room, look) if room > 0 else []
    return filled([*top, *body, *bottom], width, height)


def _bottom(
    history: History,
    recipe: Recipe,
    width: int,
    height: int,
    look: TerminalCapabilities,
    keys: str,
    note: tuple[str, Style],
) -> list[Line]:
    """The claims where there are any, and the last line: a note and the keys."""
    if height < 6:
        return []
    found = claims.judged(history, recipe) if height >= LOW else []
    apart = blank(width) if height >= ROOMY else []
    told = [claims.line(found, history.declared, width, look)] if found else []
    return [*apart, *told, last_line(*note, shown(keys), width, look)]


def last_line(note: str, style: Style, keys: str, width: int, look: TerminalCapabilities) -> Line:
    """A note at the left, what the keyboard does at the right; the note only where there is no room for both."""
    room = width - cell_width(keys) - GAP
    if room < 20 or not keys:
        return fit([Segment(cut(note or keys, width, look), style if note else FAINT)], width)
    text = cut(note, room, look)
    return fit([Segment(text, style), Segment(" " * (room - cell_width(text) + GAP)), Segment(keys, FAINT)], width)


def _note(history: History, lost: bool, look: TerminalCapabilities) -> tuple[str, Style]:
    """The newest note and how it looks; a fault of the run itself comes before every note."""
    if lost and not history.finished:
        return "Its engine is gone. Go on with: dltui run --resume", palette.ink(palette.BAD, look)
    if history.finished and history.finished.get("error"):
        return shown(history.finished["error"]), palette.ink(palette.BAD, look)
    if not history.notes:
        return "", FAINT
    note = history.notes[-1]
    colour = LEVELS.get(note["level"])
    return shown(note["text"]), palette.ink(colour, look) if colour else FAINT


def _body(
    history: History, run: Run, recipe: Recipe, width: int, height: int, look: TerminalCapabilities
) -> list[Line]:
    """Curves at the left, pictures at the right; one above the other where the terminal is narrow and high."""
    if history.started is None:
        return message("Starting ..." if not history.notes else "", width, height, look)
    if not history.frames or (height < 10 and width < 2 * NARROW):
        return plots.render(history, recipe, width, height, look)
    if width < NARROW:
        if height < 24:
            return plots.render(history, recipe, width, height, look)
        half = height // 2
        above = plots.render(history, recipe, width, height - half, look)
        return stacked([above, gallery.render(history, run, width, half, look)])
    right = (width - GAP) // 2 if width < 160 else (width - GAP) * 3 // 5
    left = plots.render(history, recipe, width - GAP - right, height, look)
    return beside([left, gallery.render(history, run, right, height, look)], GAP)
