"""Which column of a table holds the labels, and what they are as they are written."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dltui.engine.reading.dialect import LABELS
from dltui.engine.reading.numbers import MISSING, are_numbers, are_texts, numbers_of
from dltui.engine.reading.picture_column import picture_column
from dltui.errors import DltuiError, ExitStatus, did_you_mean

MOST_CLASSES = 100  # that a column without a name has where it is taken for the labels
NO_LABEL = -1  # of Hugging Face's numbered classes


def twice_in(names: list[str]) -> str | None:
    """Returns the first name that more than one column has, None where there is none."""
    return next((name for name, count in Counter(names).items() if name and count > 1), None)


def listed(names: list[str]) -> str:
    """Returns names as a message has room for them."""
    shown = [name or "a column without a name" for name in names]
    return f"{', '.join(shown[:8])}{f' ... ({len(shown)})' if len(shown) > 8 else ''}" or "none"


def place_of(name: str, names: list[str], option: str, path: Path) -> int:
    """Returns which column is meant by its name or by its number from 1. Raises DltuiError (4) where there is none."""
    if names.count(name) == 1:
        return names.index(name)
    if name not in names and name.isdecimal() and 1 <= int(name) <= len(names):
        return int(name) - 1
    found = f"found {name!r} {names.count(name)} times" if name in names else f"there is no {name!r}"
    near = "" if name in names else did_you_mean(name, [other for other in names if other])
    hint = f"{near} Columns have numbers too, from 1 to {len(names)}.".strip()
    raise DltuiError(f"{path}: data.{option}: {found} among {listed(names)}.", hint, ExitStatus.DATA)


def label_place(table: pa.Table, given: str, has_names: bool, path: Path, may_be_none: bool = False) -> tuple[int, str]:
    """Returns which column holds the labels, and words on it where no name says so; -1 where none does, if it
    `may_be_none`.

    given: data.label. Raises DltuiError (4) where it is missing or ambiguous: it names the option that decides.
    """
    names = table.column_names
    if given:
        return place_of(given, names, "label", path), ""
    for known in LABELS:
        places = [place for place, name in enumerate(names) if name.strip().lower() == known]
        if len(places) > 1:
            what = f"{path}: expected one column named {known}, found {len(places)} (columns {_numbers(places)})."
            raise DltuiError(what, f"Say which holds the class: data.label={places[-1] + 1}", ExitStatus.DATA)
        if places:
            return places[0], ""
    texts = [place for place, column in enumerate(table.columns) if _names_classes(column)]
    if picture_column(table) in [names[place] for place in texts]:
        texts.remove(names.index(picture_column(table)))
    if not has_names and not texts:
        texts = [place for place in sorted({0, len(names) - 1}) if _counts_classes(table.column(place))]
    if len(texts) == 1:
        which = "first" if texts == [0] else "last" if texts[0] == len(names) - 1 else f"{texts[0] + 1}."
        return texts[0], f"the label is the {which} column{f', {names[texts[0]]}' if has_names else ''}"
    if may_be_none and not texts:
        return -1, "no column is a label: the rows have no classes"
    expected = f"expected a column named {', '.join(LABELS[:-1])} or {LABELS[-1]}"
    may = f"; the class may be in {' or '.join(names[place] for place in texts)}" if texts else ""
    example = names[texts[-1] if texts else -1] if has_names else str((texts[-1] if texts else len(names) - 1) + 1)
    raise DltuiError(
        f"{path}: {expected}, found {listed(names)}{may}.",
        f"Say which column holds the class: data.label={example}",
        ExitStatus.DATA,
    )


def _numbers(places: list[int]) -> str:
    return " and ".join(str(place + 1) for place in places)


def _names_classes(column: pa.ChunkedArray) -> bool:
    """Whether a column holds words, some of them more than once, and no numbers."""
    if not are_texts(column.type) or numbers_of(column) is not None:
        return False
    distinct = pc.count_distinct(column).as_py()
    return len(column) == 1 or 1 <= distinct <= max(2, min(MOST_CLASSES, len(column) // 2))


def _counts_classes(column: pa.ChunkedArray) -> bool:
    """Whether a column holds whole numbers, few of them different."""
    found = numbers_of(column)
    if found is None or not np.isfinite(found[0]).all() or (found[0] != found[0].round()).any():
        return False
    return 2 <= len(np.unique(found[0])) <= max(2, min(MOST_CLASSES, len(column) // 2))


def labels_of(column: pa.ChunkedArray, path: Path) -> list:
    """Returns the labels of a column as they are written: 007 stays a word beside 7; 1.0 and 2.0 are numbers.

    Raises DltuiError (4) for a type that names no classes.
    """
    type_ = column.type
    name_classes = (are_texts, are_numbers, pa.types.is_binary, pa.types.is_null, pa.types.is_date)
    if not any(of(type_) for of in name_classes):
        what = f"{path}: expected words or whole numbers as labels, found {type_}."
        raise DltuiError(what, "data.label= names another column.", ExitStatus.DATA)
    labels = column.cast(pa.string()).to_pylist() if pa.types.is_date(type_) else column.to_pylist()
    if not are_texts(type_):
        return [float(label) for label in labels] if pa.types.is_decimal(type_) else labels
    return _fractions_as_numbers(labels)


def _fractions_as_numbers(labels: list[str | None]) -> list:
    """Texts that are numbers all, or gaps: with a number where one has a fraction or an exponent; else the texts."""
    bare = [(label or "").strip() for label in labels]
    words = sorted({label for label in bare if label.lower() not in MISSING})
    found = numbers_of(pa.chunked_array([words], pa.string()))
    if found is None or not words:
        return labels
    whole = {word for word in words if word.lstrip("+-").isdecimal()}
    known = {word: word if word in whole else number for word, number in zip(words, found[0].tolist(), strict=True)}
    return [known.get(label) for label in bare]
