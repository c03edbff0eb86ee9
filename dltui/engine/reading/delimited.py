"""Tables in text files, CSV and its kin, in the dialects in which people and programs write them."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.csv
import pyarrow.json

from dltui.engine.reading.dialect import LABELS, Dialect, dialect_of
from dltui.engine.reading.reading_options import Reading
from dltui.text_decoding import decoded, with_line_feeds

SHOWN = 60  # characters of a wrong row in a message
DEEP = 500  # brackets of a line from which it is looked at before pyarrow reads it
JSON_TYPES = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    dict: "an object",
    list: "a list",
}


class Delimited(NamedTuple):
    """table: a column each, texts where they are no numbers; has_names: whether the file names them; notes: words;
    separator: the sign between two columns."""

    table: pa.Table
    has_names: bool
    notes: tuple[str, ...]
    separator: str


def read_delimited(data: bytes, reading: Reading, *, texts: bool = False) -> Delimited:
    """Returns the table of a file's bytes.

    texts: whether every column is to be texts, as they stand; else those that may hold labels are, and numbers are
        numbers where all of a column are.
    Raises ValueError in words, and pyarrow's own exceptions.
    """
    found = decoded(data, reading.encoding)
    text = with_line_feeds(found.text)
    dialect = dialect_of(text, reading)
    names = dialect.header or [f"column {place + 1}" for place in range(dialect.width)]
    rows = text[dialect.start :].encode("utf-8", "replace")
    as_they_stand = [place for place in range(len(names)) if texts or _may_be_label(place, names, dialect, reading)]
    table = _parsed(rows, dialect, len(names), as_they_stand)
    names = [name.strip() for name in names]
    table = table.rename_columns(names)
    notes = [*([found.note] if found.note else []), *dialect.notes]
    while table.num_columns > 1 and not names[-1] and _is_blank(table.column(table.num_columns - 1)):
        table, names = table.remove_column(table.num_columns - 1), names[:-1]  # a separator ends every row
    return Delimited(table, dialect.header is not None, tuple(notes), dialect.separator)


def read_jsonl(data: bytes, reading: Reading) -> Delimited:
    """Returns the table of a file with a JSON object a line. Raises ValueError in words, and pyarrow's exceptions."""
    found = decoded(data, reading.encoding)
    rows = found.text.encode("utf-8", "replace")
    if not rows.strip():
        raise ValueError("the file is empty")
    if any(line.count("[") + line.count("{") > DEEP for line in found.text.split("\n")):
        for fault in _faults(found.text):  # pyarrow would end the process by a stack that overflows
            raise ValueError(fault)
    try:
        table = pa.json.read_json(
            pa.BufferReader(rows), read_options=pa.json.ReadOptions(use_threads=False, block_size=len(rows) + 1)
        )
    except pa.ArrowInvalid as error:
        for fault in _faults(found.text):
            raise ValueError(fault) from None
        told = str(error).partition("\n")[0]
        raise ValueError(re.sub(r"in row (\d+)", lambda row: f"in row {int(row[1]) + 1}", told)) from None
    return Delimited(table, True, (found.note,) if found.note else (), "")


def _faults(text: str) -> Iterator[str]:
    """What no table can hold, by its line: no JSON, no object, and values of another type than those before."""
    first: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield f"line {number:,} is not JSON ({getattr(error, 'msg', 'nested too deep')}): {line[:SHOWN]}"
            continue
        if not isinstance(row, dict):
            yield f'line {number:,} is not a JSON object such as {{"column": value}}: {line[:SHOWN]}'
            continue
        for name, value in row.items():
            if value is None:
                continue
            kind = JSON_TYPES[type(value)]
            before, where = first.setdefault(name, (kind, number))
            if kind != before:
                yield f"line {number:,}: {name[:SHOWN]} is {kind}, and {before} in line {where:,}"


def _may_be_label(place: int, names: list[str], dialect: Dialect, reading: Reading) -> bool:
    """Whether a column may hold the labels, which stay as they are written: 007 is not 7."""
    name = names[place].strip()
    if reading.label:
        return reading.label in (name, str(place + 1))
    return name.lower() in LABELS or (dialect.header is None and place in (0, len(names) - 1))


def _parsed(rows: bytes, dialect: Dialect, width: int, texts: list[int]) -> pa.Table:
    """The rows as columns "0", "1" ... A single block: types are those of all rows, and a row may be of any length."""
    names = [str(place) for place in range(width)]
    if not rows.strip():
        return pa.table({name: pa.array([], pa.string()) for name in names})
    wrong: list[pa.csv.InvalidRow] = []

    def refused(row: pa.csv.InvalidRow) -> str:
        wrong.append(row)
        return "error"

    try:
        return pa.csv.read_csv(
            pa.BufferReader(rows),
            read_options=pa.csv.ReadOptions(use_threads=False, block_size=len(rows) + 1, column_names=names),
            parse_options=pa.csv.ParseOptions(
                delimiter=dialect.separator, newlines_in_values=True, invalid_row_handler=refused
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types={str(place): pa.string() for place in texts}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        if not wrong:
            raise
        row, said = wrong[0], "names" if dialect.header else "has"
        where = f"line {dialect.first_line + row.number - 1:,} has" if row.number else "a line has"
        raise ValueError(
            f"{where} {row.actual_columns} fields where the first row {said} {width}: {row.text[:SHOWN]}; "
            f"they are separated by {dialect.separator!r}, data.separator= takes another"
        ) from None


def _is_blank(column: pa.ChunkedArray) -> bool:
    return column.null_count == len(column) or (
        pa.types.is_string(column.type) and not any(value and value.strip() for value in column.to_pylist())
    )
