"""How a run ended, large: the claim met or not, or what went wrong, in words."""

from rich.segment import Segment
from rich.style import Style

from dltui.jobs import launch
from dltui.render import claims, header, palette
from dltui.render.cells import FAINT, Line, cell_width, fit, pad, shown, wrapped
from dltui.render.number import count, number, spoken
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from dltui.runs.run import Run
from dltui.tui.sheet import SheetWidget

ROOMY = 30  # lines of the screen from which the word stands on a band of three lines
CLAIMS = {False: 2, True: 5}  # lines that claims may take of a screen that is roomy or not: pictures come first
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


def lines(history: History, run: Run, lost: bool, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns how the run ended, on a screen of `height` lines; [] while it goes on."""
    status = header.status(history, lost=lost)
    if status not in WORDS:
        return []
    finished = history.finished or {}
    expect = finished.get("expect") or []
    word, colour = WORDS[status]
    if status == "done" and expect:
        met = all(item["ok"] for item in expect)
        word, colour = ("CLAIM MET", palette.GOOD) if met else ("CLAIM NOT MET", palette.BAD)
    style = palette.ink(colour, look, bold=True) + Style(reverse=True)
    text = f"  {word}    {_after(history, status, width - cell_width(word) - 8)}"
    band = [[Segment(line, style)] for line in (pad("", width), pad(text, width), pad("", width))]
    if height < ROOMY:
        band = band[1:2]
    told = (
        claims.brief(expect, width, CLAIMS[height >= ROOMY], look)
        if status == "done"
        else _fault(finished, run, status, width, look)
    )
    hint = fit([Segment("  " + "   ".join(_next(history, status)), FAINT)], width)
    return [*band, *told, *([hint] if height >= ROOMY or status != "done" else [])]


def _next(history: History, status: str) -> list[str]:
    """What can be done now: only a run that has a checkpoint goes on, only one that has taken a step is shown again."""
    found = [LOG] if status in ("failed", "diverged", "lost") else []
    if status in RESUMES and history.checkpoints:
        found.append(RESUMES[status])
    if status in ("done", "stopped", "diverged") and history.curves:
        found.append("p: watch it again")
    return found or [LOG]


def _after(history: History, status: str, width: int) -> str:
    finished = history.finished
    if finished is None:
        return f"at step {count(history.step)}"
    told = f"after {spoken(finished['seconds'])}"
    if status != "done":
        return f"{told}   at step {count(finished.get('step', history.step))}"
    for name, value in finished["summary"].items():
        more = f"{told}   {shown(name)} {number(value)}"
        if cell_width(more) > width:
            break
        told = more
    return told


def _fault(finished: dict, run: Run, status: str, width: int, look: TerminalCapabilities) -> list[Line]:
    """What went wrong and what to do; where the engine could not say so, the last it printed."""
    text = finished.get("error") or (launch.last_words(run, 6) if status in ("lost", "failed") else "")
    red = palette.ink(palette.BAD, look) if status != "stopped" else None
    drawn = [fit([Segment("  "), Segment(part, red)], width) for part in wrapped(text, width - 4)] if text else []
    if finished.get("hint"):
        drawn += [fit([Segment("  "), Segment(part)], width) for part in wrapped(finished["hint"], width - 4)]
    return drawn
