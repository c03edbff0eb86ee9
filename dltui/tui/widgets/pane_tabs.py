"""The names of the parts of a recipe on one line, for a terminal where only one of them is seen at a time."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget


class PaneTabs(Widget):
    """One line; the part that is shown stands out. Tab and a click go to another one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"pane-tabs--here", "pane-tabs--there"}
    DEFAULT_CSS = """
    PaneTabs {
        height: 1;
        background: $panel;
        .pane-tabs--here { color: $primary; text-style: bold reverse; }
        .pane-tabs--there { color: $text-muted; }
    }
    """

    class Chosen(Message):
        """The part of this name is wanted."""

        def __init__(self, name: str):
            super().__init__()
            self.name = name

    def __init__(self, names: Sequence[str], **given: str):
        super().__init__(**given)
        self.names = tuple(names)
        self.here = self.names[0]

    def show(self, name: str) -> None:
        """Makes `name` the part that is shown."""
        if name != self.here:
            self.here = name
            self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        end = 0
        for name in self.names:
            end += len(name) + 2
            if event.x < end:
                self.post_message(self.Chosen(name))
                return

    def render_line(self, y: int) -> Strip:
        segments = [
            Segment(
                f" {name.capitalize()} ",
                self.get_component_rich_style(f"pane-tabs--{'here' if name == self.here else 'there'}"),
            )
            for name in self.names
        ]
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)
