"""The top of a live view: which recipe, how it stands, on what data and device, how far and how fast."""

from collections.abc import Mapping

from rich.segment import Segment
from rich.style import Style

from dltui.recipes.recipe import Recipe
from dltui.render import pace, palette
from dltui.render.cells import FAINT, Line, cell_width, cut, fit, pad, shown
from dltui.render.number import clock, count, rate
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from dltui.runs.run import Run

BOLD = Style(bold=True)
CALM = palette.series(0)
STATUS = {
    "starting": CALM,
    "running": palette.GOOD,
    "paused": palette.WARNING,
    "done": palette.GOOD,
    "stopped": palette.WARNING,
    "failed": palette.BAD,
    "diverged": palette.BAD,
    "lost": palette.BAD,
}
SOURCES = {"hub": "from the hub", "builtin": "built-in data", "path": "your own data"}


def status(history: History, *, lost: bool = False) -> str:
    """Returns how the run stands in one word, a key of STATUS. lost: its engine has gone without a word."""
    if history.finished:
        return history.finished["status"] if history.finished["status"] in STATUS else "failed"
    if lost:
        return "lost"
    if history.started is None:
        return "starting"
    return "paused" if history.paused else "running"


def title_line(history: History, recipe: Recipe, width: int, look: TerminalCapabilities, *, lost: bool = False) -> Line:
    """The recipe's title at the left, the status as a badge at the right."""
    word = status(history, lost=lost)
    badge = f" {word.upper()} "
    style = palette.ink(STATUS[word], look, bold=True) + Style(reverse=True)
    room = max(0, width - len(badge) - 1)
    title = cut(shown(recipe.title), room, look)
    return fit([Segment(pad(title, room), BOLD), Segment(" "), Segment(badge, style)], width)


def data_words(data: Mapping) -> str:
    """Returns which rows a run has and from where: "mnist: built-in data"; of a data set of the hub that the user named
    its name, as it has nothing of the data kind but the form."""
    if data.get("from") == "hf":
        return shown(str(data.get("detail", "")).partition(" ")[0])
    kind, source = shown(data.get("kind", "data")), SOURCES.get(data.get("from", ""), "")
    words = f"{kind}: {source}" if source else kind
    return f"{words}, on the host" if data.get("on") == "host" else words


def facts_line(history: History, run: Run, width: int, look: TerminalCapabilities) -> Line:
    """The run's id and what the user noted about it, its data and their source, its device; what is least needed goes
    first where there is no room."""
    started, noted = history.started, shown(run.annotations.words)
    if started is None:
        return joined([part for part in ((shown(run.id), FAINT), (noted, BOLD)) if part[0]], width, look)
    data = started.get("data") or {}
    # a stand-in must not be taken for the data set itself
    stands_in = palette.ink(palette.WARNING, look) if data.get("from") == "builtin" else FAINT
    parts = [(shown(run.id), FAINT), (noted, BOLD)]
    if data and data.get("kind") != "":  # a demonstration that has no rows
        parts.append((data_words(data), stands_in))
    parts.append((shown(started.get("device", "")), FAINT))
    parts.append((f"{shown(started.get('precision', ''))}", FAINT))
    if started.get("params"):
        least = started.get("least_params", started["params"])  # of the smallest variant
        span = f"{count(least)} to " if least < started["params"] else ""
        parts.append((f"{span}{count(started['params'])} parameters", FAINT))
    if history.checkpoints:
        parts.append((f"checkpoint at step {count(history.checkpoints[-1]['step'])}", FAINT))
    return joined([part for part in parts if part[0]], width, look)


def joined(parts: list[tuple[str, Style]], width: int, look: TerminalCapabilities) -> Line:
    """Texts one after the other on a line of `width` cells; the last ones are left out where there is no room."""
    between = "  " if width < 100 else ("  ·  " if look.unicode else "  |  ")
    line: Line = []
    used = 0
    for text, style in parts:
        if used and used + len(between) + cell_width(text) > width:
            break
        if used:
            line.append(Segment(between, FAINT))
            used += len(between)
        line.append(Segment(cut(text, width, look), style))
        used += cell_width(text)
    return fit(line, width)


def progress_line(history: History, width: int, look: TerminalCapabilities, now: float | None = None) -> Line:
    """A bar, step and steps, steps per second, time gone and time left."""
    going = pace.of(history, now)
    parts = [f"step {count(history.step)}/{count(history.steps)}"]
    if going.rate:
        parts.append(f"{rate(going.rate)} steps/s")
    parts.append(f"{clock(going.elapsed)} elapsed")
    if going.left is not None and not history.paused:
        parts.append(f"{clock(going.left)} left")
    while len(parts) > 1 and len("  ".join(parts)) + 12 > width:
        parts.pop(1 if len(parts) > 2 else -1)
    text = "  ".join(parts)
    share = min(1.0, history.step / history.steps) if history.steps else 0.0
    drawn = bar(share, width - len(text) - 2, STATUS[status(history)], look)
    return fit([*drawn, Segment("  " if drawn else ""), Segment(text)], width)


def bar(share: float, width: int, colour: str, look: TerminalCapabilities) -> Line:
    """A bar of `width` cells, filled by a share (0..1); nothing where it would be too short."""
    if width < 4:
        return []
    if not look.unicode:
        full = round(share * (width - 2))
        return [Segment("[" + "#" * full + "-" * (width - 2 - full) + "]")]
    halves = round(share * 2 * width)
    full = "━" * (halves // 2) + ("╸" if halves % 2 else "")
    return [
        Segment(full, palette.ink(colour, look)),
        Segment("━" * (width - len(full)), palette.faint("#808080", look)),
    ]
