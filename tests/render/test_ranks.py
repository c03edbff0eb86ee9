"""Ranks: names in their order under each head, groups in their colours, a line beneath the first places."""

from dltui.render import ranks
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES

TWO = {"columns": ["left", "right"], "orders": [["a", "b", "c"], ["c", "a", "b"]], "groups": {"c": 1}, "cut": 1}


def test_golden(drawn_as_golden):
    drawn_as_golden("ranks", ranks.render, EXAMPLES["ranks"])


def test_names_stand_in_their_order_under_their_heads():
    lines = [line.split() for line in plain(ranks.render(TWO, 30, 6, TerminalCapabilities()))]
    assert lines[0] == ["left", "right"]
    assert lines[1] == ["1", "a", "c"] and lines[3:5] == [["2", "b", "a"], ["3", "c", "b"]]
    assert set("".join(lines[2])) == {"─"}


def test_a_group_has_one_colour_in_every_column_and_a_sign_without_colours():
    drawn = ranks.render(TWO, 30, 6, TerminalCapabilities())
    named = [s.style.color for line in drawn[1:] for s in line if s.text.strip() == "c"]
    assert len(named) == 2 and named[0] == named[1] is not None
    assert "xc" in plain(ranks.render(TWO, 30, 6, LOOKS["none"]))[1]


def test_what_has_no_room_is_counted():
    lines = plain(ranks.render(EXAMPLES["ranks"], 60, 6, TerminalCapabilities()))
    assert lines[-1].strip() == "+19 more"  # of 22: three, and the line, stand above it
    assert "no ranks" in "".join(plain(ranks.render({"columns": [], "orders": []}, 30, 5, TerminalCapabilities())))
