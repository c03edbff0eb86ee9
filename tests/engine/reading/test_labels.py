"""Labels become classes in an order that people expect, and every class is split alike."""

import os
import subprocess
import sys

import numpy as np
import pytest

from dltui.engine.reading.labels import by_split, check_parts, classes_of, stratified, untested
from dltui.errors import DltuiError


@pytest.mark.parametrize(
    ("labels", "classes", "targets"),
    [
        (["dog", "cat", " dog"], ("cat", "dog"), [1, 0, 1]),
        (["10", "9", "-1"], ("-1", "9", "10"), [2, 1, 0]),
        ([3.0, 1.0], ("1", "3"), [1, 0]),
        ([True, False], ("False", "True"), [1, 0]),
        ([b"x", "\u043a\u043e\u0442".encode()], ("x", "\u043a\u043e\u0442"), [0, 1]),
        (["caf\u00e9", "cafe\u0301", "bar"], ("bar", "caf\u00e9"), [1, 1, 0]),
        (["1", "01", "2"], ("01", "1", "2"), [1, 0, 2]),
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


def test_labels_of_bytes_are_never_read_as_a_sign_of_replacement():
    """Old files hold cp1251: all labels are read in the one encoding that fits them."""
    words = ["\u043a\u043e\u0448\u043a\u0430", "\u0441\u043e\u0431\u0430\u043a\u0430"]
    assert classes_of([word.encode("cp1251") for word in words], "a.npz")[0] == tuple(words)
    with pytest.raises(DltuiError, match=r"a\.npz: among the labels byte 0x81"):
        classes_of([b"\x81\x01", b"x"], "a.npz")


def test_the_order_of_classes_is_the_same_in_every_process():
    """01 and 1 are the same number: a set's order must not decide."""
    code = "from dltui.engine.reading.labels import classes_of; print(classes_of(['1', '01', '001'] * 2, '')[0])"
    told = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "3", "4")
    }
    assert told == {b"('001', '01', '1')\n"}


def test_rows_of_splits_are_mixed_within_them():
    parts = by_split({"train": 30, "test": 10})
    assert sorted(parts["train"]) == list(range(30)) and sorted(parts["test"]) == list(range(30, 40))
    assert list(parts["train"]) != sorted(parts["train"])


def test_a_test_that_cannot_be_passed_is_refused_and_a_class_without_test_is_told():
    targets = np.array([0, 0, 1, 1, 2])
    with pytest.raises(DltuiError, match="the test has classes that the training rows lack: c"):
        check_parts({"train": np.array([0, 2]), "test": np.array([1, 4])}, ("a", "b", "c"), targets, "x")
    with pytest.raises(DltuiError, match="expected two classes or more, found one: a"):
        check_parts({"train": np.array([0]), "test": np.array([1])}, ("a",), np.array([0, 0]), "x")
    assert untested(targets, np.array([1, 3]), ("a", "b", "c")) == ("the test has no row of c",)
    assert untested(targets, np.array([1, 3, 4]), ("a", "b", "c")) == ()
