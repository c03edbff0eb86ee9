"""The rows of another trainer's CSV log, its decimal commas too: what can be read in two ways is refused."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain

DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+")  # 1,234: with a comma for thousands, or for decimals
POINT = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
SEPARATORS = "\t;,"


def rows(text: str, notes: list[str]) -> Iterator[dict[str, str]]:
    """Yields {column: cell} of a CSV log, whatever of SEPARATORS stands in it; `notes` is told what was understood.

    Raises ValueError, saying where, for a header that names no columns, a row that has more cells than it, and commas
    that may be of decimals or of thousands.
    """
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        if len(names) < 2 or any(_is_number(name) for name in names):
            raise ValueError(f"expected names of columns in the first line, found {first[:60]!r}")
        if twice := next((name for name in names if name and names.count(name) > 1), None):
            raise ValueError(f"expected columns of different names, found {twice!r} twice")
        found = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ValueError(f"cannot be read as CSV: line {reader.line_num}: {error}") from None
    for line, row in found:
        if any(cell.strip() for cell in row[len(names) :]):
            hint = " (a decimal comma needs ; or a tab between the columns)" if separator == "," else ""
            raise ValueError(f"line {line} has {len(row)} cells, and {len(names)} columns are named{hint}")
    if found and len(found[-1][1]) < len(names) and not text.endswith("\n"):
        found.pop()
        notes.append("passed over: the last line, which is not whole yet")
    if decimal := _decimal_comma(found):
        notes.append(f"decimal commas: {decimal} is read as {decimal.replace(',', '.')}")
    for _, row in found:
        yield dict(zip(names, [_with_point(cell) for cell in row] if decimal else row, strict=False))


def _is_number(word: str) -> bool:
    return bool(re.fullmatch(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", word))


def _with_point(cell: str) -> str:
    return cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell.strip()) else cell


def _decimal_comma(found: list[tuple[int, list[str]]]) -> str:
    """A number with a decimal comma, such as 0,693; '' where there is none. Raises ValueError where it may be one of
    thousands as well."""
    cells = list(chain.from_iterable(((line, cell.strip()) for cell in row) for line, row in found))
    commas = [(line, cell) for line, cell in cells if DECIMAL_COMMA.fullmatch(cell) or GROUPED.fullmatch(cell)]
    if not commas:
        return ""
    sure = next((cell for _, cell in commas if not GROUPED.fullmatch(cell) or cell.lstrip("+-").startswith("0")), "")
    point = next(((line, cell) for line, cell in cells if POINT.fullmatch(cell)), None)
    many = next(((line, cell) for line, cell in commas if cell.count(",") > 1), None)
    if sure and not point and not many:
        return sure
    line, cell = many or next((one for one in commas if GROUPED.fullmatch(one[1])), commas[0])
    beside = f", and {point[1]} in line {point[0]}" if point else f", and {sure}" if sure else ""
    raise ValueError(f"{cell} in line {line}{beside}: its comma may be of decimals or of thousands. Write a point")
