"""Aligned columns fit their width and keep their meaning."""

import pytest

from dltui.cli.columns import aligned, cell_width, explained

ROWS = [("a", "first thing", "1"), ("long name", "второе", "200")]


def test_columns_begin_at_one_place_and_end_flush():
    assert aligned(ROWS, None, right=(2,)) == ["a          first thing    1", "long name  второе       200"]


def test_the_widest_column_is_cut_first():
    lines = aligned(ROWS, 25)
    assert lines == ["a          first th…  1", "long name  второе     200"]


def test_wide_characters_count_two():
    lines = aligned([("日本語", "x"), ("abc", "y")], None)
    assert [cell_width(line) for line in lines] == [9, 9]


def test_an_empty_column_takes_no_room():
    assert aligned([("a", "", "b")], None) == ["a  b"]


def test_a_cell_of_several_lines_becomes_one():
    assert aligned([("a\nb\tc", "d")], None) == ["a b c  d"]


def test_a_text_goes_on_below_itself():
    lines = explained([("name", "one two three four five six seven eight")], 36)
    assert lines[0].startswith("  name  one two") and all(len(line) <= 36 for line in lines)
    assert all(line.startswith(" " * 8) for line in lines[1:])
    assert " ".join(" ".join(lines).split()) == "name one two three four five six seven eight"


@pytest.mark.parametrize("width", [24, 30, 36, 60])
def test_a_name_is_never_cut_and_titles_give_way_before_the_rest(width):
    rows = [("NAME", "TITLE", "TOPIC"), ("a-name-of-16-char", "a long title of it", "a topic as well")]
    _, line = aligned(rows, width, whole=(0,), first=(1,))
    name, title, topic = line.split("  ")[0], line[19:], line.rpartition("  ")[2]
    assert name == "a-name-of-16-char" and (len(line) <= width or width < 17 + 2 + 8 + 2 + 8)
    assert topic == "a topic as well" or len(title.partition("  ")[0]) <= 8
