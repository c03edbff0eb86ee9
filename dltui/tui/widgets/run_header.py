"""The top of the run screen: which recipe, how the run stands, how far and how fast, on what, and what it takes."""

from rich.segment import Segment

from dltui.render import header
from dltui.render.cells import FAINT, cell_width, fit
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui.meter import Gpu, Reading
from dltui.tui.open_run import OpenRun
from dltui.tui.sheet import SheetWidget


class RunHeader(SheetWidget):
    """Three rows: title and status; progress; data, device and what the engine takes."""

    DEFAULT_CSS = """
    RunHeader { height: 3; }
    """

    def show(self, opened: OpenRun, look: TerminalCapabilities, now: float | None) -> None:
        """Draws the head of a run as it is at the time `now`, that of its last event where None."""
        width = self.size.width
        history = opened.history
        lost = opened.lost and opened.replay is None
        usage = usage_text(opened.reading, opened.gpu) if opened.live else ""
        facts = header.facts_line(history, opened.run, max(0, width - cell_width(usage) - 2), look)
        self.sheet.show(
            [
                header.title_line(history, opened.recipe, width, look, lost=lost),
                header.progress_line(history, width, look, now),
                fit([*facts, Segment("  "), Segment(usage, FAINT)], width) if usage else facts,
            ]
        )


def usage_text(reading: Reading, gpu: Gpu | None) -> str:
    """Returns what the engine takes of the machine: "CPU 187 %  612 MiB  GPU 43 % 2.1 of 139 GiB"."""
    if not reading.memory:
        return ""
    parts = [f"CPU {reading.cpu:.0f} %"] if reading.cpu is not None else []
    mebibytes = reading.memory / 2**20
    parts.append(f"{mebibytes:.0f} MiB" if mebibytes < 10_000 else f"{mebibytes / 1024:.1f} GiB")
    if gpu:
        parts.append(f"GPU {gpu.used:.0f} % {gpu.memory / 1024:.1f} of {gpu.total / 1024:.0f} GiB")
    return "  ".join(parts)
