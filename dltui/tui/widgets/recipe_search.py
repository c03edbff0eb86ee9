"""The line that searches the recipes as it is typed into."""

from typing import ClassVar

from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input


class RecipeSearch(Input):
    """Tells `Input.Changed` at every key; `Left` when the person is done with it."""

    HELP = (
        "Search\n"
        "Looks for every word in names, titles, topics, summaries and lessons, English and Russian. "
        "Faint recipes hold the words only in their lesson. In the shell: dltui list WORDS."
    )
    HINT: ClassVar = (
        ("type", "to search, also in Russian"),
        ("↑↓", "choose"),
        ("enter", "to the recipes"),
        ("esc", "clear"),
    )
    BINDINGS: ClassVar[list[Binding]] = [
        Binding("escape", "leave(True)", "Clear the search", id="recipe_search.clear"),
        Binding("enter,tab", "leave(False)", "To the recipes found", id="recipe_search.leave"),
        Binding("up", "choose(-1)", "Up", show=False, id="recipe_search.up"),
        Binding("down", "choose(1)", "Down", show=False, id="recipe_search.down"),
    ]
    DEFAULT_CSS = """
    RecipeSearch {
        &.-textual-compact { padding: 0 1; background: $panel; }
        &.-textual-compact:focus { background: $panel; }
        & > .input--placeholder { color: $text-muted; }
    }
    """

    class Left(Message):
        """Escape (`cleared`), enter or tab."""

        def __init__(self, cleared: bool):
            super().__init__()
            self.cleared = cleared

    class Moved(Message):
        """The recipe `by` rows further is wanted, while the search keeps the focus."""

        def __init__(self, by: int):
            super().__init__()
            self.by = by

    def __init__(self) -> None:
        super().__init__(placeholder="/ search", compact=True)
        self.cursor_blink = False  # a blink is a timer, and bytes over the line

    def action_leave(self, cleared: bool) -> None:
        if cleared:
            self.value = ""
        self.post_message(self.Left(cleared))

    def action_choose(self, by: int) -> None:
        self.post_message(self.Moved(by))
