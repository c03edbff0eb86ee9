"""The options of a recipe as a form: rows, the line that is typed into, and the answer to what was typed."""

from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from dltui.render.cells import cut, pad, wrapped
from dltui.tui.form import Form, Row, text_of
from dltui.tui.widgets.option_rows import OptionRows

IN_WORDS = {"int": "a whole number", "float": "a number", "bool": "on or off", "str": "a text"}


class OptionAnswer(Widget):
    """What the option under the cursor is; in its place what is wrong with the value, in words."""

    HEIGHT = 3
    COMPONENT_CLASSES: ClassVar[set[str]] = {"option-answer--faint", "option-answer--wrong"}
    DEFAULT_CSS = """
    OptionAnswer {
        height: 3;
        padding: 0 1;
        background: $panel;
        .option-answer--faint { color: $text-muted; }
        .option-answer--wrong { color: $error; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.said: tuple[str, str, str] = ("", "", "")  # facts, help, what is wrong

    def say(self, facts: str, more: str, wrong: str) -> None:
        """Shows `wrong`, or where it is '' the help."""
        if (facts, more, wrong) != self.said:
            self.said = facts, more, wrong
            self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        facts, more, wrong = self.said
        look = self.app.look
        lines = [(cut(facts, width, look), "faint")]
        sign = ("✗ " if look.unicode else "x ") if wrong else ""
        lines += [(line, "wrong" if wrong else "") for line in wrapped(sign + (wrong or more), max(8, width))]
        text, role = lines[y] if y < len(lines) else ("", "")
        style = self.get_component_rich_style(f"option-answer--{role}") if role else None
        return Strip([Segment(pad(text, width), style)]).apply_style(self.rich_style)


class OptionInput(Input):
    """The value that is being typed, drawn over its row."""

    HELP = (
        "A value\nNumbers, true, false, texts and [lists] as in a recipe. Enter takes it, escape leaves it as it was."
    )
    HINT: ClassVar = (("type", "a value"), ("enter", "take it"), ("esc", "leave it"), ("↑↓", "take it and go on"))


class OptionForm(Vertical):
    """Posts `Changed` whenever the form says something else than before."""

    BINDINGS: ClassVar[list[Binding]] = [
        Binding("escape", "cancel", "Leave the value as it was", id="option_form.cancel"),
        Binding("up", "take(-1)", "Take it, one up", show=False, id="option_form.up"),
        Binding("down", "take(1)", "Take it, one down", show=False, id="option_form.down"),
        Binding("tab", "take(1)", "Take it, one down", show=False, id="option_form.next"),
    ]
    DEFAULT_CSS = """
    OptionForm {
        OptionRows { height: 1fr; }
        OptionInput {
            display: none;
            overlay: screen;
            position: absolute;
            &.-textual-compact { background: $surface; color: $accent; text-style: bold; padding: 0; }
            &.-editing { display: block; }
        }
    }
    """

    class Changed(Message):
        """Another value, kind or size."""

    def __init__(self, **names: str):
        super().__init__(**names)
        self.rows = OptionRows()
        self.answer = OptionAnswer()
        self.input = OptionInput(compact=True)
        self.input.cursor_blink = False  # a blink is a timer, and bytes over the line
        self.verdict = ""  # what the check of the whole recipe found, '' where it is sound

    def compose(self) -> ComposeResult:
        yield self.rows
        yield self.answer
        yield self.input

    @property
    def form(self) -> Form | None:
        return self.rows.form

    @property
    def editing(self) -> bool:
        return self.input.has_class("-editing")

    def show(self, form: Form | None, verdict: str = "") -> None:
        """Shows another form. verdict: what is wrong where there is none."""
        self._close()
        self.verdict = verdict
        self.rows.show(form)
        self._say()

    def judge(self, verdict: str) -> None:
        """Shows what the check of the whole recipe found wrong, or '' where it is sound."""
        if verdict != self.verdict:
            self.verdict = verdict
            self._say()

    def show_changes(self) -> None:
        """Draws the form after it was changed from outside; the cursor goes to the first change."""
        self.rows.changed()
        first = next(filter(self.form.changed, self.form.rows), None)
        if first:
            self.rows.go_to(first.key)

    def go_to_wrong(self) -> None:
        """Puts the cursor on the first value that is wrong."""
        self.rows.go_to(next(iter(self.form.wrong)))

    # -- typing --------------------------------------------------------------------------------------------------------

    def on_option_rows_edit_wanted(self) -> None:
        rows = self.rows
        field = rows.field
        text = rows.form.text(rows.row)
        self.input.absolute_offset = Offset(*rows.content_region.offset) + field.offset
        self.input.styles.width = max(8, rows.scrollable_content_region.width - field.x)
        self.input.add_class("-editing")
        self.input.value = text
        self.input.action_select_all()
        self.input.focus(scroll_visible=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._say()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._take()

    def on_input_blurred(self, event: Input.Blurred) -> None:
        event.stop()
        if self.editing:
            self._take(refocus=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Its own keys are those of typing."""
        return self.editing if action in ("cancel", "take") else True

    def action_cancel(self) -> None:
        self._close()
        self.rows.focus()
        self._say()

    def action_take(self, by: int) -> None:
        if self._take():
            self.rows.action_move(by)

    def _take(self, refocus: bool = True) -> bool:
        """Takes what was typed, right or wrong; returns whether it was right. A wrong one stays, answered."""
        form, row = self.form, self.rows.row
        problem = form.put(row, self.input.value)
        self._close()
        if refocus:
            self.rows.focus()
        self.rows.changed()
        return not problem

    def _close(self) -> None:
        self.input.remove_class("-editing")

    def on_resize(self) -> None:
        if self.editing:
            self.action_cancel()

    # -- answering -----------------------------------------------------------------------------------------------------

    def on_option_rows_moved(self) -> None:
        self._say()

    def on_option_rows_changed(self) -> None:
        self._say()
        self.post_message(self.Changed())

    def _say(self) -> None:
        form, row = self.form, self.rows.row
        if form is None or row is None:
            self.answer.say("", "", self.verdict or (form.trouble if form else ""))
            return
        wrong = form.problem(row, self.input.value.strip()) if self.editing else form.wrong.get(row.key, ("", ""))[1]
        self.answer.say(facts(form, row), row.option.help, f"{row.label} {wrong}" if wrong else self.verdict)


def facts(form: Form, row: Row) -> str:
    """Returns what an option takes, and what it was before it was changed."""
    option = row.option
    kind = option.type.removesuffix(" | None")
    takes = " | ".join(map(str, row.choices)) if len(row.choices) > 1 and kind != "bool" else IN_WORDS.get(kind, kind)
    was = f"recipe: {text_of(row.base)}" if row.given else f"default: {text_of(row.base)}"
    return f"{row.key}: {takes}" + (f"   {was}" if form.changed(row) else "")
