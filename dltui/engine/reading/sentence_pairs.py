"""The user's own pairs of sentences: a file with a pair a line, separated by a tab; or CSV or JSON Lines."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from dltui.engine.reading.dialect import INDEXES, NUMBER, dialect_of, rows_of
from dltui.engine.reading.label_column import listed, place_of
from dltui.engine.reading.reading_options import FOUND_OUT, Reading
from dltui.engine.reading.text_file import check_suffix, text_of
from dltui.errors import DltuiError, ExitStatus

SUFFIXES = (".tsv", ".txt", ".csv", ".jsonl")
LEAST = 20  # pairs
HINT = "Your own pairs: a sentence, a tab, its translation, a pair a line; or CSV or JSON Lines with two columns."

Row = tuple[int, list[str]]  # its line, its fields


class Written(NamedTuple):
    """names: of the columns, where the file has them; rows: with the lines on which they end; notes: words."""

    names: list[str] | None
    rows: list[Row]
    notes: tuple[str, ...] = ()


def read_pairs(path: Path, reading: Reading = FOUND_OUT) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """Returns the pairs of a file, a first sentence once, and words on what was understood.

    Of more columns than two, those of numbers, of ids and of one value throughout are none; of the others the first
    two are taken. A CSV file's first line names its columns.
    Raises DltuiError (4) that says what was expected and what was found.
    """
    path = path.expanduser()
    check_suffix(path, SUFFIXES, HINT)
    found = text_of(path, "a file with pairs of sentences", HINT, reading.encoding)
    try:
        written = _written(found.text, path, reading)
    except ValueError as error:  # a field that never ends
        raise _wrong(f"{path}: expected pairs of sentences: {error}.") from None
    first, second, said = _columns(written, reading, path)
    pairs: dict[str, str] = {}
    for number, row in written.rows:
        pair = [row[place].strip() for place in (first, second) if place < len(row)]
        if len(pair) < 2 or not all(pair):
            raise _wrong(f"{path}: line {number}: expected two sentences, found {(' | '.join(row) or 'nothing')[:60]}.")
        pairs.setdefault(*pair)
    if len(pairs) < LEAST:
        raise _wrong(f"{path}: expected {LEAST} different pairs of sentences or more, found {len(pairs)}.")
    return list(pairs.items()), (*([found.note] if found.note else []), *written.notes, *said)


def _written(text: str, path: Path, reading: Reading) -> Written:
    kind = path.suffix.lower()
    if kind == ".jsonl":
        return _json(text.split("\n"), path)
    if kind == ".csv":
        dialect = dialect_of(text, reading._replace(header="yes" if names_columns(path, reading) else "no"))
        rows = [
            (number + dialect.first_line - 1, row) for row, _, number in rows_of(text, dialect.start, dialect.separator)
        ]
        names = [] if not dialect.header or reading.header == "yes" else dialect.header
        return Written(dialect.header, rows, (f"the first row names the columns: {listed(names)}",) if names else ())
    rows = [
        (number, line.split(reading.separator or "\t"))
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip()
    ]
    names = rows.pop(0)[1] if rows and names_columns(path, reading) else None
    return Written(names, rows)


def names_columns(path: Path, reading: Reading) -> bool:
    """Returns whether the first line of a file is taken for the names of its columns: of a CSV file, without asking."""
    return reading.header == "yes" or (path.suffix.lower() == ".csv" and reading.header != "no")


def _json(lines: Iterable[str], path: Path) -> Written:
    """A JSON object a line; of {"translation": {"en": ..., "de": ...}}, as the hub has them, the inner one."""
    names: dict[str, None] = {}
    objects = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
                row = row["translation"] if isinstance(row.get("translation"), dict) else row
            except (ValueError, AttributeError, RecursionError):
                raise _wrong(f"{path}: line {number}: expected a JSON object, found {line.strip()[:60]}.") from None
            texts = {name: value for name, value in row.items() if isinstance(value, str)}
            names |= dict.fromkeys(texts)
            objects.append((number, texts))
    return Written(list(names), [(number, [row.get(name, "") for name in names]) for number, row in objects])


def _columns(written: Written, reading: Reading, path: Path) -> tuple[int, int, tuple[str, ...]]:
    """The places of the two columns of sentences, and words on it where others were left out."""
    width = max((len(row) for _, row in written.rows), default=2)
    names = written.names or [f"column {place + 1}" for place in range(width)]
    if reading.columns:
        if len(reading.columns) != 2:
            raise _wrong(f"{path}: data.columns names two columns of sentences, not {len(reading.columns)}.")
        first, second = (place_of(name, names, "columns", path) for name in reading.columns)
        return first, second, ()
    places = [place for place in range(len(names)) if _are_sentences(place, names, written.rows)]
    if len(places) < 2 or len(names) <= 2:
        return 0, 1, ()
    first, second = places[:2]
    if (first, second) == (0, 1):
        return first, second, ()
    return first, second, (f"the pairs are those of {listed([names[first], names[second]])}, of {len(names)} columns",)


def _are_sentences(place: int, names: Sequence[str], rows: Sequence[Row]) -> bool:
    cells = [row[place].strip() for _, row in rows if place < len(row)]
    if names[place].strip().lower() in INDEXES or (len(cells) > 1 and len(set(cells)) == 1):
        return False
    return any(cell and not NUMBER.fullmatch(cell) for cell in cells)


def _wrong(message: str) -> DltuiError:
    return DltuiError(message, HINT, ExitStatus.DATA)
