"""The columns of a table in words: of what type each is, from where to where its values go, how many are missing."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dltui.engine.reading.dialect import LABELS
from dltui.engine.reading.numbers import are_texts, numbers_of
from dltui.engine.reading.picture_column import holds_pictures
from dltui.engine.reading.time_columns import moments

MOST_COLUMNS = 200  # that are told of
SHOWN = 3  # of the most frequent words of a column
LONGEST = 40  # letters of a cell
LARGEST = 2**53  # from which whole numbers are no longer told apart


def described(table: pa.Table) -> list[dict]:
    """Returns {name, type, range, missing} of each of the first columns: numbers with their least and greatest, words
    with the most frequent, times with the first and the last."""
    names, columns = table.column_names[:MOST_COLUMNS], table.columns[:MOST_COLUMNS]
    return [_column(name, column) for name, column in zip(names, columns, strict=True)]


def first_rows(table: pa.Table, rows: int) -> list[list[str]]:
    """Returns the first rows as they stand in the file, those of the first columns."""
    part = table.slice(0, rows).select(list(range(min(MOST_COLUMNS, table.num_columns))))
    return [[_cell(cell) for cell in row] for row in zip(*(column.to_pylist() for column in part.columns), strict=True)]


def _column(name: str, column: pa.ChunkedArray) -> dict:
    found = numbers_of(column)
    known = column.drop_null()
    if found is None and (when := moments(known)) is not None and len(when):
        span = " .. ".join(_cell(known[int(place)].as_py()) for place in (when.argmin(), when.argmax()))
        return {"name": name, "type": "times", "range": span, "missing": column.null_count}
    if found is None or (name.strip().lower() in LABELS and _are_identifiers(column, found[0])):
        missing = column.null_count
        if are_texts(column.type):
            missing += pc.sum(pc.equal(pc.utf8_trim_whitespace(column), "")).as_py() or 0
            return {"name": name, "type": "words", "range": _frequent(column), "missing": missing}
        kind = "pictures" if holds_pictures(column.type) else str(column.type).partition("<")[0]
        return {"name": name, "type": kind, "range": "", "missing": missing}
    values = found[0]
    seen = values[~np.isnan(values)]
    whole = bool(len(seen)) and bool(np.isfinite(seen).all()) and bool((seen == seen.round()).all())
    span = f"{_number(seen.min())} .. {_number(seen.max())}" if len(seen) else ""
    kind = ("whole numbers" if whole else "numbers") if len(seen) else "nothing"
    return {"name": name, "type": kind, "range": span, "missing": int(np.isnan(values).sum())}


def _are_identifiers(column: pa.ChunkedArray, values: np.ndarray) -> bool:
    """Whether labels that look like numbers are none: one begins with a needless 0, or has too many digits for one."""
    if not are_texts(column.type):
        return False
    zeros = pc.any(pc.match_substring_regex(column, r"^\s*0\d")).as_py()
    return bool(zeros) or bool((np.abs(values[np.isfinite(values)]) >= LARGEST).any())


def _number(value: float) -> str:
    return f"{value:.0f}" if value == round(value, 0) and abs(value) < 1e15 else f"{value:.10g}"


def _frequent(column: pa.ChunkedArray) -> str:
    counts = pc.value_counts(column.drop_null())
    order = np.argsort(-counts.field("counts").to_numpy(), kind="stable")[:SHOWN]
    words = [_cell(counts[int(place)]["values"].as_py()) for place in order]
    return f"{len(counts):,} different: {', '.join(words)}{' ...' if len(counts) > SHOWN else ''}" if words else ""


def _cell(value: object) -> str:
    text = "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
