"""Labels as they stand in files -> classes, and a fair part of the rows held back for the test."""

from collections.abc import Sequence

import numpy as np

from dltui.errors import DltuiError, ExitStatus

TEST_SHARE = 0.2
SEED = 0  # of the split and of the order of rows: the same files give the same data set
MOST_CLASSES = 1000
LONGEST_NUMBER = 18  # digits; what has more is a name


def classes_of(labels: Sequence[object], where: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Returns class names and the class of each label, (N,) int64. Numbers are sorted as numbers, the rest as text.

    Raises DltuiError where a label is missing, is a fraction, or where almost every row has its own.
    """
    names = [_name(label, row, where) for row, label in enumerate(labels)]
    distinct = set(names)
    if len(distinct) > MOST_CLASSES or (len(names) >= 50 and len(distinct) > len(names) // 2):
        raise DltuiError(
            f"{where}: expected classes as labels, found {len(distinct):,} different labels in {len(names):,} rows.",
            "Give the column that holds the class the name label.",
            ExitStatus.DATA,
        )
    numbers = all(name.removeprefix("-").isdecimal() and len(name) <= LONGEST_NUMBER for name in distinct)
    classes = tuple(sorted(distinct, key=int if numbers else str))
    number_of = {name: number for number, name in enumerate(classes)}
    return classes, np.array([number_of[name] for name in names], np.int64)


def _name(label: object, row: int, where: str) -> str:
    if isinstance(label, bytes):
        label = label.decode("utf-8", "replace")
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
    return str(label).strip()


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
