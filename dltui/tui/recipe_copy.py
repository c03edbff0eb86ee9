"""A copy of a recipe to edit, as `dltui new` makes it, with what the form changes; and the editor that opens it."""

import os
import shlex
import shutil
import subprocess
from itertools import count
from pathlib import Path

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import files, overrides, recipe
from dltui.tui.form import Form
from dltui.tui.recipe_index import Entry

EDITORS = ("nano", "vim", "vi")  # where nobody has set one


def written(entry: Entry, form: Form | None) -> Path:
    """Writes the copy into the current folder under the first name that is free, and returns its path.

    Comments and order stay as they are unless the form changes something. Raises DltuiError: (2, 3) where the recipe
    cannot be read, (1) where the copy cannot be written.
    """
    text = _text(entry, form)
    for number in count(1):
        path = Path(f"{entry.name}-mine{'' if number == 1 else f'-{number}'}.toml")
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            continue
        except OSError as error:
            problem = f"{path.absolute()}: cannot be written: {error.strerror}."
            raise DltuiError(problem, "Start dltui in a folder of yours.") from None
        return path
    raise AssertionError("count() has no end")


def _text(entry: Entry, form: Form | None) -> str:
    if form is None or not (form.changes or form.full):
        return files.read_text(entry.path)
    import tomli_w

    table = overrides.applied(form.base, form.changes)
    if "variants" in table:  # one key twice, dotted and nested, becomes one
        table["variants"] = {name: dict(files.flat(changes)) for name, changes in table["variants"].items()}
    return tomli_w.dumps(table, multiline_strings=True)


def editor() -> list[str]:
    """Returns the words that start the person's editor.

    Raises DltuiError: (3) where there is none, (2) where VISUAL or EDITOR is not what a shell could read.
    """
    name = next((name for name in ("VISUAL", "EDITOR") if os.environ.get(name)), "")
    try:
        words = shlex.split(os.environ.get(name, ""))
    except ValueError as error:  # a quotation mark without its other
        what = f"{name} is {os.environ[name]!r}: {str(error).lower()}."
        raise DltuiError(what, f'Example: export {name}="code --wait"', ExitStatus.USAGE) from None
    if words:
        if not shutil.which(words[0]):
            what = f"{name} names {words[0]}, which is not there."
            raise DltuiError(what, f"Set {name} to an editor: {', '.join(EDITORS)}.", ExitStatus.NOT_FOUND)
        return words
    found = next(filter(shutil.which, EDITORS), None)
    if found is None:
        raise DltuiError("There is no editor.", "Set EDITOR to one.", ExitStatus.NOT_FOUND)
    return [found]


def edit(words: list[str], path: Path) -> None:
    """Runs the editor on the terminal until it is closed. Raises DltuiError (1) where it cannot be started."""
    try:
        subprocess.run([*words, str(path)], check=False)
    except OSError as error:
        raise DltuiError(f"{words[0]}: cannot be started: {error.strerror}.", "Set EDITOR to an editor.") from None


def verdict(path: Path) -> str:
    """Returns what `dltui check` finds wrong with the file, '' where it is sound."""
    try:
        recipe.load(str(path.absolute()))
    except DltuiError as error:
        return error.message
    return ""
