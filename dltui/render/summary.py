"""What a run came to, for the scrollback: how it ended, its claims, first and last values, what to do next."""

import shlex
from pathlib import Path

from rich.segment import Segment
from rich.style import Style

from dltui.recipes.recipe import Recipe
from dltui.render import claims, header, palette
from dltui.render.cells import FAINT, Line, cell_width, cut, fit, pad, shown, wrapped
from dltui.render.metrics import most_frequent_first
from dltui.render.number import count, measured, spoken
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from dltui.runs.run import Run

BOLD = Style(bold=True)
WIDEST = 100  # cells: beyond, the badge is too far from what it stands for
MOST = 12  # lines of values
AGAIN = ("stopped", "failed", "lost")  # what a run may go on from


def render(
    history: History, run: Run, recipe: Recipe, width: int, look: TerminalCapabilities, *, lost: bool = False
) -> list[Line]:
    """Returns lines of `width` cells, as many as there is to say. lost: the engine went without ending its log."""
    word = header.status(history, lost=lost)
    whole, width = width, min(width, WIDEST)
    lines = [header.title_line(history, recipe, width, look, lost=lost), _effort(history, width, look)]
    finished = history.finished or {}
    for text in (finished.get("error"), finished.get("hint")):
        colour = palette.BAD if text == finished.get("error") else palette.WARNING
        lines += [[Segment(f"  {line}", palette.ink(colour, look))] for line in wrapped(text or "", width - 2) if line]
    found = claims.judged(history, recipe) if history.finished else []
    for part in (
        claims.lines(found, width, look),
        _values(history, width, look),
        _next(history, run, word, width),
    ):
        lines += [[], *part] if part else []
    return [fit(line, whole) for line in lines]


def _effort(history: History, width: int, look: TerminalCapabilities) -> Line:
    """Steps, time, device and data in one sentence."""
    started = history.started or {}
    seconds = history.finished["seconds"] if history.finished else history.latest - history.began
    parts = [f"{count(history.step)} of {count(history.steps)} steps in {spoken(seconds)}"]
    if started.get("device"):
        parts.append(f"on {shown(started['device'])}")
    line = [Segment(" ".join(parts))]
    data = started.get("data") or {}
    if data:
        source = header.SOURCES.get(data.get("from", ""), shown(data.get("from", "")))
        ink = palette.ink(palette.WARNING, look) if data.get("from") == "builtin" else FAINT
        line += [Segment("  "), Segment(f"{shown(data.get('kind', ''))}: {source}", ink)]
    return fit(line, width)


def _values(history: History, width: int, look: TerminalCapabilities) -> list[Line]:
    """First and last value of every metric but the side curves."""
    keys = most_frequent_first(history.curves, history.declared)
    names = {key: shown(f"{key[0]}.{key[1]}" if key[0] else key[1]) for key in keys}
    widest = min(max(map(cell_width, names.values()), default=0), width // 2)
    arrow = "→" if look.unicode else "->"
    lines: list[Line] = []
    for key in keys[:MOST]:
        values = history.curves[key].values
        written = measured(values)
        first = f"{written(values[0]):>8} {arrow} " if len(values) > 1 else " " * (10 + len(arrow))
        name = pad(cut(names[key], widest, look), widest)
        lines.append([Segment(f"  {name}  "), Segment(first, FAINT), Segment(written(values[-1]), BOLD)])
    if len(keys) > MOST:
        lines.append([Segment(f"  +{len(keys) - MOST} more", FAINT)])
    return lines


def _next(history: History, run: Run, word: str, width: int) -> list[Line]:
    """Where the run lies, and commands to go on with."""
    identity, ours = shown(shlex.quote(run.word)), run.word == run.id
    offers = [("saved in", _short(run.path))]
    if word in AGAIN and history.checkpoints and ours:
        offers.append(("go on", f"dltui run --resume {identity}"))
    offers.append(("see it again", f"dltui replay {identity}"))
    other = _earlier(run)
    if other and ours:
        offers.append(("compare", f"dltui compare {shown(other)} {identity}"))
    return [
        [Segment(f"  {pad(what if number == 0 else '', 14)}", FAINT), Segment(part)]
        for what, how in offers
        for number, part in enumerate(_broken(how, max(1, width - 16)))
    ]


def _broken(command: str, width: int) -> list[str]:
    """A command as it can be copied into a shell: where it is too long for a line, broken before its last word."""
    first, _, last = command.rpartition(" ")
    return [f"{first} \\", last] if first and cell_width(command) > width else [command]


def _short(path: Path) -> str:
    """A path as a person would type it."""
    try:
        return "~/" + shown(path.relative_to(Path.home()))
    except (ValueError, RuntimeError):  # not beneath the home folder, or there is none
        return shown(path)


def _earlier(run: Run) -> str:
    """The id of the newest run of the same name before this one; '' where there is none."""
    try:
        names = [path.name for path in run.path.parent.iterdir() if path.name.startswith(f"{run.recipe_name}-")]
    except OSError:
        return ""
    before = [name for name in names if Run(Path(name)).recipe_name == run.recipe_name and name < run.id]
    return max(before, default="")
