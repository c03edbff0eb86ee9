"""The user's own texts with a class each: a table with columns of texts and of labels, or class folders of .txt."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from dltui.engine.reading import table
from dltui.engine.reading.dialect import LABELS
from dltui.engine.reading.folder import Wanted, filed
from dltui.engine.reading.label_column import label_place, labels_of, listed, place_of
from dltui.engine.reading.numbers import are_texts, numbers_of
from dltui.engine.reading.picture_column import class_names
from dltui.engine.reading.reading_options import FOUND_OUT, Reading
from dltui.engine.reading.split_files import split_files
from dltui.engine.reading.table_files import tables_in
from dltui.engine.reading.text_file import text_of
from dltui.errors import DltuiError, ExitStatus
from dltui.regular_file import near_absent

SUFFIXES = (*table.TEXTS, ".jsonl", ".parquet")
NAMED = ("text", "sentence", "content", "review", "document", "article", "comment", "message")
HINT = "Your own texts: a CSV file with the columns text and label, or FOLDER/good/1.txt, FOLDER/bad/2.txt ..."
FILES = Wanted("texts", (".txt",), HINT)


class Texts(NamedTuple):
    """Texts (N) of a split, and the label of each as it is written."""

    texts: list[str]
    labels: list


def read_texts(
    path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT
) -> tuple[dict[str, Texts], tuple[str, ...]]:
    """Returns the texts of each split, {"": texts} where there are no splits, and what was understood.

    A text that is empty is left out, and one that stands there more than once is taken once; one of the test is not
    among those to train on. Raises DltuiError (4) that says what was expected and what was found.
    """
    path = path.expanduser()
    if not path.exists():
        what = f"{path}: expected a table of texts or a folder of class folders, found nothing there."
        raise DltuiError(what, near_absent(path), ExitStatus.DATA)
    report(f"reading {path}")
    try:
        of_folders = path.is_dir() and not tables_in(path, SUFFIXES)[0]
        found, notes = _of_folders(path, reading) if of_folders else _of_tables(path, reading)
    except OSError as error:
        raise _wrong(f"{path}: {error.strerror}.") from None
    return _each_once(found, notes, path)


def _of_folders(path: Path, reading: Reading) -> tuple[dict[str, Texts], list[str]]:
    found, said = filed(path, FILES), Counter()
    splits = {}
    for split, part in found.splits.items():
        read = [text_of(file, "a text", HINT, reading.encoding) for file in part.files]
        said.update(one.note for one in read if one.note)
        splits[split] = Texts([one.text for one in read], part.labels)
    return splits, [*found.notes, *(f"{note} ({count} files)" for note, count in said.items())]


def _of_tables(path: Path, reading: Reading) -> tuple[dict[str, Texts], list[str]]:
    files, said = split_files(path, SUFFIXES, HINT)
    splits: dict[str, Texts] = {}
    notes = list(said)
    for split, tables in files.items():
        for file in tables:
            part, told = _of_table(file, reading)
            above = splits.get(split, Texts([], []))
            splits[split] = Texts(above.texts + part.texts, above.labels + part.labels)
            notes += told
    return splits, list(dict.fromkeys(notes))


def _of_table(path: Path, reading: Reading) -> tuple[Texts, list[str]]:
    if path.suffix.lower() not in SUFFIXES:
        raise _wrong(f"{path}: expected {' '.join(SUFFIXES)} or a folder, found {path.suffix or 'no suffix'}.")
    found = table.delimited(path, reading)
    rows, notes = found.table, list(found.notes)
    if not rows.num_rows:
        raise _wrong(f"{path}: expected rows, found only a header: {listed(rows.column_names)}.")
    if rows.num_columns < 2:
        raise _wrong(f"{path}: expected a column of texts and one of labels, found {listed(rows.column_names)} alone.")
    table.check_rows(rows.num_rows, path)
    label, note = label_place(rows, reading.label, found.has_names, path)
    if found.has_names and reading.header == "auto" and _is_row(rows, label):
        part, told = _of_table(path, reading._replace(header="no", label=str(label + 1)))
        return part, [*told, "the first row is one like the others; data.header=yes takes it for names"]
    rows, lost = table.with_labels(rows, label, path)
    text, chosen = _text_place(rows, label, reading, path)
    names = class_names(rows, rows.column_names[label])
    labels = [names[one] if names else one for one in labels_of(rows.column(label), path)]
    texts = [text or "" for text in rows.column(text).cast(pa.string()).to_pylist()]
    return Texts(texts, labels), [*notes, *(one for one in (note, lost, chosen) if one)]


def _is_row(rows: pa.Table, label: int) -> bool:
    """Whether the names of the columns are a row: the one of the labels is a label that others have too."""
    name = rows.column_names[label]
    return name.strip().lower() not in LABELS and name in rows.column(label).cast(pa.string()).to_pylist()


def _text_place(rows: pa.Table, label: int, reading: Reading, path: Path) -> tuple[int, str]:
    """The place of the column of texts, and words on it where others hold words too."""
    names = rows.column_names
    if len(reading.columns) > 1:
        raise _wrong(f"{path}: data.columns names one column of texts, not {len(reading.columns)}.")
    places = [place for place in range(len(names)) if place != label and _holds_words(rows.column(place))]
    if reading.columns:
        place = place_of(reading.columns[0], names, "columns", path)
        if place not in places:
            raise _wrong(f"{path}: data.columns: {names[place]} holds no texts beside the label.")
        return place, ""
    if not places:
        raise _wrong(f"{path}: expected a column of texts beside the label, found {listed(names)}.")
    known = sorted(
        (place for place in places if names[place].strip().lower() in NAMED),
        key=lambda place: NAMED.index(names[place].strip().lower()),
    )
    longest = max(places, key=lambda place: sum(len(text or "") for text in rows.column(place).to_pylist()))
    chosen = known[0] if known else longest
    others = [names[place] for place in places if place != chosen]
    return chosen, f"the text is that of {names[chosen]}; left out: {listed(others)}" if others else ""


def _holds_words(column: pa.ChunkedArray) -> bool:
    return are_texts(column.type) and numbers_of(column) is None


def _each_once(found: dict[str, Texts], notes: list[str], path: Path) -> tuple[dict[str, Texts], tuple[str, ...]]:
    """Each text once, those of the test first; and how many were left out. Raises DltuiError (4) where none is left."""
    seen: dict[str, object] = {}
    empty = again = other = 0
    kept = {}
    for split in sorted(found, key=lambda split: ("test", "validation", "train", "").index(split)):
        here = Texts([], [])
        for text, label in zip(*found[split], strict=True):
            if not text.strip():
                empty += 1
            elif text in seen:
                again += 1
                other += label != seen[text]
            else:
                seen[text] = label
                here.texts.append(text)
                here.labels.append(label)
        kept[split] = here
        if not here.texts:
            where = f" of {split}" if split else ""
            raise _wrong(f"{path}: expected texts, found none{where} that is not empty, or in the test already.")
    if other and len({label for part in kept.values() for label in part.labels}) < 2:
        raise _wrong(
            f"{path}: texts stand there with several labels each, in {other:,} rows, and only one label is left."
        )
    notes = notes + [f"{empty:,} rows without a text are left out"] * bool(empty)
    notes += [f"{again:,} texts that stand there more than once are taken once"] * bool(again)
    notes += [f"texts with several labels: {other:,}; the first label of each counts"] * bool(other)
    return {split: kept[split] for split in found}, tuple(notes)


def _wrong(message: str) -> DltuiError:
    return DltuiError(message, HINT, ExitStatus.DATA)
