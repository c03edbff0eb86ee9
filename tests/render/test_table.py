"""Tables: aligned, cut where they must be, and saying so."""

from dltui.render import table
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain, widths
from .examples import EXAMPLES


def test_golden(drawn_as_golden):
    drawn_as_golden("table", table.render, EXAMPLES["table"])


def test_numbers_stand_to_the_right_and_words_to_the_left():
    payload = {"columns": ["name", "steps"], "rows": [["a", 5], ["bb", 12000]]}
    lines = plain(table.render(payload, 20, 4, TerminalCapabilities()))
    assert lines[2] == "a         5         " and lines[3] == "bb    12000         "


def test_the_widest_column_gives_way_first():
    payload = {"columns": ["name", "kind"], "rows": [["a very long name indeed", "mlp"]]}
    assert plain(table.render(payload, 20, 4, TerminalCapabilities()))[2] == "a very long n…  mlp "


def test_a_column_is_left_out_before_the_entries_of_all_are_cut_to_nothing():
    rows = [["sigmoid", "1 / (1 + e^-x)", "s (1 - s)", 0.25]]
    payload = {"columns": ["", "f(x)", "f'(x)", "steepest slope"], "rows": rows}
    entries = {width: plain(table.render(payload, width, 4, TerminalCapabilities()))[2].rstrip() for width in (26, 32)}
    assert entries == {26: "sigmoid  1 / (1 + e^-x)", 32: "sigmoid  1 / (1 + e^…  s (1 - s)"}


def test_a_head_may_be_cut_where_its_entries_are_short():
    payload = {"columns": ["name", "deviation in the last layer", "accuracy"], "rows": [["he", 1.5, 0.95]]}
    lines = plain(table.render(payload, 18, 4, TerminalCapabilities()))
    assert "1.500" in lines[2] and "0.950" in lines[2] and "dev" in lines[0]
    gates = {"columns": ["x1", "x2", "AND", "OR", "NOT x1", "XOR"], "rows": [[1, 1, 1, 1, 0, 0]]}
    assert plain(table.render(gates, 26, 4, TerminalCapabilities()))[0].split() == [
        "x1",
        "x2",
        "AND",
        "OR",
        "NOT…",
        "XOR",
    ]


def test_rows_without_room_are_counted():
    lines = plain(table.render({"columns": ["n"], "rows": [[n] for n in range(100)]}, 20, 6, TerminalCapabilities()))
    assert lines[-1].strip() == "+97 more"


def test_wide_characters_count_double():
    assert widths(table.render(EXAMPLES["table"], 21, 8, LOOKS["none"])) == {21}
