"""The line in which a name, tags, a note or a group is typed for the runs that are marked."""

from typing import ClassVar

from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input


class RunPrompt(Input):
    """Hidden until it asks; posts `Answered` on enter and `Left` on escape."""

    HELP = (
        "A name, tags, a note, a group\n"
        "Tags: words are added, -word is taken away. A name, a note or a group takes the place of the one before; "
        "an empty line takes it away. In the shell: dltui runs tag, name, note, group."
    )
    HINTS: ClassVar = [("enter", "take it"), ("esc", "leave it as it was")]
    BINDINGS: ClassVar[list[Binding]] = [
        Binding("escape", "leave", "Leave it as it was", id="run_prompt.leave"),
    ]
    DEFAULT_CSS = """
    RunPrompt {
        display: none;
        &.-textual-compact { padding: 0 1; background: $panel; }
        &.-textual-compact:focus { background: $panel; }
        &.-asking { display: block; }
    }
    """

    class Answered(Message):
        """This was typed for `field`: name, tags, note or group."""

        def __init__(self, field: str, text: str):
            super().__init__()
            self.field, self.text = field, text

    class Left(Message):
        """It was left as it was."""

    def __init__(self) -> None:
        super().__init__(compact=True)
        self.cursor_blink = False  # a blink is a timer, and bytes over the line
        self.field = ""  # what it asks for
        self.question = ""  # in words, with whose it is
        self.wrong = ""  # what is wrong with the answer, in words

    @property
    def asking(self) -> bool:
        return self.has_class("-asking")

    def ask(self, field: str, question: str, text: str) -> None:
        """Takes the keyboard. text: what there is now, to be changed."""
        self.field, self.question, self.wrong = field, question, ""
        self.add_class("-asking")
        self.value = text
        self.placeholder = question
        self.cursor_position = len(text)
        self.focus(scroll_visible=False)

    def close(self) -> None:
        """Hides it."""
        self.remove_class("-asking")
        self.value = ""

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.wrong = ""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Answered(self.field, self.value.strip()))

    def action_leave(self) -> None:
        self.post_message(self.Left())
