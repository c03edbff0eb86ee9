"""The lines of a widget of the Line API, kept as strips: only the cells that changed are sent to the terminal."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from dltui.render.cells import Line


class Sheet:
    """What a widget shows: its `render_line` returns `line(y)`, its `notify_style_update` calls `restyle()`."""

    def __init__(self, widget: Widget):
        self._widget = widget
        self._lines: list[list[Segment]] = []
        self._strips: dict[int, Strip] = {}

    def show(self, lines: Sequence[Line]) -> int:
        """Takes the place of what was shown; returns how many cells must be sent."""
        before, self._lines = self._lines, [_joined(line) for line in lines]
        if len(before) != len(self._lines):
            self._strips.clear()
            self._widget.refresh()
            return sum(_cells(line) for line in self._lines)
        regions = []
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new:
                self._strips.pop(y, None)
                start, end = _changed(old, new)
                regions.append(Region(start, y, end - start, 1))
        if regions:
            self._widget.refresh(*regions)
        return sum(region.width for region in regions)

    def line(self, y: int) -> Strip:
        """Returns row `y`, in the widget's own colours where a segment has none; blank beyond the last."""
        if y >= len(self._lines):
            return Strip.blank(self._widget.size.width, self._widget.rich_style)
        strip = self._strips.get(y)
        if strip is None:
            segments = self._lines[y]
            strip = self._strips[y] = Strip(segments, _cells(segments)).apply_style(self._widget.rich_style)
        return strip

    def restyle(self) -> None:
        """Forgets the widget's colours, which have changed."""
        self._strips.clear()


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
