"""Labels as they stand in files -> classes, and a fair part of the rows held back for the test."""

import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np

from dltui import text_decoding
from dltui.errors import DltuiError, ExitStatus

TEST_SHARE = 0.2
SEED = 0  # of the split and of the order of rows: the same files give the same data set
MOST_CLASSES = 1000
LONGEST_NUMBER = 18  # digits; what has more is a name


def classes_of(labels: Sequence[object], where: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Returns class names and the class of each label, (N,) int64. Numbers are sorted as numbers, the rest as text;
    what is spelled in different bytes and looks alike (café) is one class.

    Raises DltuiError where a label is missing, is a fraction, or where almost every row has its own.
    """
    names = [_name(label, row, where) for row, label in enumerate(_decoded(labels, where))]
    distinct = set(names)
    if len(distinct) > MOST_CLASSES or (len(names) >= 50 and len(distinct) > len(names) // 2):
        raise DltuiError(
            f"{where}: expected classes as labels, found {len(distinct):,} different labels in {len(names):,} rows.",
            "Give the column that holds the class the name label.",
            ExitStatus.DATA,
        )
    numbers = all(name.removeprefix("-").isdecimal() and len(name) <= LONGEST_NUMBER for name in distinct)
    classes = tuple(sorted(distinct, key=lambda name: (int(name) if numbers else 0, name)))  # 01 stands beside 1
    number_of = {name: number for number, name in enumerate(classes)}
    return classes, np.array([number_of[name] for name in names], np.int64)


def _name(label: object, row: int, where: str) -> str:
    if isinstance(label, float | np.floating) and float(label).is_integer():
        label = int(label)
    if label is None or label != label or (isinstance(label, str) and not label.strip()):
        raise DltuiError(f"{where}: row {row + 1} has no label.", "Every row needs its class.", ExitStatus.DATA)
    if isinstance(label, float | np.floating):
        raise DltuiError(
            f"{where}: expected classes as labels, found {label:g} in row {row + 1}.",
            "Whole numbers or words name classes.",
            ExitStatus.DATA,
        )
    return unicodedata.normalize("NFC", str(label).strip())


def _decoded(labels: Sequence[object], where: str) -> Sequence[object]:
    """Labels as they are, those of bytes as text: all in the one encoding in which they are all read."""
    written = sorted({label for label in labels if isinstance(label, bytes)})
    if not written:
        return labels
    try:
        encoding = text_decoding.decoded(b"\n".join(written)).encoding
        return [label.decode(encoding) if isinstance(label, bytes) else label for label in labels]
    except ValueError as error:
        raise DltuiError(f"{where}: among the labels {error}.", "Save them in UTF-8.", ExitStatus.DATA) from None


def stratified(targets: np.ndarray, share: float = TEST_SHARE) -> tuple[np.ndarray, np.ndarray]:
    """Returns the row numbers of training and test, each in mixed order: `share` of every class is held back.

    A class of one row trains; at least one row of every other class is tested.
    """
    random = np.random.Generator(np.random.PCG64(SEED))
    train, test = [], []
    for target in np.unique(targets):
        rows = random.permutation(np.flatnonzero(targets == target))
        held_back = min(len(rows) - 1, max(1, round(len(rows) * share)))
        test.append(rows[:held_back])
        train.append(rows[held_back:])
    return random.permutation(np.concatenate(train)), random.permutation(np.concatenate(test))


def mixed(rows: int) -> np.ndarray:
    """Returns row numbers in a mixed order that is always the same."""
    return np.random.Generator(np.random.PCG64(SEED)).permutation(rows)


def untested(targets: np.ndarray, test: np.ndarray, classes: Sequence[str]) -> tuple[str, ...]:
    """Returns a sentence on the classes of which the test has no row; () where it has some of each."""
    missing = [classes[number] for number in np.setdiff1d(targets, targets[test])]
    if not missing:
        return ()
    more = f" and {len(missing) - 5} others" if len(missing) > 5 else ""
    return (f"the test has no row of {', '.join(missing[:5])}{more}",)


def by_split(sizes: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Returns the row numbers of each split, in mixed order, of rows that lie one split below the other."""
    split_of = np.repeat(list(sizes), list(sizes.values()))
    order = mixed(len(split_of))
    return {split: order[split_of[order] == split] for split in sizes}


def check_parts(parts: Mapping[str, np.ndarray], classes: Sequence[str], targets: np.ndarray, where: str) -> None:
    """Raises DltuiError (4) where there is one class only, where a split (train, test ...) has no rows, or a class that
    no training row has."""
    if len(classes) < 2:
        raise _wrong(f"{where}: expected two classes or more, found one: {classes[0]}.")
    for name, rows in parts.items():
        if not len(rows):
            left = f"{len(targets)} different rows in all leave none for {name}"
            raise _wrong(f"{where}: expected at least two rows of a class that differ; {left}.")
        missing = [classes[number] for number in np.setdiff1d(targets[rows], targets[parts["train"]])]
        if missing:
            raise _wrong(f"{where}: the {name} has classes that the training rows lack: {', '.join(missing[:5])}.")


def _wrong(message: str) -> DltuiError:
    return DltuiError(message, "Every class needs rows to train on, and rows for the test.", ExitStatus.DATA)
