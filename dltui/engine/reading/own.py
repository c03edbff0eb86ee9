"""The user's own data at a path: found out what it is, read, split, and told in words."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, scale_of, standardised
from dltui.engine.reading import folder, table
from dltui.engine.reading.labels import by_split, check_parts, classes_of, stratified, untested
from dltui.engine.reading.pixels import Pictures, pixels_of
from dltui.engine.reading.reading_options import FOUND_OUT, Reading
from dltui.engine.reading.table import Numbers, Rows, Wanted
from dltui.engine.reading.table_files import tables_in
from dltui.errors import DltuiError, ExitStatus
from dltui.regular_file import near_absent

SPLITS = ("train", "test")


def read(path: Path, wanted: Wanted, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
    """Returns the data set at `path`: a CSV, npz or Parquet file, a folder of class folders, or a folder with train
    and test of either. What has no test rows of its own is split, by classes and always alike.

    reading: what the user says of how a table is to be read.
    Raises DltuiError that says what was expected and what was found.
    """
    path = path.expanduser()
    try:
        found = _found(path, wanted, report, reading)
    except OSError as error:
        raise _wrong(f"{path}: {error.strerror}.") from None
    return _dataset(path, found, wanted, reading.unlabelled)


def _found(path: Path, wanted: Wanted, report: Callable[[str], None], reading: Reading) -> dict[str, Rows]:
    """{"": rows}, or rows by the name of their split: train, test, perhaps validation."""
    if not path.exists():
        what = f"{path}: expected the folder or file of your data, found nothing there."
        raise DltuiError(what, near_absent(path), ExitStatus.DATA)
    report(f"reading {path}")
    if not path.is_dir():
        if path.suffix.lower() not in table.SUFFIXES:
            known = " ".join(table.SUFFIXES)
            raise _wrong(f"{path}: expected {known} or a folder, found {path.suffix or 'no suffix'}.")
        return table.read(path, wanted, reading)
    class_folders = isinstance(wanted, Pictures) and sum(inside.is_dir() for inside in path.iterdir()) > 1
    files, notes = tables_in(path, table.SUFFIXES, only_splits=class_folders)
    if files:
        return _of_files(files, notes, wanted, reading)
    if isinstance(wanted, Numbers):
        raise _wrong(f"{path}: expected a table of numbers, or train.csv and test.csv in the folder; found neither.")
    found, notes = folder.read_folder(path, *wanted, report)
    return {split: Rows(*labelled, notes=notes) for split, labelled in found.items()}


def _of_files(
    files: dict[str, list[Path]], notes: tuple[str, ...], wanted: Wanted, reading: Reading
) -> dict[str, Rows]:
    """The rows of each split's files, one file's below the other's."""
    found: dict[str, Rows] = {}
    for split, paths in files.items():
        for file in paths:
            for inside, rows in table.read(file, wanted, reading).items():
                name = inside or split
                found[name] = table.joined(found[name], rows, file) if name in found else rows
    first = next(iter(found))
    return {**found, first: found[first]._replace(notes=(*notes, *found[first].notes))}


def _dataset(path: Path, found: dict[str, Rows], wanted: Wanted, unlabelled: bool) -> Dataset:
    found = {split: table.aligned(rows, next(iter(found.values())), path) for split, rows in found.items()}
    inputs, understood = _inputs(list(found.values()), wanted, path)
    labels = [label for rows in found.values() for label in _named(rows, found)]
    unlabelled = unlabelled and all(label is None for label in labels)
    classes, targets = ((), np.zeros(len(labels), np.int64)) if unlabelled else classes_of(labels, str(path))
    sizes = [len(rows.labels) for rows in found.values()]
    notes = tuple(dict.fromkeys((*(note for rows in found.values() for note in rows.notes), *understood)))
    if "train" in found:
        parts = by_split(dict(zip(found, sizes, strict=True)))
    else:
        parts = dict(zip(SPLITS, stratified(targets), strict=True))
        held = len(parts["test"])
        alike = ", alike from each class" if classes else ""
        notes += (f"{held:,} of {len(targets):,} rows are held back for the test{alike}",)
    if classes:
        notes += untested(targets, parts["test"], classes)
        check_parts(parts, classes, targets, str(path))
    splits = {
        name: Split(torch.from_numpy(inputs[rows]), torch.from_numpy(targets[rows])) for name, rows in parts.items()
    }
    scale = scale_of(splits["train"]) if isinstance(wanted, Numbers) else None
    if scale:
        names = sorted(splits, key=lambda name: name != "train")  # by the training rows
        splits = dict(zip(names, standardised(*(splits[name] for name in names)), strict=True))
    kind = "pictures" if isinstance(wanted, Pictures) else "rows"
    shape = (
        "" if isinstance(wanted, Pictures) else f" of {inputs.shape[1]} column{'s' * (inputs.shape[1] > 1)} of numbers"
    )
    detail = f"{path}: {len(targets):,} {kind}{shape} {f'in {len(classes)} classes' if classes else 'without classes'}"
    facts = facts_of(splits["train"].inputs, classes)
    data = Dataset(splits["train"], splits["test"], classes, "path", detail, facts, notes)
    columns = next(iter(found.values())).columns if isinstance(wanted, Numbers) else ()
    return data._replace(validation=splits.get("validation"), scale=scale, columns=columns)


def _inputs(found: list[Rows], wanted: Wanted, path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """The inputs of all splits, one below the other, as wanted; and words on how they were understood."""
    if any(rows.decoded for rows in found):
        if not all(rows.decoded for rows in found):
            raise _wrong(f"{path}: expected pictures, or numbers, in all files; found pictures in some of them.")
        return np.concatenate([rows.inputs for rows in found]), ()
    arrays = [rows.inputs for rows in found]
    if isinstance(wanted, Numbers):
        return np.concatenate(table.as_numbers(arrays, wanted, path)), ()
    arrays, notes = pixels_of(arrays, wanted, path)
    return np.concatenate(arrays), notes


def _named(rows: Rows, found: dict[str, Rows]) -> list:
    """The labels of a split; numbers become the class names that its file, or that of another split, gives them."""
    names = rows.names or next((other.names for other in found.values() if other.names), ())
    in_range = all(isinstance(number, int) and 0 <= number < len(names) for number in rows.labels)
    return [names[number] for number in rows.labels] if names and in_range else rows.labels


def _wrong(message: str) -> DltuiError:
    hint = "Your own data: a folder of class folders with pictures, or a CSV, npz or Parquet file with a column label."
    return DltuiError(message, hint, ExitStatus.DATA)
