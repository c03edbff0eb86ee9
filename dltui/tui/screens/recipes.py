"""The course: recipes found, read, changed, run. The tree at the left, the recipe under its cursor beside it."""

import asyncio
import os
from typing import TYPE_CHECKING, ClassVar

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widgets import Input

from dltui.tui import recipe_index, recipes_keys
from dltui.tui.messages import Told
from dltui.tui.recipe_index import Entry, topic_title
from dltui.tui.recipes_layout import LOW, ONE, layout
from dltui.tui.screens.settling import Settling
from dltui.tui.widgets.hint_line import HintLine
from dltui.tui.widgets.recipe_header import RecipeHeader
from dltui.tui.widgets.recipe_shelf import RecipeShelf
from dltui.tui.widgets.recipe_tree import RecipeTree

if TYPE_CHECKING:
    from dltui.tui.widgets.pane_tabs import PaneTabs
    from dltui.tui.widgets.recipe_detail import RecipeDetail

FIRST_KEYS = 0.1  # seconds after the first screen in which only keys are answered


class RecipesScreen(Settling):
    """Where dltui opens. Its command-line twins: dltui course, list, show, new, check, run."""

    HELP = (
        "Recipes\n"
        "Choose one, press r, and it runs; p asks you first what will come out; n goes to the one that comes next in "
        "the course. Beside the tree: its lesson, the options it takes, the layers of its nets; at the bottom the "
        "command that does the same in the shell. In the shell: dltui course, list, show, new, run."
    )
    AUTO_FOCUS = "RecipeTree"
    BINDINGS: ClassVar[list[BindingType]] = recipes_keys.BINDINGS
    DEFAULT_CSS = """
    RecipesScreen {
        #recipes-columns { height: 1fr; }
        #recipe { width: 1fr; }
        RecipeDetail { height: 1fr; }
        &.-low RecipeHeader { height: 3; }
        &.-three RecipeShelf { width: 27%; min-width: 32; }
        &.-wide RecipeShelf { width: 40%; max-width: 100; }
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
        self._fit(*self.app.size, update=False)  # before all is styled: Textual's breakpoints style it twice
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
                from dltui.tui.recipe_chores import RecipeChores
                from dltui.tui.widgets.recipe_detail import RecipeDetail

                self.chores, detail = RecipeChores(self), RecipeDetail()
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

    async def action_following(self) -> None:
        """To the recipe that comes next in the course."""
        step = await self.shelf.following()
        if step:
            self.show_recipe(step.name)
        else:
            self.post_message(Told("Every claim of the course is met here: nothing comes next."))

    on_course_line_asked = action_following

    # -- the tree and what is beside it --------------------------------------------------------------------------------

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

    on_recipe_tree_chosen = on_recipe_shelf_indexed = _show_chosen

    def _show_recipe(self, entry: Entry) -> None:
        known = self.detail.entry.word if self.detail and self.detail.entry else ""
        if self._shown == entry.word and (not self.detail or known == entry.word):
            return
        self._shown = entry.word
        entry, table, trouble = recipe_index.loaded(entry)
        self.header.show(entry, self.shelf.marks.get(entry.name))
        if self.detail:
            self.detail.show(entry, table, trouble)

    async def on_recipe_tree_opened(self) -> None:
        await self.action_go_to("lesson")

    async def on_lesson_view_went_on(self) -> None:
        await self.action_go_to("options")

    async def on_pane_tabs_chosen(self, message: "PaneTabs.Chosen") -> None:
        await self.action_go_to(message.name)

    # -- the focus -----------------------------------------------------------------------------------------------------

    def on_descendant_focus(self) -> None:
        part = self._part()
        if self.detail and part != "tree":
            self.detail.show_part(part)
        self.set_class(part != "tree", "-in-detail")
        self._show_hint()

    def _fit(self, width: int, height: int, *, update: bool = True) -> None:
        """Chooses how many parts are side by side."""
        self._many, classes = layout(width, height)
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

    async def action_go_to(self, name: str) -> None:
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
        await self.action_go_to(parts[(parts.index(self._part()) + by) % len(parts)])

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
            await self.action_go_to("options")
            detail.options.go_to_wrong()
            self.post_message(Told("Correct the value that is marked first, or press backspace on it.", "warning"))
        else:
            return True
        return False

    async def action_run(self, full: bool = False, queue: bool = False) -> None:
        if not await self._ready():
            return
        self.chores.start(self.detail.entry, self.detail.form, full, queue)

    async def action_guess(self) -> None:
        if await self._ready():
            self.chores.guess(self.detail.entry, self.detail.form, self.detail.language)

    async def action_copy(self) -> None:
        command = (await self.whole()).say_command()
        if command:
            self.chores.copy(command)

    async def action_language(self) -> None:
        detail = await self.whole()
        detail.show_language("en" if detail.language == "ru" else "ru")
        self.app.settings.set("recipes.language", detail.language)

    async def action_try_next(self) -> None:
        self.chores.try_next(await self.whole())

    async def action_edit(self) -> None:
        detail = await self.whole()
        if detail.entry is None:
            await self._ready()
            return
        path = self.chores.edit(detail.entry, detail.form)
        if path:
            edited = self.shelf.put_in(path)
            detail.forget(edited.word)
            self.show_recipe(edited.word)
            self.chores.judge(path)
