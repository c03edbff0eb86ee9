"""Which column holds the labels, and that each stays what it is."""

import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from dltui.engine.reading.label_column import label_place, labels_of, place_of
from dltui.errors import DltuiError, ExitStatus

WHERE = Path("t.csv")


def place(columns: dict, given: str = "", has_names: bool = True) -> tuple[int, str]:
    return label_place(pa.table(columns), given, has_names, WHERE)


def test_a_column_of_a_known_name_is_the_label_and_y_only_where_no_better_one_is():
    assert place({"x": [1, 2], "y": [1, 2], "Label": [0, 1]}) == (2, "")
    assert place({"y": [0, 1], "x": [1, 2]}) == (0, "")


def test_the_only_column_of_words_is_the_label_and_that_is_told():
    columns = {"width": [1.0, 2.0] * 4, "species": ["a", "b"] * 4}
    assert place(columns) == (1, "the label is the last column, species")
    assert place(columns, has_names=False) == (1, "the label is the last column")


def test_without_names_a_first_or_last_column_that_counts_classes_is_the_label():
    pixels = {"column 1": [0, 1, 2] * 4, "column 2": [0.5] * 12, "column 3": [0] * 12}
    assert place(pixels, has_names=False)[0] == 0


@pytest.mark.parametrize("given", ["b", "2"])
def test_the_user_decides_by_name_or_number(given):
    assert place({"a": [1], "b": [2], "label": [3]}, given) == (1, "")


@pytest.mark.parametrize(
    ("columns", "given", "has_names", "told", "hint"),
    [
        ({"a": [1.5], "b": [2.5]}, "", True, "expected a column named label, class, target or y, found a, b", "=b"),
        ({"a": ["x", "x"], "b": ["y", "y"]}, "", True, "the class may be in a or b", "data.label="),
        ({"1": [0, 1] * 5, "2": [0.5] * 10, "3": [1, 0] * 5}, "", False, "may be in 1 or 3", "data.label=3"),
        ({"a": [1]}, "c", True, "data.label: there is no 'c' among a", "1 to 1"),
    ],
)
def test_what_is_ambiguous_names_the_option_that_decides(columns, given, has_names, told, hint):
    with pytest.raises(DltuiError, match=told) as raised:
        place(columns, given, has_names)
    assert raised.value.status == ExitStatus.DATA and hint in raised.value.hint


def test_two_columns_of_one_name_are_told_by_their_numbers():
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["label", "label"])
    with pytest.raises(DltuiError, match=r"found 2 \(columns 1 and 2\)"):
        label_place(twice, "", True, WHERE)
    assert place_of("2", twice.column_names, "label", WHERE) == 1


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (["007", "7", "08"], ["007", "7", "08"]),
        (["30792422974944118615", "30792422974944118616"], ["30792422974944118615", "30792422974944118616"]),
        (["1.0", "2.0", ""], [1.0, 2.0, None]),
        (["0,5", "1"], [0.5, "1"]),
        (["nan", "1"], [None, "1"]),
        (["NA", "EU"], ["NA", "EU"]),
        (["", None, "x"], ["", None, "x"]),
    ],
)
def test_labels_stay_as_they_are_written(cells, labels):
    assert labels_of(pa.chunked_array([pa.array(cells, pa.string())]), WHERE) == labels


def test_labels_are_words_or_whole_numbers():
    days = pa.chunked_array([[datetime.date(2024, 1, 2)]])
    assert labels_of(days, WHERE) == ["2024-01-02"]
    with pytest.raises(DltuiError, match=r"expected words or whole numbers as labels, found list"):
        labels_of(pa.chunked_array([[[1, 2]]]), WHERE)
