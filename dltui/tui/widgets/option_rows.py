"""The rows of the option form: a heading a section, a line an option; the one under the cursor can be changed."""

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dltui.render.cells import cell_width, cut, pad
from dltui.tui.form import FACTS, Form, Row
from dltui.tui.widgets.recipe_tree import PLAIN, REVERSED

WIDEST_LABEL = 20
FIELD = 20  # cells of a value
HELP_FROM = 16  # cells that must be left for the help to be worth a column


class OptionRows(ScrollView, can_focus=True):
    """Draws a form and moves over it. What is typed goes through the form's own input: see OptionForm."""

    HELP = (
        "Options\n"
        "Everything the recipe can be told, from the signatures of its kinds. What you change is marked ● and stands "
        "in the command line below. ← and → go through choices and numbers, enter types a value, backspace takes the "
        "recipe's own again. In the shell: dltui run NAME key=value."
    )
    HINT: ClassVar = (
        ("↑↓", "option"),
        ("←→", "change"),
        ("enter", "type"),
        ("backspace", "as it was"),
        ("r", "run"),
        ("esc", "recipes"),
    )
    BINDINGS: ClassVar[list[Binding]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="option_rows.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="option_rows.down"),
        Binding("pageup", "move(-10)", "Ten up", show=False, id="option_rows.page_up"),
        Binding("pagedown", "move(10)", "Ten down", show=False, id="option_rows.page_down"),
        Binding("home,g", "move(-100000)", "First", show=False, id="option_rows.first"),
        Binding("end,G", "move(100000)", "Last", show=False, id="option_rows.last"),
        Binding("left,h,minus", "turn(-1)", "The choice or number before", id="option_rows.less"),
        Binding("right,space,plus", "turn(1)", "The next choice or number", id="option_rows.more"),
        Binding("enter", "edit", "Type a value", id="option_rows.edit"),
        Binding("backspace,delete", "reset", "As the recipe says", id="option_rows.reset"),
        Binding("u", "reset_all", "All as the recipe says", id="option_rows.reset_all"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"option-rows--{name}" for name in ("group", "label", "default", "value", "changed", "wrong", "help", "cursor")
    }
    DEFAULT_CSS = """
    OptionRows {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        scrollbar-color: $border-blurred;
        scrollbar-background: $background;
        .option-rows--group { color: $primary; text-style: bold; }
        .option-rows--label { color: $foreground; }
        .option-rows--default { color: $text-muted; }
        .option-rows--value { color: $foreground; }
        .option-rows--changed { color: $accent; text-style: bold; }
        .option-rows--wrong { color: $error; text-style: bold; }
        .option-rows--help { color: $text-muted; }
        .option-rows--cursor { background: $block-cursor-blurred-background; }
        &:focus .option-rows--cursor { color: $block-cursor-foreground; background: $block-cursor-background; text-style: $block-cursor-text-style; }
    }
    """  # noqa: E501 a rule of CSS on one line each

    class Moved(Message):
        """The cursor stands on another row."""

    class Changed(Message):
        """A value of the form was changed."""

    class EditWanted(Message):
        """The row under the cursor is to be typed into."""

    def __init__(self, **names: str):
        super().__init__(**names)
        self.form: Form | None = None
        self.lines: list[Row | str] = []  # an option, or a section's heading
        self.cursor = 0

    def show(self, form: Form | None) -> None:
        """Shows a form from its beginning."""
        self.form, self.cursor = form, 0
        self._lay_out()
        self.scroll_to(y=0, animate=False, force=True, immediate=True)

    def _lay_out(self) -> None:
        """Makes the lines anew; the cursor stays on its row."""
        key = self.row.key if self.row else None
        self.lines = []
        group = None
        for row in self.form.rows if self.form else ():
            if row.group != group:
                self.lines.append(group := row.group)
            self.lines.append(row)
        keys = [line.key if isinstance(line, Row) else None for line in self.lines]
        self.cursor = keys.index(key) if key in keys and key else min(1, max(0, len(keys) - 1))
        self.virtual_size = Size(self.scrollable_content_region.width, len(self.lines))
        self.refresh()

    @property
    def row(self) -> Row | None:
        """The option under the cursor."""
        line = self.lines[self.cursor] if self.cursor < len(self.lines) else None
        return line if isinstance(line, Row) else None

    # -- the cursor and the values -------------------------------------------------------------------------------------

    def go_to(self, key: str) -> None:
        """Puts the cursor on the option of this key."""
        self._move_to(next(i for i, line in enumerate(self.lines) if isinstance(line, Row) and line.key == key))

    def _move_to(self, line: int) -> None:
        before, self.cursor = self.cursor, line
        self.refresh_line(before)
        self.refresh_line(line)
        above = line - 1 if line and isinstance(self.lines[line - 1], str) else line
        self.scroll_to_region(Region(0, above, 1, 1 + line - above), animate=False, force=True, immediate=True)
        self.post_message(self.Moved())

    def action_move(self, by: int) -> None:
        rows = [i for i, line in enumerate(self.lines) if isinstance(line, Row)]
        if rows:
            at = rows.index(self.cursor) if self.cursor in rows else 0
            self._move_to(rows[max(0, min(at + by, len(rows) - 1))])

    def action_turn(self, by: int) -> None:
        if self.row:
            self.form.turn(self.row, by)
            self.changed()

    def action_reset(self) -> None:
        if self.row:
            self.form.reset(self.row)
            self.changed()

    def action_reset_all(self) -> None:
        if self.form:
            self.form.reset_all()
            self.changed()

    def action_edit(self) -> None:
        """A switch is turned; everything else is typed."""
        if self.row and self.row.option.type == "bool":
            self.action_turn(1)
        elif self.row:
            self.post_message(self.EditWanted())

    def changed(self) -> None:
        """Draws the form again after a change."""
        self._lay_out()
        self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        at = event.y + self.scroll_offset.y
        if at < len(self.lines) and isinstance(self.lines[at], Row):
            again = at == self.cursor
            self._move_to(at)
            if again:
                self.action_turn(1) if self.row.choices else self.action_edit()

    # -- drawing -------------------------------------------------------------------------------------------------------

    @property
    def label_width(self) -> int:
        """Cells of the column of names."""
        labels = [cell_width(line.label) for line in self.lines if isinstance(line, Row)]
        return min(max(labels, default=0), WIDEST_LABEL, max(6, self.scrollable_content_region.width // 2 - 4))

    @property
    def field(self) -> Region:
        """Where on the widget the value under the cursor stands."""
        left = 4 + self.label_width
        width = self.scrollable_content_region.width
        return Region(left, self.cursor - self.scroll_offset.y, max(1, min(FIELD, width - left)), 1)

    def on_resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self.lines))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        at = y + self.scroll_offset.y
        if at >= len(self.lines):
            return Strip.blank(width, self.rich_style)
        line = self.lines[at]
        if isinstance(line, str):
            text = pad(cut(line, width, self.app.look), width)
            return Strip([Segment(text, self._style("group"))]).apply_style(self.rich_style)
        segments = self._option(line, width)
        if at == self.cursor:
            cursor = self.get_component_rich_style("option-rows--cursor", partial=True)
            cursor += REVERSED if self.app.look.colours == "none" else PLAIN
            segments = [Segment(text, (style or self.rich_style) + cursor) for text, style, _ in segments]
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)

    def _style(self, name: str):
        return self.get_component_rich_style(f"option-rows--{name}")

    def _option(self, row: Row, width: int) -> list[Segment]:
        look, form = self.app.look, self.form
        wrong, changed = row.key in form.wrong, form.changed(row)
        mark = (("✗" if look.unicode else "x") if wrong else ("●" if look.unicode else "*")) if changed else " "
        label_width = self.label_width
        role = "wrong" if wrong else "changed" if changed else "value" if row.given else "default"
        left = width - 4 - label_width
        room = FIELD if left - FIELD > HELP_FROM else left
        text = pad(cut(self._value(row), room - 1, look), room)
        more = pad(cut(row.option.help, left - room, look), left - room)
        return [
            Segment(f" {mark} ", self._style(role)),
            Segment(pad(cut(row.label, label_width, look), label_width) + " ", self._style("label")),
            Segment(text, self._style(role)),
            Segment(more, self._style("help")),
        ]

    def _value(self, row: Row) -> str:
        """As it is drawn: what can be chosen from stands between arrows, a switch is on or off."""
        form, unicode = self.form, self.app.look.unicode
        text = form.text(row)
        if not row.given and not form.changed(row) and row.group.startswith("model") and row.option.name in FACTS:
            return "from the data"
        if row.option.type == "bool":
            on = text == "true"
            return f"{('◉' if on else '○') if unicode else ('[x]' if on else '[ ]')} {'on' if on else 'off'}"
        if len(row.choices) > 1:
            return f"‹ {text} ›" if unicode else f"< {text} >"
        return text or ("—" if unicode else "-")
