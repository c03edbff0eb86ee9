"""One recipe: its lesson, options and layers, side by side where there is room, else one at a time."""

import asyncio
from collections.abc import Mapping
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from dltui.errors import DltuiError
from dltui.jobs import data_source
from dltui.recipes import exercise, recipe
from dltui.tui.form import Form
from dltui.tui.layer_query import Nets, layers_of
from dltui.tui.recipe_index import Entry
from dltui.tui.widgets.command_line import CommandLine, changes_in, words
from dltui.tui.widgets.layer_table import WAITING, LayerTable
from dltui.tui.widgets.lesson_view import LessonView
from dltui.tui.widgets.option_form import OptionForm
from dltui.tui.widgets.pane_tabs import PaneTabs

PARTS = ("lesson", "options", "layers")
SETTLED = 0.15  # seconds without a key until the whole recipe is checked
RESTED = 0.6  # and until its nets are built: torch alone takes two seconds of a core
FOR_TRAINING = ("train.", "optimizer.", "schedule.", "device")  # options that change no layer


class RecipeDetail(Vertical):
    """Keeps what was changed in a form while other recipes are looked at."""

    DEFAULT_CSS = """
    RecipeDetail {
        PaneTabs { display: none; }
        #panes { height: 1fr; }
        #beside-lesson { width: 1fr; }
        LessonView { width: 1fr; height: 1fr; border-top: solid $border-blurred; border-title-color: $text-muted; }
        OptionForm { height: 3fr; border-top: solid $border-blurred; border-title-color: $text-muted; }
        LayerTable { height: 2fr; border-top: solid $border-blurred; border-title-color: $text-muted; }
        LessonView:focus, OptionForm:focus-within, LayerTable:focus {
            border-top: solid $border;
            border-title-color: $primary;
            border-title-style: bold;
        }
    }
    RecipeDetail.-one-part {
        PaneTabs { display: block; }
        LessonView, OptionForm, LayerTable {
            display: none;
            height: 1fr;
            border-top: none;
            &:focus, &:focus-within { border-top: none; }
        }
        #beside-lesson { display: none; }
        &.-lesson LessonView { display: block; }
        &.-options #beside-lesson, &.-layers #beside-lesson { display: block; }
        &.-options OptionForm { display: block; }
        &.-layers LayerTable { display: block; }
    }
    """

    def __init__(self, **names: str):
        super().__init__(**names)
        self.entry: Entry | None = None
        self.forms: dict[str, Form] = {}  # word of a recipe -> what is changed in it
        self.table: Mapping = {}
        self.trouble = ""  # why the recipe's file cannot be read
        self.language = "en"
        self.part = "lesson"
        self._known_layers: dict[tuple, list[Nets]] = {}
        self.tabs = PaneTabs(PARTS)
        self.lesson, self.options, self.layer_table = LessonView(), OptionForm(), LayerTable()
        self.command = CommandLine()  # the screen mounts it below everything
        self.parts: dict[str, Widget] = dict(zip(PARTS, (self.lesson, self.options, self.layer_table), strict=True))

    def compose(self) -> ComposeResult:
        yield self.tabs
        with Horizontal(id="panes"):
            yield self.lesson
            with Vertical(id="beside-lesson"):
                yield self.options
                yield self.layer_table

    def on_mount(self) -> None:
        for name, part in self.parts.items():
            part.border_title = f" {name.capitalize()} "
        self.show_part(self.part)

    # -- what it shows -------------------------------------------------------------------------------------------------

    @property
    def form(self) -> Form | None:
        """The form of the recipe that is shown; None on a topic, and for a file that cannot be read."""
        return self.options.form

    def show(self, entry: Entry, table: Mapping, trouble: str) -> None:
        """Shows a recipe by its table, with what was changed in its form before; {} where there is trouble to tell."""
        self.entry, self.table, self.trouble = entry, table, trouble
        self._show_lesson()
        form = None
        if self.table:
            form = self.forms.setdefault(entry.word, Form(self.table))
        self.options.show(form, self.trouble)
        self._ask()
        self.say_command()

    def show_topic(self, entries: list[Entry]) -> None:
        """Shows what a topic has in place of a recipe."""
        self.entry, self.table, self.trouble = None, {}, ""
        self.lesson.show("\n\n".join(f"`{entry.name}` {entry.title or ''}\n{entry.summary}" for entry in entries))
        self.options.show(None)
        self._ask()
        self.say_command()

    def forget(self, word: str) -> None:
        """Forgets what was changed in the form of a recipe, and that it is shown: its file is another one now."""
        self.forms.pop(word, None)
        self._known_layers.clear()
        self.entry = None

    def show_language(self, language: str) -> None:
        """Shows lessons in this language, where they have it."""
        self.language = language
        if self.entry:
            self._show_lesson()

    def _show_lesson(self) -> None:
        lessons = self.table.get("lesson")
        lessons = lessons if isinstance(lessons, dict) else {}
        text, refs = lessons.get(self.language) or lessons.get("en") or "", self.table.get("refs")
        below = [f"In the shell: dltui exercise {name}" for name in exercise.of_recipe(self.entry.name)]
        below += [f"Claims: {self.entry.claims}"] if self.entry.claims else []
        below += map(str, refs) if isinstance(refs, list) else []
        self.lesson.show(str(self.trouble or text), below)

    # -- its parts -----------------------------------------------------------------------------------------------------

    def show_part(self, name: str) -> None:
        """Makes `name` the part that is seen where only one is."""
        before, self.part = self.part, name
        for part in PARTS:
            self.set_class(part == name, f"-{part}")
        self.tabs.show(name)
        if before != name and name == "layers":
            self._ask()

    def widget_of(self, name: str) -> Widget:
        """Returns the widget of a part that takes the focus."""
        return self.options.rows if name == "options" else self.parts[name]

    # -- what it says to the shell -------------------------------------------------------------------------------------

    def say_command(self) -> str:
        """Shows, and returns, the command line for what the form says; '' where there is none."""
        if self.entry is None or self.form is None:
            self.command.show([])
            return ""
        wrong = next((f"{key} {problem}" for key, (_, problem) in self.form.wrong.items()), "")
        self.command.show(words(self.entry.word, self.form), wrong)
        return self.command.command

    def take(self, command: str) -> list[str] | None:
        """Puts what a command line changes into the form; returns the keys that it has no option for.

        Returns None where the command does not run this recipe.
        """
        changes = changes_in(command, self.entry.name)
        if changes is None or self.form is None:
            return None
        left = self.form.set_all(changes)
        self.options.show_changes()
        return left

    # -- asking the engine ---------------------------------------------------------------------------------------------

    def on_option_form_changed(self) -> None:
        self._ask()
        self.say_command()

    def stop_asking(self) -> None:
        """Ends the process that builds the nets, where one does: nobody looks."""
        self.workers.cancel_group(self, "ask")

    def ask_again(self) -> None:
        """Goes on where `stop_asking` ended."""
        self._ask()

    def _ask(self) -> None:
        """Checks the recipe as the form has it, and builds its nets, once the keys rest."""
        self.stop_asking()
        if self.entry is None or self.form is None:
            self.layer_table.say("" if not self.trouble else "The file cannot be read.")
            return
        known = self._known_layers.get(self._layers_key())
        if known:
            self.layer_table.show(known)
        elif self.table.get("kinds"):  # whoever looks at a recipe has not asked that the code beside it be run
            self.layer_table.say(f"Its nets are code of your own. To build them: dltui show {self.entry.word} --layers")
        elif not self.form.wrong:
            self.layer_table.say(WAITING)
        # not `self._asked(...)`: a coroutine that is cancelled before it begins would complain
        self.run_worker(partial(self._asked, known is not None), group="ask", exclusive=True)

    def _layers_key(self) -> tuple:
        changes = {key: value for key, value in self.form.changes.items() if not key.startswith(FOR_TRAINING)}
        return self.entry.word, self.form.full, repr(sorted(changes.items()))

    async def _asked(self, known: bool) -> None:
        await asyncio.sleep(SETTLED)
        form, entry = self.form, self.entry
        if form.wrong:
            return
        try:
            sound = await asyncio.to_thread(_resolved, entry, self.table, dict(form.changes), form.full)
            self.options.judge("")
        except DltuiError as error:
            lines = error.message.splitlines()
            problems = [line.partition(f"{entry.path}: ")[2] or line for line in lines]
            self.options.judge(problems[0] + (f" And {len(lines) - 1} more." if len(lines) > 1 else ""))
            self.layer_table.say("\n".join(problems), "wrong")
            return
        unseen = not self.layer_table.display or (self.has_class("-one-part") and self.part != "layers")
        if known or unseen or self.table.get("kinds"):
            return
        await asyncio.sleep(RESTED)
        key = self._layers_key()
        try:
            self._known_layers[key] = await layers_of(sound)
        except DltuiError as error:
            self.layer_table.say(str(error), "wrong")
        else:
            self.layer_table.show(self._known_layers[key])


def _resolved(entry: Entry, table: Mapping, changes: dict[str, object], full: bool) -> recipe.Recipe:
    sound = recipe.of_table(table, entry.path, changes, full=full)
    return data_source.with_source(sound, named_here="data.from" in changes)
