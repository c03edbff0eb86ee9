"""The user's own pairs of sentences: a file with a pair a line, parted by a tab; or CSV or JSON Lines."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from dltui.engine.reading.text_file import lines_of
from dltui.errors import DltuiError, ExitStatus

SUFFIXES = (".tsv", ".txt", ".csv", ".jsonl")
LEAST = 20  # pairs
HINT = "Your own pairs: a sentence, a tab, its translation, a pair a line; or CSV or JSON Lines with two columns."


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Returns the pairs of a file, a first sentence once; what stands in further columns is left out.

    A CSV file's first line names its columns. Raises DltuiError (4) that says what was expected and what was found.
    """
    lines = lines_of(path, SUFFIXES, "pairs of sentences", HINT)
    kind = path.suffix.lower()
    rows = _json(lines, path) if kind == ".jsonl" else _csv(lines, path) if kind == ".csv" else _tabs(lines)
    pairs: dict[str, str] = {}
    for number, row in rows:
        if len(row) < 2 or not all(part.strip() for part in row[:2]):
            said = " | ".join(row) or "nothing"
            raise _wrong(f"{path}: line {number}: expected two sentences, found {said[:60]}.")
        pairs.setdefault(row[0].strip(), row[1].strip())
    if len(pairs) < LEAST:
        raise _wrong(f"{path}: expected {LEAST} different pairs of sentences or more, found {len(pairs)}.")
    return list(pairs.items())


def _tabs(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    return ((number, line.split("\t")) for number, line in enumerate(lines, 1) if line.strip())


def _csv(lines: list[str], path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from ((number, row) for number, row in enumerate(csv.reader(lines[1:]), 2) if row)
    except csv.Error as error:  # a field that never ends
        raise _wrong(f"{path}: expected CSV, found that {error}.") from None


def _json(lines: Iterable[str], path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, [value for value in json.loads(line).values() if isinstance(value, str)]
            except (ValueError, AttributeError, RecursionError):
                raise _wrong(f"{path}: line {number}: expected a JSON object, found {line.strip()[:60]}.") from None


def _wrong(message: str) -> DltuiError:
    return DltuiError(message, HINT, ExitStatus.DATA)
