"""How a run ended, large: the claims met or not with what was reached, or what went wrong, in words."""

from rich.segment import Segment
from rich.style import Style

from dltui.jobs import launch
from dltui.recipes.claims import metric_of
from dltui.recipes.recipe import Recipe
from dltui.render import claims, guess, header, palette
from dltui.render.cells import FAINT, Line, cell_width, cut, fit, pad, shown, wrapped
from dltui.render.metrics import UNKNOWN
from dltui.render.number import count, spoken, writer
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from dltui.runs.run import Run
from dltui.tui.sheet import SheetWidget

ROOMY = 30  # lines of the screen from which the word stands on a band of three lines
CLAIMS = 5  # lines that claims may take of a roomy screen; elsewhere they stand on the band: pictures come first
BETWEEN = " " * 3  # what the band tells
WORDS = {
    "done": ("DONE", palette.GOOD),
    "stopped": ("STOPPED", palette.WARNING),
    "failed": ("FAILED", palette.BAD),
    "diverged": ("DIVERGED", palette.BAD),
    "lost": ("THE ENGINE IS GONE", palette.BAD),
}
LOG = "e: the engine's log"
RESUMES = {
    "stopped": "r: go on with it",
    "failed": "r: try again from the last checkpoint",
    "lost": "r: go on from the last checkpoint",
}


class Verdict(SheetWidget):
    """Stands above the pictures once a run has ended; its height is that of its lines."""

    def show(self, drawn: list[Line]) -> None:
        """Shows the lines of `lines`."""
        self.sheet.show(drawn)


def lines(
    history: History,
    run: Run,
    lost: bool,
    width: int,
    height: int,
    look: TerminalCapabilities,
    recipe: Recipe | None = None,
) -> list[Line]:
    """Returns how the run ended, on a screen of `height` lines; [] while it goes on. recipe: whose question was
    answered by a guess, if any."""
    status = header.status(history, lost=lost)
    if status not in WORDS:
        return []
    finished, roomy = history.finished or {}, height >= ROOMY
    expect = finished.get("expect") or [] if status == "done" else []
    word, colour = WORDS[status]
    if expect:
        met = all(item["ok"] for item in expect)
        word, colour = ("CLAIM MET", palette.GOOD) if met else ("CLAIM NOT MET", palette.BAD)
    style = palette.ink(colour, look, bold=True) + Style(reverse=True)
    text = f"  {word}    {_told(history, status, [] if roomy else expect, width - cell_width(word) - 8, look)}"
    band = [[Segment(line, style)] for line in (pad("", width), pad(text, width), pad("", width))]
    if not roomy:
        band = band[1:2]
    told = claims.brief(expect, history.declared, width, CLAIMS, look) if expect and roomy else []
    if recipe and (guessed := guess.judged(history, recipe)):
        ink = palette.ink(palette.WARNING if guessed.kind == "far" else palette.GOOD, look)
        told = [fit([Segment("  "), Segment(part, ink)], width) for part in wrapped(guessed.text, width - 4)] + told
    if status != "done":
        told = _fault(finished, run, status, width, look)
    hint = fit([Segment("  " + "   ".join(_next(history, status)), FAINT)], width)
    return [*band, *told, *([hint] if roomy or status != "done" else [])]


def _next(history: History, status: str) -> list[str]:
    """What can be done now: only a run that has a checkpoint goes on, only one that has taken a step is shown again."""
    found = [LOG] if status in ("failed", "diverged", "lost") else []
    if status in RESUMES and history.checkpoints:
        found.append(RESUMES[status])
    if status in ("done", "stopped", "diverged") and history.curves:
        found.append("p: watch it again")
    return found or [LOG]


def _told(history: History, status: str, expect: list[dict], width: int, look: TerminalCapabilities) -> str:
    """What the band tells beside its word, as much as has room: claims and what was reached, time, other values.

    expect: the claims to be told here. What is not met comes first, and no value stands twice.
    """
    finished = history.finished
    if finished is None:
        return f"at step {count(history.step)}"
    after = f"after {spoken(finished['seconds'])}"
    if status != "done":
        return f"{after}   at step {count(finished.get('step', history.step))}"
    judged = {item["name"] for item in finished.get("expect") or []}
    of = {name: history.declared.get(metric_of(name), UNKNOWN) for name in finished["summary"] if name not in judged}
    values = [
        f"{shown(name)} {writer(metric)(finished['summary'][name])}" for name, metric in of.items() if not metric.side
    ]
    told = _claimed(sorted(expect, key=lambda item: item["ok"]), history, width, look)
    for more in (*([after] if finished["seconds"] else ()), *values):  # a log that was imported does not tell
        longer = f"{told}{BETWEEN}{more}" if told else more
        if cell_width(longer) > width:
            break
        told = longer
    return told


def _claimed(expect: list[dict], history: History, width: int, look: TerminalCapabilities) -> str:
    """As many claims as have room side by side, and how many have none."""
    parts = [claims.phrase(item, history.declared) for item in expect]
    for number in range(len(parts), 0, -1):
        left = expect[number:]
        rest = [f"+{len(left)}{' met' * all(item['ok'] for item in left)}"] if left else []
        text = BETWEEN.join([*parts[:number], *rest])
        if cell_width(text) <= width:
            return text
    return cut(parts[0], width, look) if parts else ""


def _fault(finished: dict, run: Run, status: str, width: int, look: TerminalCapabilities) -> list[Line]:
    """What went wrong and what to do; where the engine could not say so, the last it printed."""
    text = finished.get("error") or (launch.last_words(run, 6) if status in ("lost", "failed") else "")
    red = palette.ink(palette.BAD, look) if status != "stopped" else None
    drawn = [fit([Segment("  "), Segment(part, red)], width) for part in wrapped(text, width - 4)] if text else []
    if finished.get("hint"):
        drawn += [fit([Segment("  "), Segment(part)], width) for part in wrapped(finished["hint"], width - 4)]
    return drawn
