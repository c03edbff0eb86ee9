"""Tables: aligned, cut where they must be, and saying so."""

from dltui.render import table
from dltui.render.look import Look

from .conftest import LOOKS, plain, widths
from .examples import EXAMPLES


def test_golden(drawn_as_golden):
    drawn_as_golden("table", table.render, EXAMPLES["table"])


def test_numbers_stand_to_the_right_and_words_to_the_left():
    payload = {"columns": ["name", "steps"], "rows": [["a", 5], ["bb", 12000]]}
    lines = plain(table.render(payload, 20, 4, Look()))
    assert lines[2] == "a         5         " and lines[3] == "bb    12000         "


def test_the_widest_column_gives_way_first():
    payload = {"columns": ["name", "kind"], "rows": [["a very long name indeed", "mlp"]]}
    assert plain(table.render(payload, 20, 4, Look()))[2] == "a very long n…  mlp "


def test_rows_without_room_are_counted():
    lines = plain(table.render({"columns": ["n"], "rows": [[n] for n in range(100)]}, 20, 6, Look()))
    assert lines[-1].strip() == "+97 more"


def test_wide_characters_count_double():
    assert widths(table.render(EXAMPLES["table"], 21, 8, LOOKS["none"])) == {21}
