"""Random tables, written in random dialects, are read back equal; bytes that are cut or turned are told or harmless."""

import csv
import io
import math

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dltui.engine.reading.delimited import read_delimited
from dltui.engine.reading.label_column import label_place, labels_of
from dltui.engine.reading.numbers import numbers_of
from dltui.engine.reading.reading_options import FOUND_OUT
from tests.engine.reading.written import FEW, encodings_of

WORDS = st.sampled_from(["cat", "dog", "кот", "пёс", "Müller", 'a "b"', "x, y", "p;q", "two\nlines", " spaced ", "007"])


@st.composite
def tables(draw):
    """(names or None, rows of numbers, labels, how they are written)."""
    width = draw(st.integers(2, 4))
    count = draw(st.integers(6, 12))
    number = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))
    rows = [[draw(number) for _ in range(width)] for _ in range(count)]
    labels = draw(st.lists(WORDS, min_size=2, max_size=2, unique_by=str.strip))
    given_labels = [labels[place % 2] for place in range(count)]
    header = draw(st.booleans())
    return [f"n{place}" for place in range(width)] if header else None, rows, given_labels, draw(dialects())


@st.composite
def dialects(draw):
    separator = draw(st.sampled_from(";\t,|"))
    return {
        "separator": separator,
        "decimal": draw(st.sampled_from(".,")),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        "end": draw(st.sampled_from(["\n", "\r\n"])),
        "last_end": draw(st.booleans()),
        "sep_line": draw(st.booleans()),
    }


def written(names, rows, labels, how) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=how["separator"], quoting=how["quoting"], lineterminator=how["end"])
    if names:
        writer.writerow([*names, "label"])
    for row, label in zip(rows, labels, strict=True):
        writer.writerow([*(f"{value:.3f}".replace(".", how["decimal"]) for value in row), label])
    text = out.getvalue()
    text = text if how["last_end"] else text.removesuffix(how["end"])
    return f"sep={how['separator']}{how['end']}{text}" if how["sep_line"] else text


@settings(FEW, max_examples=150)
@given(tables(), st.data())
def test_a_table_in_any_dialect_is_read_back_equal(made, data):
    names, rows, labels, how = made
    text = written(names, rows, labels, how)
    encoding = data.draw(st.sampled_from(encodings_of(text)))
    found = read_delimited(text.encode(encoding), FOUND_OUT)
    place, _ = label_place(found.table, "", found.has_names, "t.csv")
    assert place == found.table.num_columns - 1 == len(rows[0])
    assert [str(label).strip() for label in labels_of(found.table.columns[place], "t.csv")] == [
        label.strip() for label in labels
    ]
    for column, expected in zip(found.table.columns, zip(*rows, strict=True), strict=False):
        read = numbers_of(column, comma_separated=found.separator == ",")[0]
        assert all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(read, expected, strict=True))
    assert found.has_names == bool(names)


@settings(FEW, max_examples=150)
@given(tables(), st.data())
def test_bytes_that_are_cut_or_turned_are_told_or_harmless(made, data):
    text = written(*made).encode("utf-8")
    place = data.draw(st.integers(0, len(text) - 1))
    turned = text[:place] + bytes([text[place] ^ data.draw(st.integers(1, 255))]) + text[place + 1 :]
    for spoiled in (text[:place], turned):
        try:
            read_delimited(spoiled, FOUND_OUT)
        except (ValueError, pa.ArrowException) as error:
            assert str(error)
