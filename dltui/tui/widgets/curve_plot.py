"""The curves of a run: losses and scores over steps or time, with keys to smooth, zoom, pan and read values."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp

from dltui.tui.curve_view import SMOOTHING, CurveView, Shown
from dltui.tui.sheet import SheetWidget
from dltui.tui.viewport import PAN, ZOOM


class CurvePlot(SheetWidget, can_focus=True):
    """Draws itself again for new points and for every key; only cells that changed go to the terminal."""

    HELP: ClassVar[str] = (
        "Curves\nWhat the recipe makes claims about comes first, then losses and scores; counts stand beneath. "
        "The strong line is smoothed, the faint one beneath it is raw. Where colours take turns on a line, curves "
        "coincide. `y zoomed`: the axis spans a small part of what there can be. Upright lines mark what was turned. "
        "An arrow at the edge points at values far outside, a cross marks NaN."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket", "smooth_less", "Less smooth", id="curves.smooth-less"),
        Binding("right_square_bracket", "smooth_more", "Smoother", id="curves.smooth-more"),
        Binding("g", "log_axis", "Log axis", id="curves.log", tooltip="Logarithmic y axis, or even again."),
        Binding("x", "x_axis", "Steps or time", id="curves.x-axis", tooltip="What the x axis shows."),
        Binding("plus,equals_sign", "zoom_in", "Zoom in", id="curves.zoom-in", tooltip="About the cursor if it is on."),
        Binding("minus", "zoom_out", "Zoom out", id="curves.zoom-out"),
        Binding("0", "show_all", "Whole axis", id="curves.all"),
        Binding("h", "pan_left", "Pan left", id="curves.pan-left"),
        Binding("l", "pan_right", "Pan right", id="curves.pan-right", tooltip="At the right end it follows the run."),
        Binding("c", "cursor", "Cursor", id="curves.cursor", tooltip="Reads the values at one step."),
        Binding("left", "left", "Cursor or pan left", id="curves.left"),
        Binding("right", "right", "Cursor or pan right", id="curves.right"),
        Binding("y", "next_plot", "Next plot", id="curves.next", tooltip="Where not all metrics have room at once."),
    ]

    def __init__(self, **kwargs: str):
        super().__init__(**kwargs)
        self.view = CurveView()
        self.shown: Shown | None = None

    def show(self, shown: Shown) -> int:
        """Draws the curves of `shown`; returns how many cells changed."""
        self.shown = shown
        width, height = self.size
        if not width or not height:
            return 0
        return self.sheet.show(self.view.draw(shown, width, height))

    def again(self) -> None:
        """Draws what was shown last, as the person looks at it now."""
        if self.shown:
            self.show(self.shown)

    def on_resize(self) -> None:
        self.again()

    # -- keys ------------------------------------------------------------------------------------------------------

    def action_smooth_less(self) -> None:
        self.view.smoothing = max(0, self.view.smoothing - 1)
        self.again()

    def action_smooth_more(self) -> None:
        self.view.smoothing = min(len(SMOOTHING) - 1, self.view.smoothing + 1)
        self.again()

    def action_log_axis(self) -> None:
        self.view.toggle_log()
        self.again()

    def action_x_axis(self) -> None:
        self.view.by_time = not self.view.by_time
        self.view.viewport.all()
        self.again()

    def action_zoom_in(self) -> None:
        self._zoom(1 / ZOOM)

    def action_zoom_out(self) -> None:
        self._zoom(ZOOM)

    def action_show_all(self) -> None:
        self.view.viewport.all()
        self.again()

    def action_pan_left(self) -> None:
        self._pan(-PAN)

    def action_pan_right(self) -> None:
        self._pan(PAN)

    def action_cursor(self) -> None:
        """Puts the cursor on the newest point in sight, or takes it away."""
        if self.view.cursor is not None:
            self.view.cursor = None
        elif self.shown:
            history, clock = self.shown.history, self.shown.clock
            newest, end = self.view.axis(history, clock)
            right = min(newest, self.view.viewport.range(newest, end)[1])
            self.view.cursor = clock.step_at(right / 1000) if self.view.by_time else right
        self.again()

    def action_left(self) -> None:
        self._sideways(-1)

    def action_right(self) -> None:
        self._sideways(1)

    def action_next_plot(self) -> None:
        self.view.first += 1
        self.again()

    def _sideways(self, direction: int) -> None:
        if self.view.cursor is None:
            self._pan(direction * PAN)
        elif self.shown:
            self.view.move_cursor(direction, self.shown.history, self.shown.clock)
            self.again()

    def _zoom(self, times: float) -> None:
        if self.shown:
            self.view.zoom(times, self.shown.history, self.shown.clock)
            self.again()

    def _pan(self, share: float) -> None:
        if self.shown:
            self.view.pan(share, self.shown.history, self.shown.clock)
            self.again()

    # -- mouse -----------------------------------------------------------------------------------------------------

    def on_click(self, event: Click) -> None:
        """Puts the cursor where the mouse is."""
        if self.shown and self.view.plots:
            plot = self.view.plots[0][1]
            if plot.columns and 0 <= event.x - plot.left < plot.columns:
                low, high = plot.x_range
                here = low + (event.x - plot.left) / max(1, plot.columns - 1) * (high - low)
                self.view.cursor = self.shown.clock.step_at(here / 1000) if self.view.by_time else max(0.0, here)
                self.again()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self.action_zoom_in()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self.action_zoom_out()
