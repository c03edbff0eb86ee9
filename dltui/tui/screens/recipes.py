"""The recipes: found, read, changed, run. The tree at the left, the recipe under its cursor beside it."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widgets import Input

from dltui.errors import DltuiError
from dltui.recipes.files import read_table
from dltui.tui import recipe_index
from dltui.tui.messages import StartRun, Told
from dltui.tui.recipe_index import OWN, Entry, topic_title
from dltui.tui.screens.settling import Settling
from dltui.tui.widgets.hint_line import HintLine
from dltui.tui.widgets.recipe_header import RecipeHeader
from dltui.tui.widgets.recipe_shelf import RecipeShelf
from dltui.tui.widgets.recipe_tree import RecipeTree

if TYPE_CHECKING:
    from dltui.tui.widgets.pane_tabs import PaneTabs
    from dltui.tui.widgets.recipe_detail import RecipeDetail

ONE, TWO, THREE = 40, 70, 110  # columns from which on one, two (tree, a part), all parts are seen side by side
WIDE = 180  # columns from which on the tree has room for what each recipe claims
LOW = 12  # rows below which nothing is
FIRST_KEYS = 0.1  # seconds after the first screen in which only keys are answered


class RecipesScreen(Settling):
    """Where dltui opens. Its command-line twins: dltui list, show, new, check, run."""

    HELP = (
        "Recipes\n"
        "Choose one, press r, and it runs. Beside the tree: its lesson, the options it takes, the layers of its nets; "
        "at the bottom the command that does the same in the shell. In the shell: dltui list, show, new, run."
    )
    AUTO_FOCUS = "RecipeTree"
    BINDINGS: ClassVar = [
        Binding("slash", "search", "Search", id="recipes.search", priority=True),
        Binding("r", "run", "Run what the form says", id="recipes.run"),
        Binding("R", "run(True)", "Run its published size (--full)", id="recipes.run_full"),
        Binding("Q", "run(False, True)", "Put it into the queue", id="recipes.queue"),
        Binding("y", "copy", "Copy the command line", id="recipes.copy"),
        Binding("e", "edit", "Edit a copy in your editor", id="recipes.edit"),
        Binding("t", "try_next", "Put the lesson's next command into the options", id="recipes.try"),
        Binding("l", "language", "English or Russian lessons", id="recipes.language"),
        Binding("tab", "part(1)", "Next part", show=False, id="recipes.next_part"),
        Binding("shift+tab", "part(-1)", "Part before", show=False, id="recipes.part_before"),
        Binding("escape", "leave", "Back to the tree", show=False, id="recipes.leave"),
    ]
    DEFAULT_CSS = """
    RecipesScreen {
        #recipes-columns { height: 1fr; }
        #recipe { width: 1fr; }
        RecipeDetail { height: 1fr; }
        &.-low RecipeHeader { height: 3; }
        &.-three RecipeShelf { width: 27%; min-width: 32; }
        &.-wide RecipeShelf { width: 35%; max-width: 90; }
    }
    RecipesScreen.-one {
        RecipeShelf { width: 1fr; border-right: none; }
        #recipe { display: none; }
        &.-in-detail RecipeShelf { display: none; }
        &.-in-detail #recipe { display: block; }
    }
    RecipesScreen.-none {
        #recipes-columns, CommandLine { display: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.shelf, self.header, self.hint = RecipeShelf(), RecipeHeader(), HintLine()
        self.tree_view = self.shelf.tree_view
        self.detail: RecipeDetail | None = None  # until the tree and the header have been seen
        self._shown = ""  # word of the recipe that is
        self._many = 3  # parts side by side: tree, lesson, and options over layers
        self._mounting = asyncio.Lock()
        self._part_wanted = ""  # the part that takes the focus once it is displayed

    def compose(self) -> ComposeResult:
        self._fit(
            *self.app.size, update=False
        )  # before anything is styled: Textual's breakpoints style all of it twice
        with Horizontal(id="recipes-columns"):
            yield self.shelf
            with Vertical(id="recipe"):
                yield self.header
        yield self.hint

    def on_mount(self) -> None:
        self._show_chosen()
        self.call_after_refresh(self.set_timer, FIRST_KEYS, self.whole)

    async def whole(self) -> "RecipeDetail":
        """Returns what is below the header: made when the first screen has been seen, or when a key wants it before."""
        async with self._mounting:
            if self.detail is None:
                from dltui.tui.lesson import language_of
                from dltui.tui.widgets.recipe_detail import RecipeDetail

                detail = RecipeDetail()
                detail.language = self.app.settings.get("recipes.language", language_of(os.environ))
                detail.set_class(self._many < 3, "-one-part")
                await self.query_one("#recipe").mount(detail)
                await self.mount(detail.command, before=self.hint)
                self.detail = detail
                self.shelf.read_files()
        self._show_chosen()
        return self.detail

    def drain(self) -> None:
        """The app's one timer ticks."""
        if self.detail:
            self.shelf.look_at_runs()

    def show_recipe(self, name: str) -> None:
        """Puts the cursor on a recipe, by its name or file: the app is asked for it by OpenRecipe."""
        if self.shelf.choose(name):
            self.tree_view.focus()
        else:
            self.post_message(Told(f'There is no recipe "{name}" here.', "warning"))

    # -- the tree and what is beside it --------------------------------------------------------------------------------

    def on_recipe_tree_chosen(self) -> None:
        self._show_chosen()

    def on_recipe_shelf_indexed(self) -> None:
        self._show_chosen()

    def on_recipe_shelf_marks_read(self, message: RecipeShelf.MarksRead) -> None:
        if self.header.entry:
            self.header.show(self.header.entry, message.marks.get(self.header.entry.name))

    def _show_chosen(self) -> None:
        """Shows what the cursor is on. A key may overtake the message that the cursor has moved: it calls this, too."""
        tree, entry = self.tree_view, self.tree_view.entry
        if entry:
            self._show_recipe(entry)
        elif tree.rows:
            topic = tree.rows[tree.cursor].topic
            entries = [other for other in tree.entries if other.topic == topic]
            self._shown = ""
            count = f"{len(entries)} recipe{'s' if len(entries) != 1 else ''}"
            self.header.show_topic(topic_title(topic), f"{count}. Enter folds the topic, right unfolds it.")
            if self.detail:
                self.detail.show_topic(entries)
        self.shelf.remember()

    def _show_recipe(self, entry: Entry) -> None:
        known = self.detail.entry.word if self.detail and self.detail.entry else ""
        if self._shown == entry.word and (not self.detail or known == entry.word):
            return
        try:
            table, trouble = read_table(entry.path), ""
        except DltuiError as error:
            table, trouble = {}, str(error)
        self._shown = entry.word
        entry = recipe_index.of_table(entry, table) if table else entry
        self.header.show(entry, self.tree_view.marks.get(entry.name))
        if self.detail:
            self.detail.show(entry, table, trouble)

    async def on_recipe_tree_opened(self) -> None:
        await self._focus_part("lesson")

    async def on_lesson_view_went_on(self) -> None:
        await self._focus_part("options")

    async def on_pane_tabs_chosen(self, message: "PaneTabs.Chosen") -> None:
        await self._focus_part(message.name)

    # -- the focus -----------------------------------------------------------------------------------------------------

    def on_descendant_focus(self) -> None:
        part = self._part()
        if self.detail and part != "tree":
            self.detail.show_part(part)
        self.set_class(part != "tree", "-in-detail")
        self._show_hint()

    def _fit(self, width: int, height: int, *, update: bool = True) -> None:
        """Chooses how many parts are side by side."""
        seen = width >= ONE and height >= LOW
        self._many = 3 if width >= THREE else 2 if width >= TWO else 1
        classes = {
            "-none": not seen,
            "-one": seen and self._many == 1,
            "-three": seen and self._many == 3,
            "-low": height < 22,
            "-wide": width >= WIDE,
        }
        self.update_classes(classes, update=update, animate=False)

    def on_resize(self, event: Resize) -> None:
        self._fit(*event.size)
        if self.detail:
            self.detail.set_class(self._many < 3, "-one-part")
            self.detail.ask_again()
        self._show_hint()
        if self.focused is None:  # what is not displayed has lost the focus
            self.call_after_refresh(self.tree_view.focus)

    def _show_hint(self) -> None:
        if self.has_class("-none"):
            width, height = self.app.size
            self.hint.show([(f"{width}x{height}", f"is too small: {ONE}x{LOW}")])
            return
        keys = getattr(self.focused, "HINT", RecipeTree.HINT)
        if self._many == 1:  # say what is not seen
            keys = (("tab", "shows the other parts: too narrow for two"), *keys)
        self.hint.show(keys)

    def _part(self) -> str:
        """The part that has the focus: tree, lesson, options or layers."""
        within = self.focused.ancestors_with_self if self.focused else ()
        parts = self.detail.parts if self.detail else {}
        return next((name for name, part in parts.items() if part in within), "tree")

    async def _focus_part(self, name: str) -> None:
        if name == "tree":
            self.tree_view.focus()
            return
        detail = await self.whole()
        self.add_class("-in-detail")
        detail.show_part(name)
        # what was not displayed until now takes the focus only once it is
        self._part_wanted = name
        self.call_after_refresh(self._focus_wanted)

    def _focus_wanted(self) -> None:
        self.set_focus(self.detail.widget_of(self._part_wanted))
        self._part_wanted = ""

    @property
    def settled(self) -> bool:
        """Whether the next key meets the part that it is meant for."""
        return not self._part_wanted

    async def action_part(self, by: int) -> None:
        parts = ("tree", *(await self.whole()).parts)
        await self._focus_part(parts[(parts.index(self._part()) + by) % len(parts)])

    def action_search(self) -> None:
        if isinstance(self.focused, Input):
            raise SkipAction  # a path is typed, say
        self.shelf.search.focus()

    def action_leave(self) -> None:
        """To the tree; from the tree: the search is cleared; then whatever the app does."""
        if self._part() != "tree":
            self.tree_view.focus()
        elif self.shelf.search.value:
            self.shelf.search.value = ""
        else:
            raise SkipAction

    def on_screen_suspend(self) -> None:
        if self.detail:
            self.detail.stop_asking()

    def on_screen_resume(self) -> None:
        if self.detail:
            self.detail.ask_again()

    # -- what the keys do ----------------------------------------------------------------------------------------------

    async def _ready(self) -> bool:
        """Whether there is a recipe, and nothing in its form is wrong; else tells what is."""
        detail = await self.whole()
        if detail.entry is None:
            self.post_message(Told("This is a topic: choose one of its recipes first."))
        elif detail.form is None:
            self.post_message(Told(detail.trouble, "error"))
        elif detail.form.wrong:
            await self._focus_part("options")
            detail.options.go_to_wrong()
            self.post_message(Told("Correct the value that is marked first, or press backspace on it.", "warning"))
        else:
            return True
        return False

    async def action_run(self, full: bool = False, queue: bool = False) -> None:
        if not await self._ready():
            return
        entry, form = self.detail.entry, self.detail.form
        if full and not form.recipe_table.get("full"):
            self.post_message(Told(f"{entry.name} has one size only: r runs it.", "warning"))
            return
        self.post_message(StartRun(entry.word, dict(form.changes), full or form.full, queue, form.device))

    async def action_copy(self) -> None:
        command = (await self.whole()).say_command()
        if command:
            self._copy(command, "Copied")

    def _copy(self, command: str, told: str) -> None:
        self.app.copy_to_clipboard(command)
        self.post_message(Told(f"{told}: {command}"))

    async def action_language(self) -> None:
        detail = await self.whole()
        detail.show_language("en" if detail.language == "ru" else "ru")
        self.app.settings.set("recipes.language", detail.language)

    async def action_try_next(self) -> None:
        """The lesson's next command: one that runs this recipe goes into the form, another one to the clipboard."""
        detail = await self.whole()
        command = detail.lesson.next_command()
        if not command:
            self.post_message(Told("This lesson has no commands to try."))
            return
        left = detail.take(command)
        if left is None:
            self._copy(command, "For the shell, copied")
        elif left:
            self.post_message(Told(f"The form has no option {', '.join(left)}: use the shell.", "warning"))

    async def action_edit(self) -> None:
        """A file of one's own that the form does not change is edited itself."""
        from dltui.tui import recipe_copy

        detail = await self.whole()
        entry, form = detail.entry, detail.form
        if entry is None:
            await self._ready()
            return
        try:
            editor = recipe_copy.editor()
            kept = entry.topic == OWN and not (form and form.any_changed)
            path = entry.path if kept else recipe_copy.written(entry, form)
            with self.app.suspend():
                recipe_copy.edit(editor, path)
        except DltuiError as error:
            self.post_message(Told(str(error), "error"))
            return
        self._show_edited(path, recipe_copy.verdict(path))

    def _show_edited(self, path: Path, wrong: str) -> None:
        edited = self.shelf.put_in(path)
        self.detail.forget(edited.word)
        self.show_recipe(edited.word)
        self.post_message(Told(wrong, "error") if wrong else Told(f"{path} is sound: r runs it, e edits it again."))
