"""The line that filters the runs as it is typed into."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input

from dltui.runs import filter as filters
from dltui.runs.filter import Filter, FilterError


class RunFilter(Input):
    """Tells `Input.Changed` at every key; `Left` when the person is done with it."""

    HELP = (
        "Filter\n"
        "Words, and conditions: acc > 0.9, loss < 0.1, seconds < 60, recipe:mlp, topic:generative or topic:12, "
        "status:done, claim:met, tag:baseline, group:lr, name:best, pinned. "
        "All of them must hold; the beginning of a metric's name will do. "
        "In the shell: dltui runs 'acc > 0.9' topic:generative."
    )
    HINTS: ClassVar = [
        ("type", "words, acc > 0.9, topic:gan, status:done, claim:met"),
        ("up down", "choose"),
        ("enter", "to the runs"),
        ("esc", "clear"),
    ]
    BINDINGS: ClassVar[list[Binding]] = [
        Binding("escape", "leave(True)", "Clear the filter", id="run_filter.clear"),
        Binding("enter,tab", "leave(False)", "To the runs that fit", id="run_filter.leave"),
        Binding("up", "choose(-1)", "Up", show=False, id="run_filter.up"),
        Binding("down", "choose(1)", "Down", show=False, id="run_filter.down"),
    ]
    DEFAULT_CSS = """
    RunFilter {
        width: 1fr;
        &.-textual-compact { padding: 0 1; background: $panel; }
        &.-textual-compact:focus { background: $panel; }
        & > .input--placeholder { color: $text-muted; }
    }
    """

    class Left(Message):
        """Escape, enter or tab."""

    class Moved(Message):
        """The run `by` rows further is wanted, while the filter keeps the focus."""

        def __init__(self, by: int):
            super().__init__()
            self.by = by

    def __init__(self) -> None:
        super().__init__(placeholder="/ filter: words, acc > 0.9, topic:gan, status:done", compact=True)
        self.cursor_blink = False  # a blink is a timer, and bytes over the line
        self.wrong = ""  # in words

    def read(self, names: Callable[[], list[str]]) -> Filter | None:
        """Returns the filter that was typed; None where it is none, and then `wrong` says why.

        names: tells the names in the runs' summaries; where these are none yet, a metric is taken as it was typed.
        """
        self.wrong = ""
        try:
            found = filters.parse(self.value)
            known = names() if found.metrics else []
            return found.resolved(known) if known else found
        except FilterError as error:
            self.wrong = str(error)
            return None

    def action_leave(self, cleared: bool) -> None:
        if cleared:
            self.value = ""
        self.post_message(self.Left())

    def action_choose(self, by: int) -> None:
        self.post_message(self.Moved(by))
