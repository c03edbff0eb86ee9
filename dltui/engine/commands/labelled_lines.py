"""Texts of the user's own, a line each, as words that a run knows, and the classes that it gives them."""

from pathlib import Path

import torch

from dltui.engine.commands.predict import error_row
from dltui.engine.commands.saved_run import open_learner, step_used
from dltui.engine.reading.labelled_texts import SUFFIXES
from dltui.engine.reading.sentences import UNKNOWN, as_rows, words_of
from dltui.engine.reading.text_file import text_of
from dltui.errors import DltuiError, ExitStatus
from dltui.runs.run import Run

MOST = 10_000  # texts of a file
NAMED = 8  # unknown words


def labelled(run: Run, files: list[Path], variant: str) -> dict:
    """Returns what `predict` does, a row a line that is not empty, with its "text"; "file" tells the line, as in
    FILE:3. Raises DltuiError where the run does not classify texts."""
    notes: list[str] = []
    learner, data = open_learner(run, variant, notes.append)
    if not hasattr(learner.task, "probabilities") or not data.vocabularies:
        what = f'task "{learner.recipe.task.kind}" gives texts no class.'
        raise DltuiError(what, f"What it has learned is to be seen: dltui replay {run.id}", ExitStatus.USAGE)
    known, length = data.vocabularies[0], data.train.inputs.shape[1]
    rows = []
    for path in files:
        try:
            found, note = _lines(path)
        except DltuiError as error:
            rows.append(error_row(path, error.message))
            continue
        notes += [f"{path}: {note.partition(';')[0]}"] if note else []
        words = [words_of(text) for _, text in found]
        inputs = as_rows(words, known, length)
        with learner.evaluation_mode():
            shares = learner.task.probabilities(inputs.to(learner.device)).tolist()
        for (number, text), read, row, share in zip(found, words, inputs, shares, strict=True):
            rows.append({
                "file": f"{path}:{number}",
                "label": data.classes[max(range(len(share)), key=share.__getitem__)],
                "probabilities": dict(zip(data.classes, share, strict=True)),
                "done": _done(read, row, length),
                "error": "",
                "text": text,
            })  # fmt: skip
    return {"rows": rows, **step_used(run, learner), "notes": notes}


def _lines(path: Path) -> tuple[list[tuple[int, str]], str]:
    """(number, text) of each line that is not empty, and what is to be told of the encoding. Raises DltuiError."""
    if path.suffix.lower() in SUFFIXES:
        what = f"{path}: a table; give its column of texts alone, a line each, as a .txt file or on standard input."
        raise DltuiError(what, "", ExitStatus.DATA)
    read = text_of(path, "a file with a text a line", "Give a .txt file, or - for standard input.")
    found = [(number, line.strip()) for number, line in enumerate(read.text.split("\n"), 1) if line.strip()]
    if not 1 <= len(found) <= MOST:
        what = f"{path}: expected from 1 to {MOST:,} lines of text, found {len(found):,}."
        raise DltuiError(what, "A line is a text.", ExitStatus.DATA)
    return found, read.note


def _done(words: list[str], row: torch.Tensor, length: int) -> list[str]:
    """What the net does not see of a text: words that it never learned, and what is longer than its rows."""
    unknown = dict.fromkeys(word for word, number in zip(words, row.tolist(), strict=False) if number == UNKNOWN)
    named = ", ".join(list(unknown)[:NAMED]) + (f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else "")
    cut = [f"cut to {length - 1} of {len(words)} words"] if len(words) >= length else []
    return [*([f"unknown words: {named}"] if unknown else []), *cut]
