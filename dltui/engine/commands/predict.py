"""`python -m dltui.engine.commands.predict RUN_DIR FILE...`: what a run says of the user's pictures and texts."""

import argparse
from pathlib import Path

from dltui.engine.commands.answer import answer
from dltui.engine.reading.picture import form_of
from dltui.errors import DltuiError
from dltui.recipes import schema
from dltui.regular_file import near_absent
from dltui.runs import recorded_recipe
from dltui.runs.run import Run


def predict(run: Run, files: list[Path], variant: str, folder: Path) -> dict:
    """Returns {"rows": [{file, label, probabilities, done, error}], "notes"}, a row a picture, or a line of a text
    file, which has its "text" too, or with the "objects" that a detector finds (see detected_objects.py); a file that
    cannot be read says why. done: what was done to it, in words.

    Where one is read, also what `step_used` tells, and "seen": the payload of the first pictures as the net sees them,
    its file in `folder`. notes: of checkpoints not used. Raises DltuiError.
    """
    of_texts = _reads_texts(run)
    faults = {path: fault for path in files if (fault := _absent(path) or ("" if of_texts else _fault(path)))}
    if len(faults) == len(set(files)):
        return {"rows": [error_row(path, faults[path]) for path in files], "notes": []}
    good = [path for path in files if path not in faults]
    if of_texts:
        from dltui.engine.commands import labelled_lines  # torch takes seconds, and may not be needed

        found = labelled_lines.labelled(run, good, variant)
        return {**found, "rows": [*(error_row(path, fault) for path, fault in faults.items()), *found["rows"]]}
    if _predicts(run) == "boxes":
        from dltui.engine.commands.detected_objects import detected as look
    else:
        from dltui.engine.commands.labelled_pictures import labelled as look
    found = look(run, good, variant, folder)
    rows = iter(found["rows"])
    return {**found, "rows": [error_row(path, faults[path]) if path in faults else next(rows) for path in files]}


def error_row(path: Path, error: str) -> dict:
    """Returns the row of a file that cannot be read."""
    return {"file": str(path), "label": "", "probabilities": {}, "done": [], "error": error}


def _reads_texts(run: Run) -> bool:
    """Whether a run was trained on texts with a class each; no where that cannot be told, which is told later."""
    try:
        data = recorded_recipe.usable(run).data
    except DltuiError:
        return False
    return bool(data) and {"text", "classes"} <= set(schema.find("data", data.kind).constants.get("GIVES", ()))


def _predicts(run: Run) -> str:
    """What the task of a run tells of a picture."""
    recipe = recorded_recipe.usable(run)
    return schema.find(recipe.subject, recipe.task.kind).constants.get("PREDICTS", "classes")


def _absent(path: Path) -> str:
    """Why there is no file; '' where there is one."""
    if not path.exists():
        return f"{path}: there is no such file. {near_absent(path)}"
    return f"{path}: a folder; give the files in it: {path}/*" if path.is_dir() else ""


def _fault(path: Path) -> str:
    """Why a file is no picture, as far as its head tells; '' where it may be one."""
    try:
        form_of(path)
    except DltuiError as error:
        return error.message
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--variant", default="")
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    return answer(lambda: predict(Run(given.run), given.files, given.variant, given.folder))


if __name__ == "__main__":
    raise SystemExit(main())
