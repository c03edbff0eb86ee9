"""The parts of the run screen: where each stands, and what is drawn when."""

import time
from collections.abc import Callable

from textual.containers import Horizontal
from textual.geometry import Size
from textual.widget import Widget

from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui import run_controls, run_keys, run_layout
from dltui.tui.curve_view import READABLE, Shown
from dltui.tui.open_run import OpenRun
from dltui.tui.run_controls import RunControls
from dltui.tui.run_layout import Layout
from dltui.tui.scrub import picture_steps
from dltui.tui.sheet import Unchanged
from dltui.tui.widgets import verdict
from dltui.tui.widgets.curve_plot import CurvePlot
from dltui.tui.widgets.engine_log import EngineLog
from dltui.tui.widgets.knob_panel import KnobPanel
from dltui.tui.widgets.note_list import NoteList
from dltui.tui.widgets.picture_wall import PictureWall
from dltui.tui.widgets.run_header import RunHeader
from dltui.tui.widgets.status_line import StatusLine
from dltui.tui.widgets.timeline import Timeline
from dltui.tui.widgets.verdict import Verdict

SECOND = 1.0  # between two looks at the clock in the header


class Lower(Unchanged, Horizontal):
    """Beneath the pictures: the page that was chosen, and what stands beside it."""


class RunBoard:
    """`page` is what `tab` chose for the lower part, `zoomed` the part that fills the screen, "" for none."""

    def __init__(self, again: Callable[[], None]):
        """again: draws everything once more, when parts have got other places."""
        self.page, self.zoomed = "pictures", ""
        self.header, self.verdict, self.wall, self.timeline = RunHeader(), Verdict(), PictureWall(), Timeline()
        self.curves, self.notes, self.engine_log = CurvePlot(), NoteList(), EngineLog()
        self.lower = Lower(self.curves, self.notes, self.engine_log, id="lower")
        self.knobs, self.status = KnobPanel(), StatusLine()
        self.knobs.display = False
        self._again = again
        self._layout: Layout | None = None
        self._headed = 0.0
        self._late = False  # whether the header has something new to tell
        self._told: tuple = ()

    @property
    def parts(self) -> tuple[Widget, ...]:
        """From top to bottom."""
        return self.header, self.verdict, self.wall, self.timeline, self.lower, self.knobs, self.status

    # -- choosing --------------------------------------------------------------------------------------------------

    def zoom(self, part: str) -> None:
        """Lets a part ("pictures", "curves") fill the screen, or puts it back."""
        self.zoomed = "" if self.zoomed == part else part
        self.wall.zoomed = self.zoomed == "pictures"
        self.focus_page()

    def turn_page(self, by: int, size: Size) -> None:
        """Shows the next page in the lower part."""
        pages = run_layout.pages(*size)
        place = pages.index(self.page) if self.page in pages else 0
        self.show_page(pages[(place + by) % len(pages)])

    def show_page(self, page: str) -> None:
        self.page = page
        self.focus_page()

    def focus_page(self) -> None:
        """Gives the keyboard to the page that is shown."""
        {"notes": self.notes, "log": self.engine_log}.get(self.page, self.curves).focus()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def draw(
        self, run: OpenRun, controls: RunControls, unsent: dict, size: Size, look: TerminalCapabilities, *, fresh: bool
    ) -> None:
        """Draws what changed. unsent: knobs that were turned and not yet asked for.

        fresh: there may be more to change than what the passing time and half-drawn pictures do.
        """
        now = time.monotonic()
        self._late |= fresh
        standing = (run.status, run.replay, run.scrub.step, look, size)
        pause = SECOND if not self._late else READABLE if run.live and not run.replay else 0.0
        if standing != self._told or now - self._headed >= pause:
            self._headed, self._late, self._told = now, False, standing
            self.header.show(run, look, time.time() if run.live and not run.replay else None)
        self._draw_status(run, controls, size, look)
        if run.watcher.behind and not run.replay:  # what would be drawn of a log that is being read stands not for long
            if self._layout is None:
                self._arrange(run, size, look)  # else the status line has no place yet
            return
        if fresh or self.curves.view.late:
            self._arrange(run, size, look)
            self._draw_lower(run, look)
            if self.knobs.display:
                self._draw_knobs(run, controls, unsent, look)
            if self.timeline.display:
                steps, end = picture_steps(run.history), max(run.history.steps, run.history.step)
                self.timeline.show(steps, run.scrub.step, end, look, live=run.live, replay=run.replay)
        if self.wall.display and not self.wall.shows(run.history, look, run.scrub.step):
            self.wall.call_later(self._draw_pictures, run, look)

    def _draw_pictures(self, run: OpenRun, look: TerminalCapabilities) -> None:
        """Draws pictures one after the other: a key that was pressed meanwhile comes first."""
        if not self.wall.show(run.history, run.run.frames, look, run.scrub.step):
            self.wall.call_later(self._draw_pictures, run, look)

    def _arrange(self, run: OpenRun, size: Size, look: TerminalCapabilities) -> None:
        """Gives every part its place; where one has another, all is drawn again once the places are known."""
        ended = [] if run.replay else verdict.lines(run.history, run.run, run.lost, *size, look, run.recipe)
        wanted = run_layout.layout(
            *size,
            page=self.page,
            zoomed=self.zoomed,
            pictures=bool(run.history.frames),
            verdict=len(ended),
            knobs=self.knobs.display,
        )
        self.verdict.show(ended[: wanted.verdict])
        if wanted == self._layout:
            return
        self._layout = wanted
        heights = {
            self.header: wanted.header,
            self.verdict: wanted.verdict,
            self.wall: wanted.wall,
            self.timeline: wanted.timeline,
        }
        for part, lines in heights.items():
            part.display = lines > 0
            part.styles.height = lines
        self.lower.display = wanted.lower > 0
        self.curves.display = wanted.page == "curves"
        for part, name in ((self.notes, "notes"), (self.engine_log, "log")):
            part.display = name in (wanted.page, wanted.side_page)
            part.styles.width = wanted.side if name == wanted.side_page else "1fr"
            part.set_class(name == wanted.side_page, "-side")
        self.wall.call_after_refresh(self._again)

    def _draw_lower(self, run: OpenRun, look: TerminalCapabilities) -> None:
        if self.curves.display and self.lower.display:
            self.curves.show(Shown(run.history, run.recipe, run.clock, look, run.scrub.step))
        if self.notes.display:
            self.notes.show(run.history, look)
        if self.engine_log.display:
            self.engine_log.show(run.run)

    def _draw_knobs(self, run: OpenRun, controls: RunControls, unsent: dict, look: TerminalCapabilities) -> None:
        variant = self.wall.variant or ""
        values = run_controls.knobs(run.watcher.history, variant)
        prefix = f"{variant}." if variant else ""
        asked = {key: asked.value for (op, key), asked in controls.asked.items() if op == "set"} | unsent
        wanted = {key.removeprefix(prefix): value for key, value in asked.items() if key.startswith(prefix)}
        if not run.live:
            self.knobs.wait(f"This run is {run.status}: its knobs cannot be turned any more.", look)
            return
        if run.watcher.history.started is None:
            self.knobs.wait("The knobs come when the training begins.", look)
            return
        refused = {key.removeprefix(prefix): why for key, why in controls.refused.items() if key.startswith(prefix)}
        self.knobs.show(values, {key: wanted[key] for key in wanted.keys() & values.keys()}, look, variant, refused)

    def _draw_status(self, run: OpenRun, controls: RunControls, size: Size, look: TerminalCapabilities) -> None:
        standing = controls.waiting()
        if run.watcher.behind:
            standing = "reading the log ..."
        elif run.history.unreadable and not standing:
            standing = f"{run.history.unreadable} lines of the log could not be read"
        elif run_layout.is_small(*size) and not standing:
            standing = f"{size.width}x{size.height}: pictures, curves, notes one at a time: tab"
        self.status.show(run_keys.hints(run), standing, look)
