"""The left side of the recipes: how far one is, the search, the tree; filled from files and runs, in threads."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from dltui import paths
from dltui.runs import course, recipe_status
from dltui.runs.course import Step
from dltui.runs.recipe_status import Mark
from dltui.tui import recipe_index
from dltui.tui.recipe_index import OWN, Entry
from dltui.tui.recipe_rows import Standing
from dltui.tui.widgets.course_line import CourseLine
from dltui.tui.widgets.recipe_search import RecipeSearch
from dltui.tui.widgets.recipe_tree import RecipeTree

MARKS_EVERY = 3.0  # seconds between two looks at the runs while one is live


class RecipeShelf(Vertical):
    """Begins where the last visit ended; where that recipe has met its claim meanwhile, at the one that comes next.

    Remembers which topics are folded, too.
    """

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
        self.line, self.search, self.tree_view = CourseLine(), RecipeSearch(), RecipeTree()
        self.marks: Mapping[str, Mark] = {}
        self._marks_known = asyncio.Event()
        self._following: Step | None = None
        self._began_at: Entry | None = None  # the recipe of the last visit, until how it stands is known
        self._reading_marks = False
        self._marks_at = 0.0  # when the runs were looked at
        self._runs_seen = -1  # what their folder's time was then

    def compose(self) -> ComposeResult:
        yield self.line
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
        self._began_at = tree.entry
        if not paths.runs().exists():
            self._show_standing({})

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
        if self._marks_known.is_set():
            self._show_standing(self.marks)
        else:
            self.line.show(sum(entry.topic != OWN for entry in entries), None)

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
        live = any(mark.kind == "live" for mark in self.marks.values())
        due = seen != self._runs_seen or (live and time.monotonic() - self._marks_at > MARKS_EVERY)
        if due and not self._reading_marks:
            self._runs_seen, self._reading_marks = seen, True
            names = {entry.name for entry in self.tree_view.entries}
            self.run_worker(
                lambda: self.post_message(self.MarksRead(recipe_status.read(names))), thread=True, group="marks"
            )

    def on_recipe_shelf_marks_read(self, message: MarksRead) -> None:
        self._reading_marks, self._marks_at = False, time.monotonic()
        self._show_standing(message.marks)
        self._go_on_from(self._began_at)
        self._began_at = None

    def _go_on_from(self, began_at: Entry | None) -> None:
        """To what comes next, where the recipe at which this visit began has met its claim and nobody went on."""
        mark, now = self.marks.get(began_at.name) if began_at else None, self.tree_view.entry
        stays = now and began_at and now.word == began_at.word and not self.search.value
        if stays and mark and mark.kind == "met" and self._following:
            self.tree_view.choose(self._following.name)

    def _show_standing(self, marks: Mapping[str, Mark]) -> None:
        topics = recipe_index.course_of(self.tree_view.entries, marks)
        met, count = course.progress(topics)
        self.marks, self._following = marks, course.following(topics)
        name = self._following.name if self._following else ""
        self.tree_view.show_standing(Standing(marks, {topic.folder: topic.count("met") for topic in topics}, name))
        self.line.show(count, met, self._following)
        self._marks_known.set()

    async def following(self) -> Step | None:
        """Returns the recipe that comes next in the course, once the runs were read; None where all claims are met."""
        self.look_at_runs()
        await self._marks_known.wait()
        return self._following

    # -- the search ----------------------------------------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.tree_view.search_for(event.value)

    def on_recipe_search_moved(self, message: RecipeSearch.Moved) -> None:
        self.tree_view.action_move(message.by)

    def on_recipe_search_left(self) -> None:
        self.tree_view.focus()
