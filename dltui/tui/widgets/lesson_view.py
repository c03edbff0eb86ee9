"""The lesson of a recipe: its idea, its formula, what to look for, what to try."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dltui.render.cells import wrapped
from dltui.tui.lesson import GUTTER, Layout, Line, Piece, indent, laid_out

NO_LESSON = "This recipe has no lesson."


class LessonView(ScrollView, can_focus=True):
    """Text that is scrolled by line and by page. Code, formulas and commands stand out."""

    HELP = (
        "Lesson\n"
        "What the recipe teaches, what to look for in its pictures, and what to change. t puts the next command of the "
        "lesson into the options. In the shell: dltui show NAME --lang ru."
    )
    HINT: ClassVar = (
        ("↑↓", "scroll"),
        ("t", "try its next command"),
        ("r", "run"),
        ("l", "язык"),
        ("tab", "options"),
        ("esc", "recipes"),
    )
    BINDINGS: ClassVar[list[Binding]] = [
        Binding("up,k", "by(-1)", "Up", show=False, id="lesson_view.up"),
        Binding("down,j", "by(1)", "Down", show=False, id="lesson_view.down"),
        Binding("pageup", "by_page(-1)", "A page up", show=False, id="lesson_view.page_up"),
        Binding("pagedown,space", "by_page(1)", "A page down", show=False, id="lesson_view.page_down"),
        Binding("home,g", "by(-100000)", "To its beginning", show=False, id="lesson_view.first"),
        Binding("end,G", "by(100000)", "To its end", show=False, id="lesson_view.last"),
        Binding("enter", "go_on", "On to the options", id="lesson_view.options"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"lesson-view--{role}" for role in ("code", "formula", "command", "more", "faint")
    }
    DEFAULT_CSS = """
    LessonView {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        scrollbar-color: $border-blurred;
        scrollbar-background: $background;
        padding: 0 1;
        .lesson-view--code { color: $accent; }
        .lesson-view--formula { color: $accent; background: $panel; text-style: bold; }
        .lesson-view--command, .lesson-view--more { color: $success; background: $panel; }
        .lesson-view--faint { color: $text-muted; }
    }
    """

    class WentOn(Message):
        """Enter: to what comes after the lesson."""

    def __init__(self, **names: str):
        super().__init__(**names)
        self.lesson = ""
        self.refs: tuple[str, ...] = ()
        self.tried = -1  # number of the command that was put into the options
        self.layout_now = Layout([], [])

    def show(self, lesson: str, refs: Sequence[str] = ()) -> None:
        """Takes the place of the lesson that was shown, from its beginning."""
        if (lesson, tuple(refs)) == (self.lesson, self.refs):
            return
        self.lesson, self.refs, self.tried = lesson, tuple(refs), -1
        self._lay_out()
        self.scroll_to(y=0, animate=False, force=True, immediate=True)

    def next_command(self) -> str:
        """Returns the lesson's next command, which it marks; '' where it has none."""
        commands = self.layout_now.commands
        if not commands:
            return ""
        self.tried = (self.tried + 1) % len(commands)
        self.refresh()
        line, command = commands[self.tried]
        if not self.scroll_y <= line < self.scroll_y + self.scrollable_content_region.height:
            self.scroll_to(y=line - 1, animate=False, force=True)
        return command

    def _lay_out(self) -> None:
        width = max(8, self.scrollable_content_region.width - 1)  # a blank before the scrollbar
        layout = laid_out(self.lesson or NO_LESSON, width)
        rest: list[Line] = [[]] if self.refs else []
        for ref in self.refs:
            first, *more = wrapped(ref, width - 2)
            rest += [[Piece(first, "faint")], *([Piece(f"  {part}", "faint")] for part in more)]
        self.layout_now = layout._replace(lines=layout.lines + rest)
        self.virtual_size = Size(width, len(self.layout_now.lines))
        self.refresh()

    def action_by(self, lines: int) -> None:
        self.scroll_to(y=self.scroll_y + lines, animate=False)

    def action_by_page(self, pages: int) -> None:
        self.action_by(pages * max(1, self.scrollable_content_region.height - 1))

    def action_go_on(self) -> None:
        self.post_message(self.WentOn())

    def on_resize(self) -> None:
        self._lay_out()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        at = y + self.scroll_offset.y
        line = self.layout_now.lines[at] if at < len(self.layout_now.lines) else []
        return Strip(self._segments(line, at)).adjust_cell_length(width).apply_style(self.rich_style)

    def _segments(self, line: Line, at: int) -> list[Segment]:
        if not line:
            return []
        role = line[0].role
        if role not in ("command", "more", "formula"):
            return [Segment(text, self._style(of)) for text, of in line]
        tried = 0 <= self.tried < len(self.layout_now.commands) and self.layout_now.commands[self.tried][0] == at
        mark = ("▶" if self.app.look.unicode else ">") if tried else "$" if role == "command" else ""
        before = f"{mark:>{GUTTER - 1}} ".ljust(indent(line))
        return [Segment(before, self._style("faint")), *(Segment(f" {text} ", self._style(of)) for text, of in line)]

    def _style(self, role: str):
        return None if role == "text" else self.get_component_rich_style(f"lesson-view--{role}")
