"""What the keys do with the recipe that is shown: run it, queue it, copy its command, edit a copy of it."""

from typing import TYPE_CHECKING

from textual.screen import Screen

from dltui.errors import DltuiError
from dltui.tui.messages import Severity, StartRun, Told
from dltui.tui.recipe_index import OWN, Entry

if TYPE_CHECKING:
    from pathlib import Path

    from dltui.tui.form import Form
    from dltui.tui.widgets.recipe_detail import RecipeDetail


class RecipeChores:
    """Tells in a corner of its screen what came of what it did."""

    def __init__(self, screen: Screen):
        self._screen = screen

    def start(self, entry: Entry, form: "Form", full: bool, queue: bool) -> None:
        """Asks the app for a run of what the form says. full: in its published size; queue: in its turn."""
        if full and not form.recipe_table.get("full"):
            self._tell(f"{entry.name} has one size only: r runs it.", "warning")
            return
        self._screen.post_message(StartRun(entry.word, dict(form.changes), full or form.full, queue, form.device))

    def guess(self, entry: Entry, form: "Form", language: str) -> None:
        """Asks what the recipe asks, and then the app for a run; without a guess where it was skipped."""
        from dltui.recipes import check_claims, prediction  # the first screen need not wait for these
        from dltui.tui.screens.guess import GuessScreen

        question = prediction.of(form.recipe_table)
        if question is None:
            self._tell(f"{entry.name} asks nothing: r runs it.")
            return

        def run(guess: dict | None) -> None:
            asked = StartRun(entry.word, dict(form.changes), form.full, False, form.device, guess)
            self._screen.post_message(asked)

        bounds = question.bounds(check_claims.of_recipe(form.recipe_table))
        self._screen.app.push_screen(GuessScreen(question, bounds, language), run)

    def copy(self, command: str, told: str = "Copied") -> None:
        """Copies a command line."""
        self._screen.app.copy_to_clipboard(command)
        self._tell(f"{told}: {command}")

    def try_next(self, detail: "RecipeDetail") -> None:
        """The lesson's next command: one that runs this recipe goes into the form, another one to the clipboard."""
        command = detail.lesson.next_command()
        if not command:
            self._tell("This lesson has no commands to try.")
            return
        left = detail.take(command)
        if left is None:
            self.copy(command, "For the shell, copied")
        elif left:
            self._tell(f"The form has no option {', '.join(left)}: use the shell.", "warning")

    def edit(self, entry: Entry, form: "Form | None") -> "Path | None":
        """Opens the editor on a copy, or on a file of one's own that the form does not change, and returns its path.

        Returns None, and tells why, where that cannot be.
        """
        from dltui.tui import recipe_copy

        try:
            editor = recipe_copy.editor()
            kept = entry.topic == OWN and not (form and form.any_changed)
            path = entry.path if kept else recipe_copy.written(entry, form)
            with self._screen.app.suspend():
                recipe_copy.edit(editor, path)
        except DltuiError as error:
            self._tell(str(error), "error")
            return None
        return path

    def judge(self, path: "Path") -> None:
        """Tells what `dltui check` says of a file that was edited."""
        from dltui.tui import recipe_copy

        wrong = recipe_copy.verdict(path)
        if wrong:
            self._tell(wrong, "error")
        else:
            self._tell(f"{path} is sound: r runs it, e edits it again.")

    def _tell(self, text: str, severity: Severity = "information") -> None:
        self._screen.post_message(Told(text, severity))
