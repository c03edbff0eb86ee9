"""What a run came to, for the scrollback: how it ended, first and last values and what was claimed, what to do next."""

import math
import shlex
from pathlib import Path
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from dltui.recipes.recipe import Recipe
from dltui.render import claims, gallery, guess, header, palette
from dltui.render.cells import FAINT, Line, cell_width, cut, fit, pad, shown, wrapped
from dltui.render.metrics import UNKNOWN, most_frequent_first
from dltui.render.number import count, measured, spoken, writer
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from dltui.runs.run import Run

BOLD = Style(bold=True)
WIDEST = 100  # cells: beyond, the badge is too far from what it stands for
MOST, FEWER = 12, 5  # lines of values, without pictures and beneath them
LEAST, HIGHEST = 6, 16  # lines of the pictures
REST = 16  # lines of a terminal that all else takes
AGAIN = ("stopped", "failed", "lost")  # what a run may go on from


def render(
    history: History,
    run: Run,
    recipe: Recipe,
    width: int,
    look: TerminalCapabilities,
    *,
    lost: bool = False,
    kept: bool = True,
    height: int = 0,
) -> list[Line]:
    """Returns lines of `width` cells, as many as there is to say. lost: the engine went without ending its log.
    kept: whether the run stays, so that it can be seen again.

    height: lines of the terminal, 0 for none: the run's last pictures stand above fewer values, and all that has room.
    """
    word = header.status(history, lost=lost)
    whole, width = width, min(width, WIDEST)
    lines = [header.title_line(history, recipe, width, look, lost=lost), _effort(history, width, look)]
    finished = history.finished or {}
    for text in (finished.get("error"), finished.get("hint")):
        colour = palette.BAD if text == finished.get("error") else palette.WARNING
        lines += [[Segment(f"  {line}", palette.ink(colour, look))] for line in wrapped(text or "", width - 2) if line]
    found = claims.judged(history, recipe) if history.finished else []
    if found:
        lines.insert(1, _result(found, look))
    if verdict := guess.judged(history, recipe):
        ink = palette.ink({"right": palette.GOOD, "near": palette.GOOD}.get(verdict.kind, palette.WARNING), look)
        lines += [[], *([Segment(f"  {line}", ink)] for line in wrapped(verdict.text, width - 2))]
    room = min(HIGHEST, height - REST)
    seen = gallery.render(history, run, width, room, look) if history.frames and room >= LEAST else []
    values = _values(history, found, FEWER if seen else MOST, width, look)
    for part in (seen, values, _next(history, run, word, width) if kept else []):
        lines += [[], *part] if part else []
    return [fit(line, whole) for line in lines]


def _result(found: list[dict], look: TerminalCapabilities) -> Line:
    """All claims in one line."""
    met = sum(one["ok"] for one in found)
    ok = met == len(found)
    if len(found) == 1:
        text = "claim met" if ok else "claim not met"
    else:
        text = f"all {met} claims met" if ok else f"{met} of {len(found)} claims met"
    colour = palette.ink(palette.GOOD if ok else palette.BAD, look, bold=True)
    sign = (("✓" if ok else "✗") + " ") * look.unicode
    return [Segment(f"{sign}{text}", colour)]


def _effort(history: History, width: int, look: TerminalCapabilities) -> Line:
    """Steps, time, device and data in one sentence."""
    started = history.started or {}
    seconds = history.finished["seconds"] if history.finished else history.latest - history.began
    took = f" in {spoken(seconds)}" if seconds else ""  # a log that was imported does not tell
    parts = [f"{count(history.step)} of {count(history.steps)} steps{took}"]
    if started.get("device"):
        parts.append(f"on {shown(started['device'])}")
    line = [Segment(" ".join(parts))]
    data = started.get("data") or {}
    if data and data.get("kind") != "":  # a demonstration that has no rows
        ink = palette.ink(palette.WARNING, look) if data.get("from") == "builtin" else FAINT
        line += [Segment("  "), Segment(header.data_words(data), ink)]
    return fit(line, width)


class _Row(NamedTuple):
    """A value: its name, at the first step and at the last, and what is claimed of it."""

    name: str
    first: str
    last: str
    claims: list[dict]


def _values(history: History, found: list[dict], most: int, width: int, look: TerminalCapabilities) -> list[Line]:
    """First and last value of every metric but the side curves, and the claims beside what they are about.

    What is claimed comes first, of that what is not met; a value that no curve ends with has a line of its own.
    """
    rows = _rows(history, found)
    rows.sort(key=lambda row: (not row.claims, all(one["ok"] for one in row.claims)))
    most = max(most, sum(any(not one["ok"] for one in row.claims) for row in rows))
    widest = min(max((cell_width(row.name) for row in rows), default=0), width // 2)
    size = max((cell_width(row.last) for row in rows if row.claims), default=0)
    arrow = "→" if look.unicode else "->"
    lines: list[Line] = []
    for row in rows[:most]:
        first = f"{row.first:>8} {arrow} " if row.first else " " * (10 + len(arrow))
        name = pad(cut(row.name, widest, look), widest)
        last = pad(row.last, size) if row.claims else row.last
        line = [Segment(f"  {name}  "), Segment(first, FAINT), Segment(last, BOLD)]
        for one in row.claims:
            room = width - sum(cell_width(part.text) for part in line)
            line += _claim(one, room, look)
        lines.append(line)
    if len(rows) > most:
        lines.append([Segment(f"  +{len(rows) - most} more", FAINT)])
    return lines


def _rows(history: History, found: list[dict]) -> list[_Row]:
    left = list(found)
    rows = []
    for key in most_frequent_first(history.curves, history.declared):
        series, metric = key
        values, name = history.curves[key].values, shown(f"{series}.{metric}" if series else metric)
        declared = history.declared.get(metric, UNKNOWN)
        written = writer(declared) if declared.is_count else measured(values)
        mine = [one for one in left if shown(one["name"]) == name]
        left = [one for one in left if one not in mine]
        judged = mine[0]["got"] if mine else values[-1]
        last = claims.NEVER if judged is None or math.isnan(float(judged)) else written(float(judged))
        rows.append(_Row(name, written(values[0]) if len(values) > 1 else "", last, mine))
    return [*rows, *(_Row(shown(one["name"]), "", claims.got(one, history.declared), [one]) for one in left)]


def _claim(one: dict, room: int, look: TerminalCapabilities) -> Line:
    """What is claimed of a value, after it: whole where that has room, else in brief."""
    sign = claims.mark(one["ok"], look)
    room -= cell_width(sign.text) + 3
    text = claims.bound(one, short=False)
    if cell_width(text) > room:
        text = claims.bound(one, short=True)
    return [Segment("  "), sign, Segment(f" {cut(text, max(0, room), look)}")]


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
