"""How far one is in the course, and the recipe that comes next."""

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from dltui.render.cells import cell_width, cut, pad
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.course import Step

BAR = 24  # cells of the longest bar
KEY = " n "  # goes to the recipe that comes next

Line = list[tuple[str, str]]  # (text, role)


class CourseLine(Widget):
    """Two lines, the second with the recipe that comes next: a click on them goes there."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"course-line--{name}" for name in ("met", "rest", "faint", "next", "key")}
    DEFAULT_CSS = """
    CourseLine {
        height: 2;
        padding: 0 1;
        .course-line--met { color: $success; }
        .course-line--rest { color: $text-muted; }
        .course-line--faint { color: $text-muted; }
        .course-line--next { color: $accent; text-style: bold; }
        .course-line--key { color: $footer-key-foreground; text-style: bold; }
    }
    """

    class Asked(Message):
        """The recipe that comes next is wanted."""

    def __init__(self, **names: str):
        super().__init__(**names)
        self.met: int | None = None  # until the runs were read
        self.count = 0
        self.following: Step | None = None

    def show(self, count: int, met: int | None, following: Step | None = None) -> None:
        """Shows that of `count` recipes `met` have met their claim here, None where that is not known yet."""
        if (count, met, following) != (self.count, self.met, self.following):
            self.count, self.met, self.following = count, met, following
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Asked())

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        found = lines(self.count, self.met, self.following, self.size.width, self.app.look)
        cells = found[y] if y < len(found) else []
        segments = [
            Segment(text, self.get_component_rich_style(f"course-line--{role}") if role else None)
            for text, role in cells
        ]
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)


def lines(count: int, met: int | None, following: Step | None, width: int, look: TerminalCapabilities) -> list[Line]:
    """Returns both lines, none wider than `width`: how far one is, and what comes next, its title where it has room."""
    if met is None:
        return [[(cut(f"{count} recipes", width, look), "")], []]
    told = f"{met} of {count} met "
    bar = max(0, min(BAR, width - cell_width(told)))
    done = max(bar * met // max(count, 1), min(met, 1, bar - 1))  # one as soon as one is met, all not before all are
    full, empty = ("━", "╌") if look.unicode else ("#", ".")
    first = [(cut(told, width, look), ""), (full * done, "met"), (empty * (bar - done), "rest")]
    if following is None:
        return [first, [(cut("Every claim of the course is met.", width, look), "met")]]
    room = width - len("next: ") - len(KEY)
    name = cut(following.name, max(room, 1), look)
    left = room - cell_width(name)
    titled = following.title and left >= cell_width(following.title) + 2
    title = pad(f"  {following.title}" if titled else "", max(left, 0))
    return [first, [("next: ", "faint"), (name, "next"), (title, "faint"), (KEY, "key")]]
