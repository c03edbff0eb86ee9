"""Tables in text files as programs write them: what has no header, lines before it, very wide rows, rows that break."""

import time

import pytest

from dltui.engine.reading import table
from dltui.engine.reading.delimited import read_delimited, read_jsonl
from dltui.engine.reading.reading_options import FOUND_OUT


def read(text: str, **how):
    return read_delimited(text.encode(), FOUND_OUT._replace(**how))


def columns(text: str, **how) -> dict:
    return read(text, **how).table.to_pydict()


def test_a_first_row_of_numbers_like_the_others_names_nothing_and_that_is_told():
    found = read("5.1,3.5,setosa\n4.9,3.0,setosa\n7.0,3.2,versicolor\n")
    assert not found.has_names and found.table.num_rows == 3
    assert "no row names the columns" in " ".join(found.notes)
    assert read("5.1,3.5,setosa\n4.9,3.0,setosa\n", header="yes").table.column_names == ["5.1", "3.5", "setosa"]


@pytest.mark.parametrize("names", ["0,1,2,label", ",0,1,2", "a,b,c,d", "1,2,3,4", "x,1,2,3"])
def test_a_first_row_that_counts_or_is_words_names_the_columns(names):
    found = read(f"{names}\n4,0.5,0.25,7\n5,0.5,0.75,8\n")
    assert found.has_names and found.table.column_names == names.split(",")
    assert not read(f"{names}\n4,0.5,0.25,7\n", header="no").has_names


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\na;b\n1;2\n",
        "# made by a logger\n# 2024\na,b\n1,2\n",
        "\n\n  \na,b\n1,2\n",
        "# a,b\n1,2\n",
        "a,b,\n1,2,\n",
        '"a","b"\n"1","2"\n',
        "a|b\n1|2\n",
        "a\tb\r\n1\t2\r\n",
        "a,b\r1,2\r",
    ],
)
def test_the_same_table_however_it_begins_and_ends(text):
    assert columns(text) == {"a": [1], "b": [2]}


def test_commas_in_quoted_names_part_nothing():
    found = columns('"length, cm";"width, cm";label\n1.5;2.5;x\n2.5;3.5;y\n')
    assert list(found) == ["length, cm", "width, cm", "label"]


def test_types_are_those_of_all_rows_and_labels_stay_as_they_are_written():
    """Guards a column of whole numbers that has its first fraction past pyarrow's first block."""
    text = "a,label\n" + "1,007\n" * 400_000 + "0.5,7\n"
    found = columns(text)
    assert found["a"][-1] == 0.5 and found["label"][-1] == "7" and found["label"][0] == "007"


def test_a_row_wider_than_any_block_is_read():
    """Guards the hang of pyarrow's pool at exit, after a header of more than a megabyte."""
    names = [f"{'n' * 600}{place}" for place in range(2000)]
    found = read(",".join(names) + "\n" + ",".join(["0.5"] * 2000) + "\n")
    assert found.table.shape == (1, 2000) and sum(map(len, names)) > 1 << 20


def test_twenty_thousand_columns_are_read_in_time_that_rises_with_their_number(tmp_path):
    """Guards what looks at all columns for each of them: ten minutes."""
    names = [f"c{place}" for place in range(20_000)]
    rows = "".join(f"{','.join([str(row)] * 20_000)},{'xy'[row % 2]}\n" for row in range(10))
    (tmp_path / "a.csv").write_text(f"{','.join(names)},label\n{rows}")
    began = time.process_time()
    found = table.read(tmp_path / "a.csv", table.Numbers())[""]
    assert found.inputs.shape == (10, 20_000) and time.process_time() - began < 30


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        ("\n\n\n", "the file is empty"),
        ("a,b\n1,2\n3\n", "line 3 has 1 fields where the first row names 2: 3"),
        ("# x\n\na,b\n1,2\n3,4,5\n", "line 5 has 3 fields where the first row names 2"),
        ('a,b\n1,"' + "2\n" * 70_000, "line 2: a field in quotes does not end"),
        ("<!DOCTYPE html>\n<html></html>\n", "a page of the web"),
    ],
)
def test_what_breaks_is_told_with_its_line(text, told):
    with pytest.raises(ValueError, match=told):
        read(text)


def test_a_separator_is_one_sign():
    assert columns("a:b\n1:2\n", separator=":") == {"a": [1], "b": [2]}
    with pytest.raises(ValueError, match=r"data\.separator is one sign"):
        read("a", separator="::")


def test_json_lines_are_a_table_and_a_line_may_hold_any_other_end_of_line():
    found = read_jsonl('{"a": 1, "label": "x\u2028y"}\n{"a": 0.5, "label": "z"}\n'.encode("utf-8-sig"), FOUND_OUT)
    assert found.table.to_pydict() == {"a": [1, 0.5], "label": ["x\u2028y", "z"]}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"a": 1, "b', r"line 3 is not JSON \(Unterminated string starting at\)"),
        ("[" * 10_000, r"line 3 is not JSON \(nested too deep\)"),
        ('{"a": ' + "[" * 100_000, r"line 3 is not JSON \(nested too deep\)"),  # pyarrow's stack overflowed
        ("[1]", "line 3 is not a JSON object"),
        ('{"a": 1, "a": 2}', r"Column\(/a\) was specified twice in row 2"),  # rows are counted without blank lines
        ('{"a": "x"}', "line 3: a is a text, and a number in line 1"),
        ('{"a": {"b": 1}}', "line 3: a is an object, and a number in line 1"),
    ],
)
def test_a_line_of_json_that_is_none_is_named_as_an_editor_counts(line, fault):
    with pytest.raises(ValueError, match=fault):
        read_jsonl(f'{{"a": 1}}\n\n{line}\n{{"a": 2}}\n'.encode(), FOUND_OUT)
