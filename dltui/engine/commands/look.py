"""`python -m dltui.engine.commands.look PATH`: what is understood of data of the user's own, before any run."""

import argparse
import json
from pathlib import Path

import pyarrow as pa
import torch
from torch import Tensor

from dltui.engine.commands.answer import answer, progress
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.pictures.first_rows import first_rows
from dltui.engine.reading import hub_sets, kind_of, reading_options, sources, table, table_columns
from dltui.engine.reading.sentence_pairs import names_columns
from dltui.engine.reading.table_files import tables_in
from dltui.engine.training.picture_files import payload_to_files
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import hub_name
from dltui.recipes.recipe import Section
from dltui.text import clean_line

ROWS = 5  # that are shown
HOW = ("header", "encoding", "separator")  # options by which the columns of a table are found
LETTERS = 60  # of a row of text


def look(path: Path | str, kind: str, options: dict, folder: Path, report, takes: tuple[str, ...] = ()) -> dict:
    """Returns {path, kind, options, detail, rows, holds, splits, classes, counted, columns, first, notes, payload}.

    kind, options: of `[data]`; without a kind the first is taken that can read the path. takes: what other rows do.
    rows: of all splits; holds: what a row is; splits: rows by name; classes: [{name, and how many by split}]; counted:
    rows, words, boxes, or pixels; columns: of a table, as they stand in the file; first: rows as text, [] where
    payload shows them; payload: its files are written to `folder`. Raises DltuiError (4).
    """
    torch.set_num_threads(1)
    section, data = _read(path, kind, options, report, takes)
    splits = {"train": data.train, "validation": data.validation, "test": data.test}
    splits = {name: split for name, split in splits.items() if split is not None}
    payload = first_rows(data, ROWS)
    columns = _columns(path, section)
    return {
        "path": str(path), "kind": section.kind,
        "options": sources.said_of(section, str(path), takes),
        "detail": data.detail, "notes": list(data.notes),
        "rows": sum(len(split.targets) for split in splits.values()), "holds": _holds(data),
        "splits": {name: len(split.targets) for name, split in splits.items()},
        "classes": _classes(data.classes, splits, _counted(data)), "counted": _counted(data),
        "columns": table_columns.described(columns) if columns is not None else [],
        "first": [] if payload else _first(data, columns),
        "payload": payload_to_files(payload, folder, "rows") if payload else None,
    }  # fmt: skip


def _read(path: Path | str, kind: str, options: dict, report, takes: tuple[str, ...]) -> tuple[Section, Dataset]:
    """The data kind that reads a path, and its rows. Raises the error of the likeliest."""
    fault: DltuiError | None = None
    for candidate, its_options in ((kind, {}),) if kind else _candidates(path, options, report):
        section = Section(candidate, {**its_options, **options})
        try:
            return section, sources.load(section, str(path), report, takes)
        except DltuiError as error:
            fault = fault or error
            if error.status not in (ExitStatus.DATA, ExitStatus.USAGE):
                raise
    raise fault


def _candidates(path: Path | str, options: dict, report) -> tuple[kind_of.Candidate, ...]:
    if isinstance(path, Path):
        return kind_of.candidates(path)
    _, choice = reading_options.build(**reading_options.options_of_hub(options))
    return tuple(hub_sets.kinds_for(hub_sets.described(hub_name.parse(path), choice, report)))


def _holds(data: Dataset) -> str:
    inputs = data.train.inputs
    shape = " x ".join(map(str, inputs.shape[1:]))
    if inputs.dim() == 4:
        colours = "coloured" if inputs.shape[1] == 3 else "grey"
        return f"{colours} pictures, made {inputs.shape[2]} x {inputs.shape[3]}"
    if "rate" in data.facts:
        rate = data.facts["rate"]
        return f"sounds of {inputs.shape[1] / rate:g} s, at {rate:,} samples a second"
    if data.vocabularies:
        return f"rows of {shape} symbols, {len(data.vocabularies[0]):,} different"
    return f"rows of {shape} numbers" + (", of mean 0 and deviation 1" if data.scale else "")


def _classes(classes: tuple[str, ...], splits: dict[str, Split], counted: str) -> list[dict]:
    """How many of each split are of each class."""
    counts = {name: _counts(split.targets, len(classes), counted) for name, split in splits.items()}
    return [
        {"name": title, **{name: of[number] for name, of in counts.items()}} for number, title in enumerate(classes)
    ]


def _counted(data: Dataset) -> str:
    """What is of a class."""
    targets = data.train.targets
    if targets.dim() < 3:
        return "words" if data.vocabularies and targets.dim() == 2 else "rows"
    return "boxes" if targets.is_floating_point() else "pixels"


def _counts(targets: Tensor, classes: int, counted: str) -> list[int]:
    if counted == "boxes":
        targets = targets[..., 4]
    if counted == "rows" and targets.dim() == 2 and not targets.is_floating_point():
        return targets.sum(0).tolist()  # of several labels a row
    known = targets.flatten().long()
    return known[known >= 0].bincount(minlength=classes).tolist()


def _columns(path: Path | str, section: Section) -> pa.Table | None:
    """The table at a path, that of its training rows; None where there is none, or it is read as text."""
    if not isinstance(path, Path):
        return None
    if path.is_dir():
        files = tables_in(path, table.SUFFIXES)[0]
        path = next(iter(files.get("train") or files.get("") or ()), path)
    if path.suffix.lower() not in table.SUFFIXES or path.suffix.lower() == ".npz":
        return None
    reading, _ = reading_options.build(**{name: section.options[name] for name in HOW if name in section.options})
    if section.kind == "sentences":
        if section.options.get("targets") != "translation":
            return None
        reading = reading._replace(header="yes" if names_columns(path, reading) else "no")
    return table.columns(path, reading)


def _first(data: Dataset, columns: pa.Table | None) -> list[list[str]]:
    if columns is not None:
        return table_columns.first_rows(columns, ROWS)
    if not data.vocabularies:
        return [[f"{value:.3g}" for value in row.flatten()[:8].tolist()] for row in data.train.inputs[:ROWS]]
    symbols = data.vocabularies[0]
    between = "" if max(map(len, symbols[1:]), default=0) == 1 else " "
    rows = [between.join(symbols[number] for number in row.tolist()) for row in data.train.inputs[:ROWS]]
    return [[clean_line(text)[:LETTERS]] for text in rows]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path")
    parser.add_argument("--kind", default="")
    parser.add_argument("--options", type=json.loads, default={})
    parser.add_argument("--takes", type=json.loads, default=[])
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    report = progress()
    path = given.path if hub_name.is_hub_name(given.path) else Path(given.path).expanduser()
    return answer(lambda: look(path, given.kind, given.options, given.folder, report, tuple(given.takes)))


if __name__ == "__main__":
    raise SystemExit(main())
