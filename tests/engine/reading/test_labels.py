"""Labels become classes in an order that people expect, and every class is split alike."""

import numpy as np
import pytest

from dltui.engine.reading.labels import classes_of, stratified
from dltui.errors import DltuiError


@pytest.mark.parametrize(
    ("labels", "classes", "targets"),
    [
        (["dog", "cat", " dog"], ("cat", "dog"), [1, 0, 1]),
        (["10", "9", "-1"], ("-1", "9", "10"), [2, 1, 0]),
        ([3.0, 1.0], ("1", "3"), [1, 0]),
        ([True, False], ("False", "True"), [1, 0]),
        ([b"x", b"\xff"], ("x", "�"), [0, 1]),
    ],
)
def test_classes_are_sorted_as_numbers_or_as_words(labels, classes, targets):
    assert classes_of(labels, "t.csv")[0] == classes
    assert classes_of(labels, "t.csv")[1].tolist() == targets


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["a", None], "t.csv: row 2 has no label"),
        (["a", " "], "t.csv: row 2 has no label"),
        ([1.0, float("nan")], "t.csv: row 2 has no label"),
        ([1.0, 0.37], "expected classes as labels, found 0.37 in row 2"),
        ([f"name {i}" for i in range(60)], "found 60 different labels in 60 rows"),
    ],
)
def test_what_names_no_class_is_told(labels, told):
    with pytest.raises(DltuiError, match=told):
        classes_of(labels, "t.csv")


def test_a_split_holds_back_the_same_share_of_each_class_and_loses_no_row():
    targets = np.repeat([0, 1, 2, 3], [100, 10, 2, 1])
    train, test = stratified(targets)
    assert sorted([*train, *test]) == list(range(113))
    assert np.bincount(targets[test], minlength=4).tolist() == [20, 2, 1, 0]
    assert np.bincount(targets[train], minlength=4).tolist() == [80, 8, 1, 1]
    again = stratified(targets)
    assert np.array_equal(train, again[0]) and np.array_equal(test, again[1])
    assert len(set(np.diff(targets[train]))) > 2, "rows are mixed, not class after class"


def test_a_label_of_more_digits_than_python_reads_is_a_name():
    classes, targets = classes_of(["9" * 5000, "1"] * 3, "a.csv")
    assert classes == ("1", "9" * 5000) and targets.tolist() == [1, 0] * 3
