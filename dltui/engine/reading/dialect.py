"""How a table in a text file is written: what separates its columns, if a first row names them, where it begins."""

import csv
import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from dltui.engine.reading.reading_options import Reading

SEPARATORS = "\t;|,"  # the likelier first: a comma is in numbers and in sentences too
SAMPLE = 100  # rows that are looked at
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)*|[.,]\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
INDEXES = ("", "index", "id", "idx", "row", "nr", "no", "number", "№")  # names of columns that count rows
LABELS = ("label", "class", "target", "y")
COUNTS = 3  # numbers that rise by one from 0 or 1 and so name columns, as pandas does
EXCEL = re.compile(r"sep=(.)\n")


class Dialect(NamedTuple):
    """separator; header, the names of the columns, or None; start, the place in the text of the first row after it;
    first_line, that row's number; notes, what a user would want to know."""

    separator: str
    header: list[str] | None
    width: int
    start: int
    first_line: int
    notes: tuple[str, ...]


def dialect_of(text: str, reading: Reading) -> Dialect:
    """Returns the dialect of a text whose lines end in line feeds. Raises ValueError in words where there is none."""
    place, notes, separator = 0, [], reading.separator
    if len(separator) > 1:
        raise ValueError(f"data.separator is one sign, or tab, not {separator!r}")
    if excel := EXCEL.match(text):
        place, separator = excel.end(), separator or excel[1]
    place, remarks = _after_remarks(text, place)
    if text[place : place + 100].lstrip().lower().startswith(("<!doctype", "<html", "<?xml")):
        raise ValueError("it is a page of the web, no table: download the file itself")
    separator = separator or _separator(text, place)
    rows = list(islice(rows_of(text, place, separator), SAMPLE))
    if not rows:
        raise ValueError("the file is empty")
    if remarks:
        notes.append(f"{len(remarks)} lines that begin with # are passed over")
    first, end, lines = rows[0]
    named = _named_by_remark(remarks, first, separator)
    has = named is None and (reading.header == "yes" or (reading.header == "auto" and _is_header(rows, notes)))
    names = first if has else named
    if names is None and reading.header == "auto":
        notes.append("the first row is numbers like the others: no row names the columns")
    skipped = text.count("\n", 0, place)
    if has:
        return Dialect(separator, names, len(first), place + end, skipped + lines + 1, tuple(notes))
    return Dialect(separator, names, len(first), place, skipped + 1, tuple(notes))


def _after_remarks(text: str, place: int) -> tuple[int, list[str]]:
    """Where the table begins, and the lines before it that begin with #; empty lines are passed over."""
    remarks = []
    while place < len(text):
        end = text.find("\n", place) + 1 or len(text)
        line = text[place:end].strip("\n\ufeff \t" if text[place] != "\t" else "\n")
        if line.startswith("#"):
            remarks.append(line)
        elif line:
            break
        place = end
    return place, remarks


def _named_by_remark(remarks: list[str], first: list[str], separator: str) -> list[str] | None:
    """The names of the columns where the last line before them is `# a,b,label`, as NumPy's savetxt writes them."""
    if not remarks or len(first) < 2 or not any(map(NUMBER.fullmatch, map(str.strip, first))):
        return None
    names = [name.strip() for name in remarks[-1].lstrip("# ").split(separator)]
    return names if len(names) == len(first) else None


def _separator(text: str, place: int) -> str:
    """The sign that splits most rows into as many fields as the first, and that into more than one."""
    widths = {}
    for sign in SEPARATORS:
        try:
            widths[sign] = [len(row) for row, _, _ in islice(rows_of(text, place, sign), SAMPLE)]
        except ValueError:
            continue
    by_agreement = {
        sign: sum(count == counts[0] for count in counts) / len(counts)
        for sign, counts in widths.items()
        if counts and counts[0] > 1
    }
    return max(by_agreement, key=by_agreement.__getitem__, default=",")


def rows_of(text: str, place: int, separator: str) -> Iterator[tuple[list[str], int, int]]:
    """(fields, where the row ends behind `place`, lines up to there) of the rows that are not empty."""
    read = 0

    def lines() -> Iterator[str]:
        nonlocal read
        while place + read < len(text):
            end = text.find("\n", place + read) + 1 or len(text)
            line = text[place + read : end]
            read = end - place
            yield line

    begun = 0
    reader = csv.reader(lines(), delimiter=separator)
    try:
        for row in reader:
            if row:
                yield row, read, reader.line_num
            begun = reader.line_num
    except (csv.Error, TypeError) as error:
        line = text.count("\n", 0, place) + begun + 1
        raise ValueError(f"line {line:,}: a field in quotes does not end, or is no table: {error}") from None


def _is_header(rows: list[tuple[list[str], int, int]], notes: list[str]) -> bool:
    """Whether the first row names the columns: it is not numbers where all the others are."""
    first, *others = ([cell.strip() for cell in row] for row, _, _ in rows)
    names = [cell for cell in first if cell]
    if not others or any(name.lower() in LABELS for name in names):
        return True
    columns = [[row[place] for row in others if place < len(row) and row[place]] for place in range(len(first))]
    numbers = [place for place, cells in enumerate(columns) if cells and all(map(NUMBER.fullmatch, cells))]
    if not numbers or any(first[place] and not NUMBER.fullmatch(first[place]) for place in numbers):
        return True
    counted = [str(number) for number in range(len(names) + 1)]
    digits = [name for name in names if name.isdecimal()]
    if len(digits) >= COUNTS and digits in (counted[: len(digits)], counted[1 : len(digits) + 1]):
        notes.append(f"the first row, {', '.join(names[:3])} ..., is taken for the names: else data.header=no")
        return True
    return False
