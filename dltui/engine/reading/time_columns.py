"""Which columns of a table say when: dates, seconds since 1970, years and months; and the order of the rows by them."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dltui.engine.reading.dialect import INDEXES
from dltui.engine.reading.numbers import are_numbers, are_texts

PARTS = {  # of a date, the longest first: by what names they go, and their largest value
    "year": (("year", "jahr", "année", "год"), 9999),
    "quarter": (("quarter", "квартал"), 4),
    "month": (("month", "monat", "mois", "месяц"), 12),
    "week": (("week", "woche", "неделя"), 53),
    "day": (("day", "tag", "jour", "день"), 366),
    "hour": (("hour", "stunde", "heure", "час"), 24),
    "minute": (("minute", "минута"), 60),
    "second": (("second", "секунда"), 60),
}
TIMES = (
    "time", "timestamp", "date", "datetime", "when", "ts", "unix", "unixtime", "epoch", "t", "datum", "zeit", "дата",
    "время",
)  # fmt: skip
FORMATS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m", "%d-%m-%Y", "%d.%m.%Y %H:%M")
LEAST_STEPS = 1.5  # times the usual step: a longer one is a gap


class Times(NamedTuple):
    """places: of the columns that say when; keys: one or more (N,) by which rows are ordered, the first decides, ()
    where that is not known; names: of these columns."""

    places: list[int]
    keys: tuple[np.ndarray, ...]
    names: list[str]


def times_of(table: pa.Table) -> Times:
    """Returns the columns of a table that say when, and by what its rows are ordered."""
    places, keys = [], []
    parts: dict[str, tuple[int, np.ndarray]] = {}
    for place, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True)):
        bare = name.strip().lower()
        when = moments(column)
        if when is None and are_numbers(column.type) and not column.null_count:
            numbers = column.cast(pa.float64(), safe=False).to_numpy()
            part = next((part for part, (names, _) in PARTS.items() if bare in names), "")
            if part and ((numbers >= 0) & (numbers <= PARTS[part][1])).all() and (numbers == numbers.round()).all():
                parts[part] = place, numbers
                places.append(place)
            elif (bare in TIMES and _one_way(numbers)) or (_is_index_name(bare) and _counts(numbers)):
                when = numbers
        if when is not None:
            places.append(place)
            keys.append(when)
    keys = keys[:1] or [parts[part][1] for part in PARTS if part in parts and "year" in parts]
    return Times(places, tuple(keys), [table.column_names[place] for place in places])


def order_of(times: Times) -> np.ndarray | None:
    """Returns the order of the rows, (N,), the earliest first, None where they stand in it or none is known.

    Raises ValueError in words where a time comes more than once.
    """
    if not times.keys:
        return None
    order = np.lexsort(times.keys[::-1])
    sorted_keys = [key[order] for key in times.keys]
    same = np.all([np.diff(key) == 0 for key in sorted_keys], axis=0)
    if same.any() and len(times.keys) == 1:
        many = f"{int(same.sum()):,} rows have the {times.names[0]} of another"
        raise ValueError(f"{many}: a row is one point of time, and a further series is a further column")
    return None if same.any() or (np.diff(order) == 1).all() else order


def gaps_in(times: Times) -> str:
    """Returns words where steps between rows (which are in order) are not alike; "" where they are, or unknown."""
    if len(times.keys) != 1 or len(times.keys[0]) < 3:
        return ""
    steps = np.diff(np.sort(times.keys[0]))
    usual = np.median(steps)
    wide = steps > LEAST_STEPS * usual
    if not wide.any():
        return ""
    return f"{int(wide.sum()):,} steps of {times.names[0]} are longer than the others: rows seem to be missing"


def moments(column: pa.ChunkedArray) -> np.ndarray | None:
    """Returns the seconds (N,) float64 of a column of dates or times, None where it is none or has gaps."""
    type_ = column.type
    if column.null_count:
        return None
    if are_texts(type_):
        found = [parsed for format_ in FORMATS if (parsed := _parsed(column, format_)) is not None]
        return next((when for when in found if _one_way(when)), found[0] if found else None)
    if pa.types.is_date(type_) or pa.types.is_timestamp(type_):
        return column.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy() / 1e6
    if pa.types.is_time(type_):
        return column.cast(pa.time64("us")).cast(pa.int64()).to_numpy() / 1e6
    return None


def _parsed(column: pa.ChunkedArray, format_: str) -> np.ndarray | None:
    parsed = pc.strptime(pc.utf8_trim_whitespace(column), format=format_, unit="s", error_is_null=True)
    return None if parsed.null_count else parsed.cast(pa.int64()).to_numpy().astype(np.float64)


def _one_way(numbers: np.ndarray) -> bool:
    steps = np.diff(numbers)
    return bool((steps > 0).all() or (steps < 0).all())


def _counts(numbers: np.ndarray) -> bool:
    return bool((np.abs(np.diff(numbers)) == 1).all()) and _one_way(numbers)


def _is_index_name(bare: str) -> bool:
    return bare in INDEXES or bare.startswith("unnamed:")
