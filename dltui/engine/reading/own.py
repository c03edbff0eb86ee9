"""The user's own data at a path: found out what it is, read, split, and told in words."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, standardised
from dltui.engine.reading import folder, table
from dltui.engine.reading.labels import classes_of, mixed, stratified
from dltui.engine.reading.table import Numbers, Pictures, Rows, Wanted
from dltui.errors import DltuiError, ExitStatus

SPLITS = ("train", "test")


def read(path: Path, wanted: Wanted, report: Callable[[str], None]) -> Dataset:
    """Returns the data set at `path`: a CSV, npz or Parquet file, a folder of class folders, or a folder with train
    and test of either. What has no test rows of its own is split, by classes and always alike.

    Raises DltuiError that says what was expected and what was found.
    """
    path = path.expanduser()
    try:
        found = _found(path, wanted, report)
    except OSError as error:
        raise _wrong(f"{path}: {error.strerror}.") from None
    return _dataset(path, found, wanted)


def _found(path: Path, wanted: Wanted, report: Callable[[str], None]) -> dict[str, Rows]:
    """{"": rows} or {"train": rows, "test": rows}."""
    if not path.exists():
        raise _wrong(f"{path}: expected the folder or file of your data, found nothing there.")
    report(f"reading {path}")
    if not path.is_dir():
        if path.suffix.lower() not in table.SUFFIXES:
            known = " ".join(table.SUFFIXES)
            raise _wrong(f"{path}: expected {known} or a folder, found {path.suffix or 'no suffix'}.")
        return table.read(path, wanted)
    for suffix in table.SUFFIXES:
        files = {split: path / f"{split}{suffix}" for split in SPLITS}
        if all(file.is_file() for file in files.values()):
            return {split: rows for split, file in files.items() for rows in table.read(file, wanted).values()}
    if isinstance(wanted, Numbers):
        raise _wrong(f"{path}: expected a table of numbers, or train.csv and test.csv in the folder; found neither.")
    folders = {split: path / split for split in SPLITS}
    if not all(part.is_dir() for part in folders.values()):
        folders = {"": path}
    return {split: Rows(*folder.read_folder(part, *wanted, report)) for split, part in folders.items()}


def _dataset(path: Path, found: dict[str, Rows], wanted: Wanted) -> Dataset:
    inputs = np.concatenate([rows.inputs for rows in found.values()])
    classes, targets = classes_of([label for rows in found.values() for label in rows.labels], str(path))
    if "train" in found:
        held_from = len(found["train"].labels)
        order = mixed(len(targets))
        parts = order[order < held_from], order[order >= held_from]
        notes: tuple[str, ...] = ()
    else:
        parts = stratified(targets)
        notes = (f"{len(parts[1]):,} of {len(targets):,} rows are held back for the test, alike from each class",)
    for name, rows in zip(SPLITS, parts, strict=True):
        if not len(rows):
            raise _wrong(f"{path}: expected at least two rows of a class, found {len(targets)} rows in {name}.")
    missing = [classes[number] for number in np.setdiff1d(targets[parts[1]], targets[parts[0]])]
    if missing:
        raise _wrong(f"{path}: the test has classes that the training rows lack: {', '.join(missing[:5])}.")
    train, test = (Split(torch.from_numpy(inputs[rows]), torch.from_numpy(targets[rows])) for rows in parts)
    if isinstance(wanted, Numbers):
        train, test = standardised(train, test)
    kind = "pictures" if isinstance(wanted, Pictures) else "rows"
    detail = f"{path}: {len(targets):,} {kind} in {len(classes)} classes"
    return Dataset(train, test, classes, "path", detail, facts_of(train.inputs, classes), notes)


def _wrong(message: str) -> DltuiError:
    hint = "Your own data: a folder of class folders with pictures, or a CSV, npz or Parquet file with a column label."
    return DltuiError(message, hint, ExitStatus.DATA)
