"""The user's own tables: CSV and its kin, JSON Lines, npz and Parquet files of numbers or pictures with a label."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from dltui import regular_file
from dltui.engine.reading.data_columns import NotNumbers, data_places, matrix_of
from dltui.engine.reading.delimited import Delimited, read_delimited, read_jsonl
from dltui.engine.reading.label_column import NO_LABEL, label_place, labels_of, listed, twice_in
from dltui.engine.reading.npz import read_arrays
from dltui.engine.reading.numbers import fault
from dltui.engine.reading.parquet import read_rows
from dltui.engine.reading.picture_column import class_names, decoded, picture_column
from dltui.engine.reading.pixels import Pictures
from dltui.engine.reading.reading_options import FOUND_OUT, Reading
from dltui.errors import DltuiError, ExitStatus

TEXTS = (".csv", ".tsv")
SUFFIXES = (*TEXTS, ".jsonl", ".npz", ".parquet")
MOST_BYTES = 2_000_000_000  # of a file, of what it unpacks to, and of its numbers
MOST_ROWS = 5_000_000
NPZ = "x and y, or x_train, y_train, x_test and y_test"


class Numbers(NamedTuple):
    """Wanted: rows of numbers; `columns` of them where that is not 0."""

    columns: int = 0


Wanted = Pictures | Numbers


class Rows(NamedTuple):
    """The rows of a file, as they stand in it.

    inputs: pictures (N, C, size, size) uint8 where `decoded`, else numbers (N, ...).
    labels: (N,), all None where no column holds them; names: what whole numbers among them stand for, if it is said.
    columns: the names of (N, D); notes: what was understood or left out.
    """

    inputs: np.ndarray
    labels: list
    decoded: bool = True
    names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read(path: Path, wanted: Wanted, reading: Reading = FOUND_OUT) -> dict[str, Rows]:
    """Returns {"": rows} of a file, or {"train": rows, "test": rows} of an npz that holds both.

    Raises DltuiError that says what was expected and what was found.
    """
    try:
        if path.suffix.lower() == ".npz":
            return _read_npz(path)
        return {"": _rows_of(_columns(path, reading), wanted, path, reading)}
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _unread(path, error) from None


def columns(path: Path, reading: Reading = FOUND_OUT) -> pa.Table:
    """Returns all columns of a CSV, JSONL or Parquet file as they stand there. Raises DltuiError as `read`."""
    return delimited(path, reading).table


def delimited(path: Path, reading: Reading = FOUND_OUT) -> Delimited:
    """Returns the same, and how it was understood."""
    try:
        return _columns(path, reading)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _unread(path, error) from None


def _columns(path: Path, reading: Reading) -> Delimited:
    if path.suffix.lower() in TEXTS:
        return read_delimited(regular_file.read(path, MOST_BYTES), reading)
    if path.suffix.lower() == ".jsonl":
        return read_jsonl(regular_file.read(path, MOST_BYTES), reading)
    with regular_file.opened(path, MOST_BYTES) as file:
        return Delimited(read_rows(file, MOST_BYTES, MOST_ROWS), True, (), "")


def _unread(path: Path, error: Exception) -> DltuiError:
    """What pyarrow and numpy say in their own words."""
    reason = getattr(error, "strerror", None) or next(iter(str(error).splitlines()), "") or type(error).__name__
    return _wrong(path, f"cannot be read: {reason.rstrip('.')}.", "Mend the file.")


def _wrong(path: Path, what: str, hint: str) -> DltuiError:
    return DltuiError(f"{path}: {what}", hint, ExitStatus.DATA)


def _rows_of(found: Delimited, wanted: Wanted, path: Path, reading: Reading) -> Rows:
    table, notes = found.table, list(found.notes)
    twice = twice_in(table.column_names)
    if twice is not None and not (reading.label and reading.columns):
        hint = 'Rename one of them, or choose by number: data.label=3 data.columns=\'["1", "2"]\''
        raise _wrong(path, f"expected columns of different names, found {twice!r} twice.", hint)
    if not table.num_rows:
        raise _wrong(path, f"expected rows, found only a header: {listed(table.column_names)}.", "")
    check_rows(table.num_rows, path)
    place, note = label_place(table, reading.label, found.has_names, path, reading.unlabelled)
    notes += [note] if note else []
    labels, names = [None] * table.num_rows, ()
    if place >= 0:
        table, note = with_labels(table, place, path)
        notes += [note] if note else []
        labels, names = labels_of(table.column(place), path), class_names(table, table.column_names[place])
    rest, left_out = data_places(table, place, reading.columns, path)
    data = table.select(rest)
    pictures = picture_column(data)
    if pictures is None:
        values, said = _numbers(data, wanted, path, comma_separated=found.separator == ",")
        columns = tuple(data.column_names)
        return Rows(values, labels, False, names, columns, (*notes, *left_out, *said))
    if isinstance(wanted, Numbers):
        what = f"expected columns of numbers, found pictures in {pictures}."
        raise _wrong(path, what, "For pictures: mnist, digits.")
    others = [name for name in data.column_names if name != pictures]
    notes += [f"the pictures are those of {pictures}; left out: {listed(others)}"] if others else []
    return Rows(decoded(data[pictures], wanted, path, path.parent), labels, True, names, notes=tuple(notes))


def check_rows(rows: int, path: Path) -> None:
    """Raises DltuiError where a table has more rows than are read."""
    if rows > MOST_ROWS:
        raise _wrong(path, f"expected at most {MOST_ROWS:,} rows, found {rows:,}.", "Take a part of them.")


def with_labels(table: pa.Table, place: int, path: Path) -> tuple[pa.Table, str]:
    """Returns the rows that have a label, and words on the others: where a Hugging Face file has named classes, -1
    says that there is none."""
    column = table.column(place)
    if not class_names(table, table.column_names[place]) or not pa.types.is_integer(column.type):
        return table, ""
    kept = np.array([label is not None and label != NO_LABEL for label in column.to_pylist()], bool)
    if kept.all():
        return table, ""
    if not kept.any():
        raise _wrong(path, f"expected labels, found {NO_LABEL} (no label) in every row.", "Take the training rows.")
    return table.filter(pa.array(kept)), f"{(~kept).sum():,} rows without a label ({NO_LABEL}) are left out"


def _numbers(table: pa.Table, wanted: Wanted, path: Path, comma_separated: bool) -> tuple[np.ndarray, list[str]]:
    """All columns as (N, D), and words on how they were understood: float64, or float32 where they are pixels."""
    dtype = np.float64 if isinstance(wanted, Numbers) else np.float32
    if not table.num_columns:
        raise _wrong(path, "expected columns of numbers beside the label, found none.", "")
    size = table.num_rows * table.num_columns * np.dtype(dtype).itemsize
    _check_size((table.num_rows, table.num_columns), size, path)
    try:
        values, said = matrix_of(table, dtype, comma_separated)
    except NotNumbers as error:
        what = f"expected numbers in every column beside the label, found {error}."
        numbers = json.dumps(error.numbers, ensure_ascii=False)
        hint = f"Take those that are numbers: data.columns='{numbers}'" if error.numbers else "None of them is."
        raise _wrong(path, what, hint) from None
    _check_finite(values, table.column_names, path)
    return values, said


def _check_size(shape: tuple[int, ...], size: int, path: Path) -> None:
    if size > MOST_BYTES:
        held = f"found {shape}, {size / 1e9:,.1f} GB"
        raise _wrong(path, f"expected at most {MOST_BYTES / 1e9:g} GB of numbers, {held}.", "Take a part of them.")


def _check_finite(values: np.ndarray, names: list[str], path: Path) -> None:
    """Raises DltuiError that names the first column (N, D) with a gap, its row, and how many there are."""
    bad = ~np.isfinite(values).all(0)
    if bad.any():
        place = int(bad.argmax())
        others = f"; {bad.sum() - 1} other columns have some too" if bad.sum() > 1 else ""
        what = f"expected finite numbers, found {fault(values[:, place])} of {names[place] or f'column {place + 1}'}"
        raise _wrong(path, f"{what}{others}.", "Fill the gaps, drop the rows, or leave columns out with data.columns=")


def _read_npz(path: Path) -> dict[str, Rows]:
    arrays = {name.lower(): array for name, array in read_arrays(path, MOST_BYTES).items()}
    if {"x_train", "y_train", "x_test", "y_test"} <= arrays.keys():
        pairs = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}
    elif {"x", "y"} <= arrays.keys():
        pairs = {"": ("x", "y")}
    else:
        raise _wrong(path, f"expected arrays named {NPZ}, found {listed(list(arrays))}.", "Save them so: np.savez.")
    return {split: _pair(x, arrays[x], y, arrays[y], path) for split, (x, y) in pairs.items()}


def _pair(x: str, inputs: np.ndarray, y: str, labels: np.ndarray, path: Path) -> Rows:
    shapes = f"found {x} {inputs.shape} and {y} {labels.shape}"
    labels = labels.reshape(len(labels)) if labels.ndim and labels.size == len(labels) else labels
    if labels.ndim != 1 or not inputs.ndim or len(labels) != len(inputs):
        raise _wrong(path, f"expected a label for each row, {shapes}.", "")
    if not inputs.size:
        raise _wrong(path, f"expected rows, {shapes}.", "Save arrays that are not empty.")
    check_rows(len(labels), path)
    if inputs.dtype.kind not in "uifb":
        raise _wrong(path, f"expected numbers in {x}, found {inputs.dtype}.", "")
    if inputs.dtype != np.uint8:
        _check_size(inputs.shape, inputs.size * 8, path)
    if inputs.dtype.kind == "f" and not np.isfinite(inputs).all():
        flat = inputs.reshape(len(inputs), -1)
        _check_finite(flat, [f"{x}[:, {place}]" for place in range(flat.shape[1])], path)
    return Rows(inputs, labels.tolist(), False)


def joined(above: Rows, below: Rows, path: Path) -> Rows:
    """Returns the rows of two files of one split. Raises DltuiError where they do not fit."""
    below = aligned(below, above, path)
    if above.decoded != below.decoded or above.names != below.names:
        raise _wrong(path, "expected what the file before it has, found other classes or columns.", "Keep them apart.")
    inputs = np.concatenate([above.inputs, below.inputs])
    return above._replace(inputs=inputs, labels=above.labels + below.labels)


def aligned(rows: Rows, like: Rows, path: Path) -> Rows:
    """Returns rows with their columns in the order of another split's. Raises DltuiError where they are others."""
    if rows.columns != like.columns:
        if sorted(rows.columns) != sorted(like.columns) or len(set(like.columns)) < len(like.columns):
            found = f"found {listed(list(like.columns))} and {listed(list(rows.columns))}"
            raise _wrong(path, f"expected the same columns in all files, {found}.", "data.columns= names them.")
        inputs = rows.inputs[:, [rows.columns.index(name) for name in like.columns]]
        return rows._replace(inputs=inputs, columns=like.columns)
    if rows.inputs.shape[1:] != like.inputs.shape[1:]:
        found = f"found {like.inputs.shape[1:]} and {rows.inputs.shape[1:]}"
        raise _wrong(path, f"expected rows of one shape in all parts, {found}.", "")
    return rows


def as_numbers(arrays: list[np.ndarray], wanted: Numbers, path: Path) -> list[np.ndarray]:
    """Returns the numbers of each split as (N, D) float64. Raises DltuiError where there are not as many as wanted."""
    flat = [values.reshape(len(values), -1).astype(np.float64) for values in arrays]
    widths = sorted({values.shape[1] for values in flat})
    if wanted.columns and widths != [wanted.columns]:
        hint = "data.columns= names those that are taken."
        raise _wrong(path, f"expected {wanted.columns} columns of numbers, found {widths[-1]}.", hint)
    return flat
