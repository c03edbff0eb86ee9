"""The lines of a widget of the Line API, kept as strips: only the cells that changed are sent to the terminal."""

from collections.abc import Sequence
from typing import ClassVar, Self

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from dltui.render.cells import Line


class Unchanged:
    """Before Widget among the bases of one that changes rarely: then it answers with the lines it answered last.

    Textual asks every widget in sight for all its lines at every update of the screen, and each goes through its own
    one by one.
    """

    _answered: tuple[Region, list[Strip]] | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        if self._answered is None or self._answered[0] != crop:
            self._answered = crop, super().render_lines(crop)
        return self._answered[1]

    def refresh(self, *regions: Region, **options: bool) -> Self:
        self._answered = None
        return super().refresh(*regions, **options)

    def notify_style_update(self) -> None:
        self._answered = None
        super().notify_style_update()


class SheetWidget(Unchanged, Widget):
    """A widget that shows the lines of its `sheet`."""

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, **kwargs: str):
        super().__init__(**kwargs)
        self.sheet = Sheet(self)

    def render_line(self, y: int) -> Strip:
        return self.sheet.line(y)

    def notify_style_update(self) -> None:
        self.sheet.restyle()
        super().notify_style_update()


class Sheet:
    """The lines that a widget shows."""

    def __init__(self, widget: Widget):
        self._widget = widget
        self._given: list[Line] = []
        self._lines: list[list[Segment]] = []  # the same, neighbours of one style joined
        self._strips: dict[int, Strip] = {}
        self._style: Style | None = None  # the widget's own: working it out takes as long as ten lines

    def show(self, lines: Sequence[Line]) -> int:
        """Takes the place of what was shown; returns how many cells must be sent."""
        before, self._given = self._given, list(lines)
        if len(before) != len(lines):
            self._lines = [_joined(line) for line in lines]
            self._strips.clear()
            self._widget.refresh()
            return sum(_cells(line) for line in self._lines)
        regions = []
        for y, (given_before, given) in enumerate(zip(before, lines, strict=True)):
            if given_before == given:
                continue
            old, new = self._lines[y], _joined(given)
            if old != new:
                self._lines[y] = new
                self._strips.pop(y, None)
                start, end = _changed(old, new)
                regions.append(Region(start, y, end - start, 1))
        if regions:
            self._widget.refresh(*regions)
        return sum(region.width for region in regions)

    def line(self, y: int) -> Strip:
        """Returns row `y`, in the widget's own colours where a segment has none; blank beyond the last."""
        if y >= len(self._lines):
            return Strip.blank(self._widget.size.width, self._own_style)
        strip = self._strips.get(y)
        if strip is None:
            segments = self._lines[y]
            strip = self._strips[y] = Strip(segments, _cells(segments)).apply_style(self._own_style)
        return strip

    @property
    def _own_style(self) -> Style:
        if self._style is None:
            self._style = self._widget.rich_style
        return self._style

    def restyle(self) -> None:
        """Forgets the widget's colours, which have changed."""
        self._strips.clear()
        self._style = None


def _cells(line: Sequence[Segment]) -> int:
    return sum(segment.cell_length for segment in line)


def _joined(line: Line) -> list[Segment]:
    """The line with neighbours of one style as one segment: fewer codes for the terminal."""
    joined: list[Segment] = []
    for text, style, _ in line:
        if joined and (joined[-1].style is style or joined[-1].style == style):
            joined[-1] = Segment(joined[-1].text + text, style)
        elif text:
            joined.append(Segment(text, style))
    return joined


def _changed(old: Sequence[Segment], new: Sequence[Segment]) -> tuple[int, int]:
    """The cells of the line, from and to, outside of which both are the same."""
    head = tail = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    width = max(_cells(old), _cells(new))
    return _cells(new[:head]), width - _cells(new[len(new) - tail :])
