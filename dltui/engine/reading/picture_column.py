"""Columns of pictures, as Hugging Face keeps them: their bytes, bare or in a record, or the paths of their files."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from dltui.engine.reading import picture
from dltui.engine.reading.numbers import are_texts
from dltui.engine.reading.pixels import Pictures
from dltui.errors import DltuiError, ExitStatus

FIRST = ("image", "img", "picture", "path", "file", "filename", "file_name")  # of several columns the one of this name


def class_names(table: pa.Table, label: str) -> tuple[str, ...]:
    """Returns the class names that Hugging Face's metadata of a Parquet file give to a column; () where none."""
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


def picture_column(table: pa.Table) -> str | None:
    """Returns the column that holds pictures, or the names of their files, None where there is none."""
    named = sorted(table.column_names, key=lambda name: FIRST.index(name.lower()) if name.lower() in FIRST else 99)
    for name in named:
        column = table[name]
        if holds_pictures(column.type) or (are_texts(column.type) and _is_picture(column)):
            return name
    return None


def _is_picture(column: pa.ChunkedArray) -> bool:
    """Whether a column of texts names files of pictures."""
    first = next((name.as_py() for name in column if name.is_valid), "")
    return Path(first.strip()).suffix.lower() in picture.SUFFIXES


def decoded(column: pa.ChunkedArray, wanted: Pictures, where: object, folder: Path | None = None) -> np.ndarray:
    """Returns a column of encoded pictures as (N, C, size, size) uint8. Raises DltuiError naming the row.

    folder: in which the files lie that are named in place of a picture's bytes; None where none may be.
    """
    pictures = np.empty((len(column), wanted.channels, wanted.size, wanted.size), np.uint8)
    row = 0
    for chunk in column.chunks:
        for cell in chunk:
            place = f"{where}: row {row + 1}"
            held = cell.as_py()
            held = {"path": held} if isinstance(held, str) else held if isinstance(held, dict) else {"bytes": held}
            if not held.get("bytes") and held.get("path") and folder is not None:
                pictures[row] = picture.read_picture(_file(str(held["path"]).strip(), folder, place), *wanted)
            else:
                data = held.get("bytes")  # words, where a file of the hub is not what it says
                pictures[row] = picture.decode(data if isinstance(data, bytes) else b"", place, *wanted)
            row += 1
    return pictures


def _file(name: str, folder: Path, place: str) -> Path:
    """The file of that name, of which nothing leads out of the folder. Raises DltuiError where there is none."""
    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts or "\0" in name or not path.is_file():
        raise DltuiError(
            f"{place}: expected the file of a picture in {folder}, found none that is called {name!r}.",
            "A picture is given by its path from the folder of the table, with the end of its name.",
            ExitStatus.DATA,
        )
    return path
