"""The left side of the recipes: the search above the tree, filled from the files and from the runs, in threads."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from dltui import paths
from dltui.runs import recipe_status
from dltui.runs.recipe_status import Mark
from dltui.tui import recipe_index
from dltui.tui.recipe_index import OWN, Entry
from dltui.tui.widgets.recipe_search import RecipeSearch
from dltui.tui.widgets.recipe_tree import RecipeTree

MARKS_EVERY = 3.0  # seconds between two looks at the runs while one is live


class RecipeShelf(Vertical):
    """Remembers which topics are folded and which recipe was chosen last."""

    DEFAULT_CSS: ClassVar[str] = """
    RecipeShelf {
        width: 32;
        border-right: solid $border-blurred;
    }
    """

    class Indexed(Message):
        """Every recipe's file was read."""

        def __init__(self, entries: list[Entry]):
            super().__init__()
            self.entries = entries

    class MarksRead(Message):
        """How the recipes stand here."""

        def __init__(self, marks: Mapping[str, Mark]):
            super().__init__()
            self.marks = marks

    def __init__(self, **names: str):
        super().__init__(**names)
        self.search, self.tree_view = RecipeSearch(), RecipeTree()
        self._reading_marks = False
        self._marks_at = 0.0  # when the runs were looked at
        self._runs_seen = -1  # what their folder's time was then

    def compose(self) -> ComposeResult:
        yield self.search
        yield self.tree_view

    # -- the recipes ---------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Names are known without opening a file: the tree is there at once."""
        settings, tree = self.app.settings, self.tree_view
        tree.folded = {str(topic) for topic in settings.get("recipes.folded", [])}
        self._show(recipe_index.listed())
        last = settings.get("recipes.chosen", "")
        if any(row.hit and row.hit.entry.word == last for row in tree.rows):
            tree.choose(last, tell=False)

    def read_files(self) -> None:
        """Reads what the tree and the search want to know of every recipe, in a thread."""
        self.run_worker(self._index, thread=True, group="index")

    def _index(self) -> None:
        self.post_message(self.Indexed([*map(recipe_index.read, recipe_index.listed()), *recipe_index.own()]))

    def on_recipe_shelf_indexed(self, message: Indexed) -> None:
        self._runs_seen = -1  # there may be names among them that were not looked for
        self._show(message.entries)

    def _show(self, entries: list[Entry]) -> None:
        self.tree_view.show(entries)
        self.search.placeholder = f"/ search {len(entries)} recipes"

    def choose(self, name: str) -> bool:
        """Puts the cursor on a recipe, by its name or file, whatever is searched for; returns whether there is one."""
        self.search.value = ""
        self.tree_view.search_for("")
        return self.tree_view.choose(name)

    def put_in(self, path: Path) -> Entry:
        """Shows a file of the user's own, which was written just now, and returns its entry."""
        edited = recipe_index.read(recipe_index.entry_of_file(path))
        bundled = [entry for entry in self.tree_view.entries if entry.topic != OWN]
        others = [entry for entry in recipe_index.own() if entry.word != edited.word]
        self._show([*bundled, *others, edited])
        return edited

    def remember(self) -> None:
        """Keeps the choice for the next visit."""
        tree = self.tree_view
        if tree.entry:
            self.app.settings.set("recipes.chosen", tree.entry.word)
        self.app.settings.set("recipes.folded", sorted(tree.folded))

    # -- how they stand here -------------------------------------------------------------------------------------------

    def look_at_runs(self) -> None:
        """Reads the runs, in a thread, where there are others than before or one of them goes on."""
        try:
            seen = paths.runs().stat().st_mtime_ns
        except OSError:
            seen = 0  # no runs yet
        live = any(mark.kind == "live" for mark in self.tree_view.marks.values())
        due = seen != self._runs_seen or (live and time.monotonic() - self._marks_at > MARKS_EVERY)
        if due and not self._reading_marks:
            self._runs_seen, self._reading_marks = seen, True
            names = {entry.name for entry in self.tree_view.entries}
            self.run_worker(
                lambda: self.post_message(self.MarksRead(recipe_status.read(names))), thread=True, group="marks"
            )

    def on_recipe_shelf_marks_read(self, message: MarksRead) -> None:
        self._reading_marks, self._marks_at = False, time.monotonic()
        self.tree_view.show_marks(message.marks)

    # -- the search ----------------------------------------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.tree_view.search_for(event.value)

    def on_recipe_search_moved(self, message: RecipeSearch.Moved) -> None:
        self.tree_view.action_move(message.by)

    def on_recipe_search_left(self) -> None:
        self.tree_view.focus()
