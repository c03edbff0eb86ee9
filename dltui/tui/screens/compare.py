"""Runs over each other: their curves, their summaries, and what was configured differently."""

import shlex
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from dltui.runs.run import Run
from dltui.tui.comparison import Comparison
from dltui.tui.curve_view import Shown
from dltui.tui.messages import Told
from dltui.tui.run_watcher import PAUSE, RunClock
from dltui.tui.screens.settling import Settling
from dltui.tui.widgets.config_diff import ConfigDiff
from dltui.tui.widgets.curve_plot import CurvePlot
from dltui.tui.widgets.status_line import StatusLine

LOW = 18  # rows below which curves and table are seen one at a time
NOT_HERE = ("x", "y", "left", "right")  # keys of the curves: each run has a clock of its own; m is the next plot
HINTS = [
    ("m", "next metric"), ("up down", "scroll"), ("z", "full screen"), ("c", "cursor"), ("g", "log axis"),
    ("[ ]", "smooth"), ("+ -", "stretch"), ("esc", "back"), ("?", "all keys"), ("y", "copy command"),
]  # fmt: skip
PARTS = ("both", "curves", "table")


class CompareScreen(Settling):
    """Follows runs that go on. Its command-line twin: dltui compare."""

    HELP = (
        "Compare\n"
        "The curves of several runs over each other, metric by metric; under them the runs side by side. "
        "Keys turn the curves as on the screen of one run. In the shell: dltui compare RUN RUN."
    )
    AUTO_FOCUS = "ConfigDiff"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "metric(1)", "Next metric", id="compare.metric"),
        Binding("M", "metric(-1)", "Metric before", id="compare.metric-before"),
        Binding("z", "zoom", "Curves, table, both", id="compare.zoom"),
        Binding("left", "sideways(-1)", "Cursor left; other runs", id="compare.left"),
        Binding("right", "sideways(1)", "Cursor right; other runs", id="compare.right"),
        Binding("y", "copy", "Copy the command that compares them", id="compare.copy"),
        *(
            replace(key, action=f"curves('{key.action}')", show=False)
            for key in Binding.make_bindings(CurvePlot.BINDINGS)
            if key.key not in NOT_HERE
        ),
    ]
    DEFAULT_CSS = """
    CompareScreen {
        layout: vertical;
        CurvePlot { height: 9fr; }
        ConfigDiff {
            height: 10fr;
            scrollbar-color: $border-blurred;
            scrollbar-color-hover: $border;
            scrollbar-color-active: $border;
            scrollbar-background: $background;
            scrollbar-background-hover: $background;
            scrollbar-background-active: $background;
        }
        &.-curves ConfigDiff, &.-table CurvePlot { display: none; }
    }
    """

    def __init__(self, runs: list[Run]):
        super().__init__()
        self.comparison = Comparison(runs)
        self.curves, self.table, self.status = CurvePlot(), ConfigDiff(), StatusLine()
        self.curves.can_focus = False  # its keys are the screen's
        self.part = "both"
        self._catching_up = False  # it is going to read on

    def compose(self) -> ComposeResult:
        yield self.curves
        yield self.table
        yield self.status

    def on_mount(self) -> None:
        for problem in self.comparison.problems:
            self.post_message(Told(problem, "warning"))
        self.drain()

    # -- what is new ---------------------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Takes in what is new: called by the app's timer some times a second."""
        if not self.is_mounted:
            return
        if self.comparison.poll():
            self.draw()
        self._catch_up_soon()
        self._show_status()

    def _catch_up_soon(self) -> None:
        """Reads on in long logs, piece by piece. A callback would come after each message: nothing would be drawn."""
        if self.comparison.behind and not self._catching_up:
            self._catching_up = True
            self.set_timer(PAUSE, self._catch_up)

    def _catch_up(self) -> None:
        self._catching_up = False
        self.comparison.poll()
        if self.comparison.behind:
            self._catch_up_soon()
        else:
            self.draw()

    def draw(self) -> None:
        """Draws everything; only cells that changed are sent."""
        if not self.is_mounted or not self.size:
            return
        comparison = self.comparison
        history = comparison.history
        self.curves.show(Shown(history, comparison.recipe, RunClock(), self.app.look))
        self.table.show(comparison.title, comparison.names, comparison.colours(history), comparison.rows())
        self._show_status()

    def _show_status(self) -> None:
        small = self.app.size.height < LOW and self.part != "both"
        standing = (
            f"{self.app.size.width}x{self.app.size.height}: one part at a time, z shows the other" if small else ""
        )
        reading = "reading the logs ..." if self.comparison.behind else ""
        self.status.show(HINTS, standing or reading, self.app.look)

    def look_changed(self) -> None:
        """The theme has another ground or other colours."""
        self.table.lay_out()
        self.draw()

    def on_resize(self) -> None:
        if self.app.size.height < LOW and self.part == "both":
            self._show_part("curves")
        self.call_after_refresh(self.draw)

    def on_screen_resume(self) -> None:
        self.drain()

    # -- keys ----------------------------------------------------------------------------------------------------------

    async def action_curves(self, action: str) -> None:
        await self.curves.run_action(action)

    def action_metric(self, by: int) -> None:
        self.curves.view.first += by
        self.curves.again()

    def action_zoom(self) -> None:
        parts = PARTS if self.app.size.height >= LOW else PARTS[1:]
        self._show_part(parts[(parts.index(self.part) + 1) % len(parts)])

    def _show_part(self, part: str) -> None:
        self.part = part
        self.set_class(part == "curves", "-curves")
        self.set_class(part == "table", "-table")
        if part != "curves":
            self.table.focus()
        self.call_after_refresh(self.draw)

    async def action_sideways(self, by: int) -> None:
        """Moves the cursor where there is one; else shows runs that have no room in the table."""
        if self.curves.view.cursor is not None:
            await self.curves.run_action("left" if by < 0 else "right")
        else:
            self.table.shift(by)

    def action_copy(self) -> None:
        command = shlex.join(["dltui", "compare", *(run.id for run in self.comparison.runs)])
        self.app.copy_to_clipboard(command)
        self.post_message(Told(f"Copied: {command}"))
