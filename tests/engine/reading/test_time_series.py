"""Series as people keep them: what says when orders the rows and is no series."""

import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from dltui.engine.reading.reading_options import FOUND_OUT
from dltui.engine.reading.time_series import read_series
from dltui.errors import DltuiError, ExitStatus

COUNT = 50
VALUES = np.round(20 + 5 * np.sin(np.arange(COUNT)), 3)


@pytest.fixture
def read(tmp_path):
    def of(header: str, rows, name: str = "own.csv", **how):
        (tmp_path / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return read_series(tmp_path / name, FOUND_OUT._replace(**how))

    return of


def day(t: int, form: str) -> str:
    return (datetime.date(2024, 1, 1) + datetime.timedelta(t)).strftime(form)


WHENS = {
    "timestamp": lambda t: 1_700_000_000 + 3600 * t,
    "date": lambda t: day(t, "%Y-%m-%d"),
    "Datum": lambda t: day(t, "%d.%m.%Y"),
    "when": lambda t: day(t, "%m/%d/%Y"),
    "": lambda t: t,
    "t": lambda t: t,
}


@pytest.mark.parametrize("name", WHENS)
@pytest.mark.parametrize("newest_first", [False, True])
def test_what_says_when_orders_the_rows_and_is_no_series(read, name, newest_first):
    rows = [f"{WHENS[name](t)},{VALUES[t]}" for t in range(COUNT)]
    found = read(f"{name},value", rows[::-1] if newest_first else rows)
    assert found.names == ["value"] and np.array_equal(found.values, [VALUES])
    assert ("rows are put in the order of time" in " ".join(found.notes)) == newest_first


def test_years_and_months_order_the_rows(read):
    rows = [f"{t % 12 + 1},{2000 + t // 12},{VALUES[t]}" for t in range(COUNT)]
    found = read("month,year,sales", rows[::-1])
    assert found.names == ["sales"] and np.array_equal(found.values, [VALUES])


def test_a_series_that_counts_is_one_where_another_column_says_when(read):
    found = read("when,up,words", [f"day {t},{t},x{t}" for t in range(COUNT)])
    assert found.names == ["up"] and "words is left out: it holds no numbers" in found.notes


def test_decimal_commas_are_understood(read):
    found = read("Datum;Wert", [f"{t};{VALUES[t]:.3f}".replace(".", ",") for t in range(COUNT)])
    assert np.array_equal(found.values, [VALUES]) and "commas are decimal in Wert" in found.notes


def test_values_that_float32_could_not_tell_apart_are_shown_less_their_level(read):
    found = read("date,value", [f"d{t},{16_777_216 + VALUES[t]:.3f}" for t in range(COUNT)])
    shown = found.values.astype(np.float32)
    assert np.allclose(shown - shown.mean(), VALUES - VALUES.mean(), atol=1e-3)
    assert any("value is shown less 16,777,236" in note for note in found.notes)


def test_a_gap_between_the_times_is_told(read):
    found = read("date,value", [f"{day(t + 9 * (t > 20), '%Y-%m-%d')},{VALUES[t]}" for t in range(COUNT)])
    assert "1 steps of date are longer than the others: rows seem to be missing" in found.notes


def test_the_user_decides_which_columns_are_series(read):
    rows = [f"{WHENS['timestamp'](t)},{VALUES[t]},{t}" for t in range(COUNT)]
    assert read("timestamp,a,b", rows, columns=("b",)).names == ["b"]
    assert read("timestamp,a,b", rows, columns=("1", "2")).names == ["timestamp", "a"]


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        ("date,store,sales", "2024-01-01,{t},1.5", "49 rows have the date of another: a row is one point of time"),
        ("a,b", "x,y", "expected a column of numbers, found a, b"),
        ("a,a", "1,2", "found 'a' twice"),
        (
            "date,value",
            "d{t},",
            "expected a number in every row, found gaps: no number in row 1 and 49 others of value",
        ),
    ],
)
def test_what_is_no_series_is_told(read, header, row, told):
    with pytest.raises(DltuiError, match=told) as raised:
        read(header, [row.format(t=t) for t in range(COUNT)])
    assert raised.value.status == ExitStatus.DATA


def test_a_file_of_another_kind_and_one_that_is_not_there_are_told(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"x")
    for name, told in (("a.xlsx", r"are read, not \.xlsx"), ("b.csv", "found nothing there"), ("", "found a folder")):
        with pytest.raises(DltuiError, match=told):
            read_series(tmp_path / name, FOUND_OUT)


def test_parquet_is_read_alike(tmp_path):
    pa.parquet.write_table(pa.table({"value": VALUES}), tmp_path / "a.parquet")
    assert np.array_equal(read_series(tmp_path / "a.parquet", FOUND_OUT).values, [VALUES])
