"""Columns are told as they stand in the file: their type, range, and what is missing."""

import datetime

import pyarrow as pa

from dltui.engine.reading.table_columns import described, first_rows

TABLE = pa.table(
    {
        "whole": [1, 2, None],
        "number": ["1.5", "nan", "6123456.003"],
        "word": ["x", "", "x"],
        "none": pa.nulls(3),
        "day": [datetime.date(2020, 1, 3), None, datetime.date(2020, 1, 1)],
        "on": ["03.02.2021", "01.03.2021", "01.01.2021"],
    }
)


def test_each_column_has_type_range_and_gaps():
    told = {one.pop("name"): one for one in described(TABLE)}
    assert told["whole"] == {"type": "whole numbers", "range": "1 .. 2", "missing": 1}
    assert told["number"] == {"type": "numbers", "range": "1.5 .. 6123456.003", "missing": 1}
    assert told["word"] == {"type": "words", "range": "2 different: x, ", "missing": 1}
    assert told["none"] == {"type": "nothing", "range": "", "missing": 3}
    assert told["day"] == {"type": "times", "range": "2020-01-01 .. 2020-01-03", "missing": 1}
    assert told["on"] == {"type": "times", "range": "01.01.2021 .. 01.03.2021", "missing": 0}


def test_the_first_rows_are_as_they_are_written():
    whole = [["1", "1.5", "x", "", "2020-01-03", "03.02.2021"], ["2", "nan", "", "", "", "01.03.2021"]]
    assert first_rows(TABLE, 2) == whole
    assert first_rows(pa.table({"long": ["y" * 100]}), 5) == [["y" * 39 + "…"]]


def test_labels_that_only_look_like_numbers_are_words():
    """Guards 7 .. 8 in the place of three classes, and the same number twice in the place of two long ones."""
    zeros, long = ["007", "7", "08"], ["30792422974944118615", "30792422974944118715"]
    assert described(pa.table({"label": zeros}))[0]["range"] == "3 different: 007, 7, 08"
    assert described(pa.table({"label": long}))[0]["range"] == f"2 different: {', '.join(long)}"
    assert described(pa.table({"label": ["7", "8"], "month": ["01", "02"]})) == [
        {"name": "label", "type": "whole numbers", "range": "7 .. 8", "missing": 0},
        {"name": "month", "type": "whole numbers", "range": "1 .. 2", "missing": 0},
    ]
