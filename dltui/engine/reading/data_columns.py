"""Which columns of a table are data: no index, no dates, no second column of labels; what is left out is told."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dltui.engine.reading.dialect import INDEXES, LABELS
from dltui.engine.reading.label_column import place_of
from dltui.engine.reading.numbers import are_numbers, numbers_of
from dltui.engine.reading.time_columns import moments

MOST_COLUMNS = 200  # of a table in which a column may repeat the label: of more, they are pixels
MOST_PAIRS = 1000  # different values of a column that may repeat the label


def data_places(table: pa.Table, label: int, wanted: tuple[str, ...], path: Path) -> tuple[list[int], list[str]]:
    """Returns the places of the columns that are data, and what was left out or is doubtful, in words.

    label: the place of the labels, -1 where there are none. wanted: data.columns, which decides.
    """
    names = table.column_names
    if wanted:
        return [place_of(name, names, "columns", path) for name in wanted], []
    places = [place for place in range(len(names)) if place != label]
    left_out, notes = set(), []
    index = _pandas_index(table)
    for place in places:
        if why := "it is pandas' index" if names[place] in index else _no_feature(names[place], table.column(place)):
            left_out.add(place)
            notes.append(f"{names[place] or 'the column without a name'} is left out: {why}")
        elif label >= 0 and len(names) <= MOST_COLUMNS and _says_the_same(table.column(place), table.column(label)):
            if names[place].strip().lower() in LABELS:
                left_out.add(place)
                notes.append(f"{names[place]} is left out: it says the same as {names[label]}")
            else:
                what = f"{names[place]} says the same as {names[label]} in every row: whoever has it needs no net"
                notes.append(f"{what}; data.columns= leaves it out")
    return [place for place in places if place not in left_out], notes


def _no_feature(name: str, column: pa.ChunkedArray) -> str:
    """Why a column is an index or says when, in words; "" where it may be a feature."""
    return _is_index(name, column) or ("it says when, in dates or times" if moments(column) is not None else "")


def _is_index(name: str, column: pa.ChunkedArray) -> str:
    """Why a column is an index, in words; "" where it is none."""
    bare = name.strip().lower()
    if (bare not in INDEXES and not bare.startswith("unnamed:")) or len(column) < 2:
        return ""
    if bare == "id" and pa.types.is_string(column.type) and pc.count_distinct(column).as_py() == len(column):
        return "each row has its own"
    if not are_numbers(column.type) or pa.types.is_boolean(column.type) or column.null_count:
        return ""
    values = column.cast(pa.float64(), safe=False).to_numpy()
    if (np.diff(values) == 1).all() and values[0] in (0, 1):
        return f"it counts the rows from {values[0]:g}"
    whole = (values == values.round()).all() and len(np.unique(values)) == len(values)
    return "each row has its own" if whole and bare == "id" else ""


def _pandas_index(table: pa.Table) -> tuple[str, ...]:
    try:
        index = json.loads((table.schema.metadata or {})[b"pandas"])["index_columns"]
        return tuple(name for name in index if isinstance(name, str))
    except (KeyError, ValueError, TypeError, RecursionError):
        return ()


def _says_the_same(column: pa.ChunkedArray, label: pa.ChunkedArray) -> bool:
    """Whether each value of a column stands beside one label, and each label beside one value."""
    if not all(pa.types.is_string(one.type) or are_numbers(one.type) for one in (column, label)) or len(column) < 2:
        return False
    counts = [pc.count_distinct(one, mode="all").as_py() for one in (column, label)]
    if counts[0] != counts[1] or not 2 <= counts[0] <= min(MOST_PAIRS, len(column) // 2):
        return False
    pairs = pa.table({"a": column, "b": label}).group_by(["a", "b"]).aggregate([])
    return pairs.num_rows == counts[0]


class NotNumbers(Exception):
    """Columns that hold no numbers: what stands in the first, and the names of those that are numbers."""

    def __init__(self, what: str, numbers: list[str]):
        super().__init__(what)
        self.numbers = numbers


def matrix_of(table: pa.Table, dtype: type, comma_separated: bool) -> tuple[np.ndarray, list[str]]:
    """Returns the columns as (N, D), and words on how they were understood.

    Raises NotNumbers, which names the columns that are none.
    """
    values = np.empty((table.num_rows, table.num_columns), dtype)
    said: dict[str, list[str]] = {}
    for place, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True)):
        found = numbers_of(column, comma_separated=comma_separated)
        if found is None:
            numbers = [other for other in table.column_names if numbers_of(table[other]) is not None]
            what = f"{column.type} in {name or 'a column without a name'}, such as {_first_wrong(column)}"
            raise NotNumbers(what, numbers)
        values[:, place], words = found
        if words:
            said.setdefault(words, []).append(name)
    return values, [f"{words} in {', '.join(names[:5])}{' ...' * (len(names) > 5)}" for words, names in said.items()]


def _first_wrong(column: pa.ChunkedArray) -> str:
    """The first cell that is no number, as a message shows it."""
    for cell in column:
        if cell.is_valid and numbers_of(pa.chunked_array([[cell.as_py()]], column.type)) is None:
            return repr(cell.as_py())[:40]
    return "all together"
