"""Columns as they stand in tables -> float64: decimal commas and thousands are understood, gaps are named by row."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SPACES = "[\u00a0\u202f ]"  # between thousands
PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
DECIMAL_COMMA = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+)?(,\d+)?([eE][+-]?\d+)?$"
THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})*(\.\d+)?$"
MISSING = ("", "na", "nan", "-nan", "n/a", "#n/a", "null", "none", "?")
INFINITE = ("inf", "+inf", "-inf", "infinity", "-infinity")


def are_numbers(type_: pa.DataType) -> bool:
    """Returns whether a column of that type holds numbers, true and false among them."""
    return (
        pa.types.is_integer(type_)
        or pa.types.is_floating(type_)
        or pa.types.is_boolean(type_)
        or pa.types.is_decimal(type_)
    )


def are_texts(type_: pa.DataType) -> bool:
    """Returns whether a column of that type holds texts."""
    return pa.types.is_string(type_) or pa.types.is_large_string(type_)


def numbers_of(column: pa.ChunkedArray, *, comma_separated: bool = False) -> tuple[np.ndarray, str] | None:
    """Returns the numbers of a column, (N,) float64 with NaN in its gaps, and words for what was understood; None
    where it holds anything else.

    comma_separated: whether commas part the columns of the file, so that one in a quoted number is of its thousands.
    """
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan), ""
    if are_numbers(column.type):
        return column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64), ""
    if not are_texts(column.type):
        return None
    cells = pc.replace_substring_regex(pc.utf8_trim_whitespace(column), rf"(\d){SPACES}(\d)", r"\1\2")
    lower = pc.utf8_lower(cells)
    infinite = pc.is_in(lower, pa.array(INFINITE))
    cells = pc.if_else(pc.is_in(lower, pa.array(MISSING)), pa.scalar(None, pa.string()), cells)
    rest = pc.if_else(infinite, pa.scalar(None, pa.string()), cells)
    said = ""
    if _all(rest, PLAIN):
        pass
    elif comma_separated and _all(rest, THOUSANDS):
        cells, said = pc.replace_substring(cells, ",", ""), "commas are of thousands"
    elif _all(rest, DECIMAL_COMMA):
        cells = pc.replace_substring(pc.replace_substring(cells, ".", ""), ",", ".")
        said = "commas are decimal"
    else:
        return None
    return pc.replace_substring(cells, "+", "").cast(pa.float64()).to_numpy().astype(np.float64), said


def _all(cells: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(cells, pattern), min_count=0).as_py() is not False)


def fault(values: np.ndarray) -> str:
    """Returns which rows of a column (N,) hold no finite number, in words; "" where all do."""
    bad = np.flatnonzero(~np.isfinite(values))
    if not len(bad):
        return ""
    what = "no number" if np.isnan(values[bad[0]]) else "infinity"
    return f"{what} in row {bad[0] + 1:,}{f' and {len(bad) - 1:,} others' if len(bad) > 1 else ''}"
