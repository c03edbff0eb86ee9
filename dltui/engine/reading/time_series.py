"""The user's own series: a table whose rows are points of time, each column of numbers a series."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from dltui import regular_file
from dltui.engine.reading.data_columns import data_places
from dltui.engine.reading.delimited import Delimited, read_delimited, read_jsonl
from dltui.engine.reading.label_column import listed, twice_in
from dltui.engine.reading.numbers import fault, numbers_of
from dltui.engine.reading.parquet import read_rows
from dltui.engine.reading.reading_options import Reading
from dltui.engine.reading.table import MOST_BYTES, MOST_ROWS
from dltui.engine.reading.time_columns import Times, gaps_in, order_of, times_of
from dltui.errors import DltuiError, ExitStatus

SUFFIXES = (".csv", ".tsv", ".txt", ".jsonl", ".parquet")
HINT = "A row is a point of time, a column of numbers a series; see data.history and data.horizon."
FINE = 1e-3  # of a series' deviation: how finely its values must be told from one another as float32


class OwnSeries(NamedTuple):
    """values (S, T) float64, the earliest first; names of the series; notes: words on what was understood."""

    values: np.ndarray
    names: list[str]
    notes: tuple[str, ...]


def read_series(path: Path, reading: Reading) -> OwnSeries:
    """Returns the series of a file. Columns that say when order the rows, and are no series.

    Raises DltuiError (4) that says what was expected and what was found.
    """
    path = path.expanduser()
    found = _read(path, reading)
    table = found.table
    twice = twice_in(table.column_names)
    if twice is not None:
        raise _wrong(path, f"expected columns of different names, found {twice!r} twice")
    times = times_of(table)
    try:
        order = order_of(times)
    except ValueError as error:
        raise _wrong(path, str(error)) from None
    series, left_out = _numbers(found, times, reading, path)
    values = np.stack(list(series.values()))  # (S, T)
    shown, offsets = _near_zero(values if order is None else values[:, order], list(series))
    notes = [f"{listed(times.names)}: when, and no series"] if times.names else []
    notes += ["rows are put in the order of time: they stood in another"] if order is not None else []
    notes += [gaps] if (gaps := gaps_in(times)) else []
    return OwnSeries(shown, list(series), (*found.notes, *notes, *left_out, *offsets))


def _numbers(found: Delimited, times: Times, reading: Reading, path: Path) -> tuple[dict[str, np.ndarray], list[str]]:
    """Name -> values (T,) of the columns that are series, and words on what was understood and left out."""
    table, series = found.table, {}
    names = table.column_names
    places, notes = data_places(table, -1, reading.columns, path)
    notes = [note for note in notes if "it counts the rows" not in note]  # it says when
    for place in places:
        name, column = names[place] or f"column {place + 1}", table.column(place)
        if place in times.places and not reading.columns:
            continue
        numbers = numbers_of(column, comma_separated=found.separator == ",")
        if numbers is None and reading.columns:
            raise _wrong(path, f"expected numbers in {name}, found {column.type}")
        if numbers is None:
            notes.append(f"{name} is left out: it holds no numbers")
        elif wrong := fault(numbers[0]):
            raise _wrong(path, f"expected a number in every row, found gaps: {wrong} of {name}")
        else:
            series[name] = numbers[0]
            notes += [f"{numbers[1]} in {name}"] if numbers[1] else []
    if not series:
        raise _wrong(path, f"expected a column of numbers, found {listed(table.column_names)}")
    return series, notes


def _read(path: Path, reading: Reading) -> Delimited:
    kind = path.suffix.lower()
    try:
        if path.exists() and not path.is_dir() and kind not in SUFFIXES:
            raise ValueError(f"{' '.join(SUFFIXES)} are read, not {kind or 'a file without a suffix'}")
        if kind == ".parquet":
            with regular_file.opened(path, MOST_BYTES) as file:
                return Delimited(read_rows(file, MOST_BYTES, MOST_ROWS), True, (), "")
        data = regular_file.read(path, MOST_BYTES)
        return read_jsonl(data, reading) if kind == ".jsonl" else read_delimited(data, reading)
    except (OSError, ValueError, pa.ArrowException) as error:
        if isinstance(error, OSError):
            found = "nothing there" if not path.exists() else error.strerror.removeprefix("expected a file, found ")
            raise _wrong(path, f"expected a CSV file, found {found}") from None
        found = str(error).partition("\n")[0].rstrip(".")
        raise _wrong(path, f"expected a CSV file that can be read: {found}") from None


def _near_zero(values: np.ndarray, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Series (S, T) less a whole number where float32, in which they are trained on, could not tell their values."""
    notes, shifted = [], values.copy()
    for name, series in zip(names, shifted, strict=True):
        if np.spacing(np.float32(np.abs(series).max())) > FINE * series.std() > 0:
            offset = np.round(series.mean())
            series -= offset
            notes.append(f"{name} is shown less {offset:,.0f}: its values lie close together and far from zero")
    return shifted, notes


def _wrong(path: Path, what: str) -> DltuiError:
    return DltuiError(f"{path}: {what}.", HINT, ExitStatus.DATA)
