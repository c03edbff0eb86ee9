"""What is an index, says when or says the label again, is no data; what is left out is told."""

import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dltui.engine.reading.data_columns import NotNumbers, data_places, matrix_of
from dltui.errors import DltuiError

WHERE = Path("t.csv")
LABELS = ["x", "y", "z", "x", "y", "z"]


def left(columns: dict, *wanted: str) -> tuple[list[str], str]:
    table = pa.table({**columns, "label": LABELS})
    places, notes = data_places(table, table.num_columns - 1, wanted, WHERE)
    return [table.column_names[place] for place in places], "; ".join(notes)


A = {"a": [0.5, 1, 2, 3, 4, 6]}


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "index", "id"])
@pytest.mark.parametrize("first", [0, 1])
def test_a_column_that_counts_the_rows_is_left_out_and_told(name, first):
    names, told = left({name: range(first, first + 6), **A})
    assert names == ["a"] and f"it counts the rows from {first}" in told


@pytest.mark.parametrize("ids", [[7, 5, 9, 11, 2, 30], ["u1", "u2", "u3", "u4", "u5", "u6"]])
def test_ids_are_left_out(ids):
    names, told = left({"id": ids, **A})
    assert names == ["a"] and "id is left out: each row has its own" in told


@pytest.mark.parametrize(
    "when", [[datetime.date(2020, 1, 1 + day) for day in range(6)], [f"0{1 + day}.02.2021" for day in range(6)]]
)
def test_dates_are_left_out(when):
    assert left({"bought": when, **A}) == (["a"], "bought is left out: it says when, in dates or times")


@pytest.mark.parametrize("columns", [{"rooms": range(6)}, {"": [3, 1, 2, 0, 5, 4]}, {"id": [1.5, 2, 3, 4, 5, 6]}])
def test_other_columns_of_numbers_are_data(columns):
    assert left({**columns, **A}) == ([*columns, "a"], "")


def test_pandas_index_is_known_by_its_metadata():
    table = pa.table({"a": [0.5, 1.5], "label": ["x", "y"], "__index_level_0__": [8, 3]})
    table = table.replace_schema_metadata({"pandas": '{"index_columns": ["__index_level_0__"]}'})
    places, notes = data_places(table, 1, (), WHERE)
    assert places == [0] and "pandas' index" in notes[0]


def test_a_second_column_of_labels_is_left_out_and_another_that_says_the_same_is_pointed_out():
    same = [1, 2, 3, 1, 2, 3]
    assert left({**A, "target": same}) == (["a"], "target is left out: it says the same as label")
    names, told = left({**A, "code": same})
    assert names == ["a", "code"] and "code says the same as label in every row" in told and "data.columns=" in told
    assert left({**A, "code": [1, 2, 2, 1, 2, 2]})[1] == ""


def test_the_user_decides():
    assert left({"id": range(6), **A}, "id", "2") == (["id", "a"], "")
    with pytest.raises(DltuiError, match=r"data\.columns: there is no 'c'"):
        left(A, "c")


def test_large_numbers_that_lie_close_together_keep_their_differences():
    table = pa.table({"when": [1_700_000_001, 1_700_000_002], "part": [True, False]})
    values, _ = matrix_of(table, np.float64, False)
    assert values.tolist() == [[1_700_000_001, 1], [1_700_000_002, 0]]


def test_a_column_of_words_is_named_with_one_of_them_and_what_the_numbers_are():
    with pytest.raises(NotNumbers, match="string in town, such as 'Oslo'") as raised:
        matrix_of(pa.table({"a": [1], "town": ["Oslo"]}), np.float64, False)
    assert raised.value.numbers == ["a"]
