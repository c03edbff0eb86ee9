"""The user's own tables: CSV, npz and Parquet files of numbers or pictures with a label."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv
from PIL import Image

from dltui import regular_file
from dltui.engine.reading import picture
from dltui.engine.reading.npz import read_arrays
from dltui.engine.reading.parquet import read_rows
from dltui.errors import DltuiError, ExitStatus

SUFFIXES = (".csv", ".tsv", ".npz", ".parquet")
LABELS = ("label", "class", "target", "y")
MOST_BYTES = 2_000_000_000  # of a file, of what it unpacks to, and of its numbers as 32-bit floats
MOST_ROWS = 5_000_000
NPZ = "x and y, or x_train, y_train, x_test and y_test"


class Pictures(NamedTuple):
    """Wanted: pictures, which are resized and made grey or coloured as needed."""

    channels: int
    size: int


class Numbers(NamedTuple):
    """Wanted: rows of numbers; `columns` of them where that is not 0."""

    columns: int = 0


Wanted = Pictures | Numbers


class Rows(NamedTuple):
    """inputs: (N, C, H, W) uint8 or (N, D) float32; labels: (N,) as they stand in the file."""

    inputs: np.ndarray
    labels: list


def read(path: Path, wanted: Wanted) -> dict[str, Rows]:
    """Returns {"": rows} of a file, or {"train": rows, "test": rows} of an npz that holds both.

    Raises DltuiError that says what was expected and what was found.
    """
    try:
        if path.suffix.lower() == ".npz":
            return _read_npz(path, wanted)
        table = _read_csv(path) if path.suffix.lower() in (".csv", ".tsv") else _read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:  # pyarrow's and numpy's, with their own words
        reason = getattr(error, "strerror", None) or next(iter(str(error).splitlines()), "") or type(error).__name__
        raise _wrong(path, f"cannot be read: {reason.rstrip('.')}.", "Mend the file.") from None
    return {"": _rows_of(table, wanted, path)}


def _wrong(path: Path, what: str, hint: str) -> DltuiError:
    return DltuiError(f"{path}: {what}", hint, ExitStatus.DATA)


def _read_csv(path: Path) -> pa.Table:
    data = regular_file.read(path, MOST_BYTES)
    header = data.partition(b"\n")[0].decode("utf-8-sig", "replace")
    if not header.strip():
        raise ValueError("the file is empty")
    delimiter = max(",;\t", key=header.count)
    return pa.csv.read_csv(pa.BufferReader(data), parse_options=pa.csv.ParseOptions(delimiter=delimiter))


def _read_parquet(path: Path) -> pa.Table:
    with regular_file.opened(path, MOST_BYTES) as file:
        return read_rows(file, MOST_BYTES, MOST_ROWS)


def _rows_of(table: pa.Table, wanted: Wanted, path: Path) -> Rows:
    twice = next((name for name in table.column_names if table.column_names.count(name) > 1), None)
    if twice is not None:
        raise _wrong(path, f"expected columns of different names, found {twice!r} twice.", "Rename one of them.")
    label = next((name for name in table.column_names if name.strip().lower() in LABELS), None)
    if label is None:
        raise _wrong(
            path,
            f"expected a column named {', '.join(LABELS[:-1])} or {LABELS[-1]}, found {_listed(table.column_names)}.",
            "Name the column that holds the class: label.",
        )
    if not table.num_rows:
        raise _wrong(path, "expected rows, found only a header.", "")
    _check_rows(table.num_rows, path)
    labels = _named_labels(table, label)
    rest = table.drop_columns([label])
    pictures = next((name for name in rest.column_names if holds_pictures(rest.schema.field(name).type)), None)
    if pictures is None:
        return Rows(fitted(_numbers(rest, path), wanted, path), labels)
    if isinstance(wanted, Numbers):
        raise _wrong(
            path, f"expected columns of numbers, found pictures in {pictures}.", "For pictures: mnist, digits."
        )
    return Rows(decoded(rest[pictures], wanted, path), labels)


def _check_rows(rows: int, path: Path) -> None:
    if rows > MOST_ROWS:
        raise _wrong(path, f"expected at most {MOST_ROWS:,} rows, found {rows:,}.", "Take a part of them.")


def _named_labels(table: pa.Table, label: str) -> list:
    """Labels as they stand; numbers of a Hugging Face file become the class names that it carries."""
    labels = table[label].to_pylist()
    names = class_names(table, label)
    in_range = all(isinstance(number, int) and 0 <= number < len(names) for number in labels)
    return [names[number] for number in labels] if names and in_range else labels


def class_names(table: pa.Table, label: str) -> tuple[str, ...]:
    """Returns the class names that Hugging Face's metadata of a Parquet file give to a column; () where none."""
    import json

    try:
        feature = json.loads((table.schema.metadata or {})[b"huggingface"])["info"]["features"][label]
        names = feature.get("feature", feature)["names"]  # of a class, or of a list of classes
        return tuple(map(str, names)) if isinstance(names, list) else ()
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return ()


def holds_pictures(type_: pa.DataType) -> bool:
    """Returns whether a column of that type can hold encoded pictures, as Hugging Face keeps them or bare."""
    if pa.types.is_struct(type_):
        return type_.get_field_index("bytes") >= 0
    return pa.types.is_binary(type_) or pa.types.is_large_binary(type_)


def decoded(column: pa.ChunkedArray, wanted: Pictures, where: object) -> np.ndarray:
    """Returns a column of encoded pictures as (N, C, size, size) uint8. Raises DltuiError naming the row."""
    pictures = np.empty((len(column), wanted.channels, wanted.size, wanted.size), np.uint8)
    row = 0
    for chunk in column.chunks:
        for data in chunk.field("bytes") if pa.types.is_struct(chunk.type) else chunk:
            pictures[row] = picture.decode(data.as_py() or b"", f"{where}: row {row + 1}", *wanted)
            row += 1
    return pictures


def _numbers(table: pa.Table, path: Path) -> np.ndarray:
    """All columns as (N, D) float32."""
    for name, type_ in zip(table.column_names, table.schema.types, strict=True):
        if table[name].null_count:
            raise _wrong(path, f"expected a number in every row, found gaps in {name}.", "Fill them or drop the rows.")
        if not (pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_boolean(type_)):
            raise _wrong(
                path, f"expected numbers in every column beside the label, found {type_} in {name}.", "Drop the column."
            )
    if not table.num_columns:
        raise _wrong(path, "expected columns of numbers beside the label, found none.", "")
    return np.stack([column.to_numpy() for column in table.columns], axis=1).astype(np.float32)


def fitted(values: np.ndarray, wanted: Wanted, path: Path) -> np.ndarray:
    """Returns numbers of a file as wanted: (N, D) float32, or pictures (N, C, size, size) uint8.

    Raises DltuiError where their shape or range does not fit.
    """
    if values.dtype != np.uint8 or isinstance(wanted, Numbers):
        size = values.size * 4
        if size > MOST_BYTES:
            held = f"found {values.shape}, {size / 1e9:,.1f} GB"
            raise _wrong(path, f"expected at most {MOST_BYTES / 1e9:g} GB of numbers, {held}.", "Take a part of them.")
    if not np.isfinite(values).all():
        raise _wrong(path, "expected finite numbers, found NaN or infinity.", "Fill the gaps or drop the rows.")
    if isinstance(wanted, Numbers):
        flat = values.reshape(len(values), -1).astype(np.float32)
        if wanted.columns and flat.shape[1] != wanted.columns:
            raise _wrong(path, f"expected {wanted.columns} columns of numbers, found {flat.shape[1]}.", "")
        return flat
    pictures = _as_pictures(values, wanted, path)  # (N, H, W, C)
    if values.dtype != np.uint8:
        low, high = float(values.min()), float(values.max())
        if low < 0 or high > 255:
            raise _wrong(path, f"expected pixels in 0..255 or 0..1, found {low:g}..{high:g}.", "Scale them.")
        pictures = (pictures * (255 if high <= 1 else 1)).round().astype(np.uint8)
    if pictures.shape[1:] == (wanted.size, wanted.size, wanted.channels):
        return np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
    squeezed = pictures[..., 0] if pictures.shape[3] == 1 else pictures
    return np.stack([picture.fitted(Image.fromarray(pixels), *wanted) for pixels in squeezed])


def _as_pictures(values: np.ndarray, wanted: Pictures, path: Path) -> np.ndarray:
    """(N, D), (N, H, W), (N, C, H, W) or (N, H, W, C) -> (N, H, W, C) with 1 or 3 channels."""
    if values.ndim == 2:
        for channels in (wanted.channels, 4 - wanted.channels):
            side = round((values.shape[1] / channels) ** 0.5)
            if channels * side * side == values.shape[1]:
                return values.reshape(-1, channels, side, side).transpose(0, 2, 3, 1)
    elif values.ndim == 3:
        return values[..., None]
    elif values.ndim == 4 and values.shape[3] in (1, 3):
        return values
    elif values.ndim == 4 and values.shape[1] in (1, 3):
        return values.transpose(0, 2, 3, 1)
    pixels = wanted.channels * wanted.size**2
    raise _wrong(
        path,
        f"expected pictures: {pixels} numbers a row (or another square), found {values.shape[1:]}.",
        "Shapes that are understood: (N, pixels), (N, H, W), (N, C, H, W), (N, H, W, C).",
    )


def _read_npz(path: Path, wanted: Wanted) -> dict[str, Rows]:
    arrays = {name.lower(): array for name, array in read_arrays(path, MOST_BYTES).items()}
    if {"x_train", "y_train", "x_test", "y_test"} <= arrays.keys():
        pairs = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}
    elif {"x", "y"} <= arrays.keys():
        pairs = {"": ("x", "y")}
    else:
        raise _wrong(path, f"expected arrays named {NPZ}, found {_listed(list(arrays))}.", "Save them so: np.savez.")
    found = {}
    for split, (x, y) in pairs.items():
        inputs, labels = arrays[x], arrays[y].squeeze()
        if labels.ndim != 1 or len(labels) != len(inputs) or not len(labels):
            raise _wrong(
                path, f"expected a label for each row, found {x} {inputs.shape} and {y} {arrays[y].shape}.", ""
            )
        _check_rows(len(labels), path)
        if inputs.dtype.kind not in "uifb":
            raise _wrong(path, f"expected numbers in {x}, found {inputs.dtype}.", "")
        found[split] = Rows(fitted(inputs, wanted, path), labels.tolist())
    return found


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:8])}{f' ... ({len(names)})' if len(names) > 8 else ''}" or "none"
