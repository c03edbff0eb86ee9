"""The line at the bottom of a screen: the keys that matter where the focus is, and what they do."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from dltui.render.cells import cell_width

ASCII = {"↑↓": "up/down", "←→": "left/right", "язык": "language"}


class HintLine(Widget):
    """One line of (key, what it does); the last ones give way where it is narrow."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"hint-line--key"}
    DEFAULT_CSS = """
    HintLine {
        height: 1;
        padding: 0 1;
        color: $footer-description-foreground;
        background: $footer-background;
        .hint-line--key { color: $footer-key-foreground; text-style: bold; }
    }
    """

    def __init__(self, **names: str):
        super().__init__(**names)
        self.keys: Sequence[tuple[str, str]] = ()

    def show(self, keys: Sequence[tuple[str, str]]) -> None:
        """Shows these keys."""
        if keys != self.keys:
            self.keys = keys
            self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        key_style = self.get_component_rich_style("hint-line--key")
        segments: list[Segment] = []
        for key, does in self.keys:
            if not self.app.look.unicode:
                key, does = ASCII.get(key, key), ASCII.get(does, does)
            width -= cell_width(key) + cell_width(does) + 3
            if width < -2 and segments:
                break
            segments += [Segment(key, key_style), Segment(f" {does}  ")]
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)
