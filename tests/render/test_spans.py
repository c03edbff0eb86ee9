"""Text coloured by value or by class: every part is drawn once, in its order, with its own colour."""

import math

import numpy as np

from dltui.render import palette, spans
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES

VALUES = {
    "parts": [*"def f(x):", "\n", *"    return x"],
    "values": [8, 4, 2, 0, 6, 0, 7, 0, 0, 1, *[0] * 4, 5, 1, 0, 0, 0, 0, 0, math.nan],
    "limits": [0.0, 8.0],
    "unit": "bits",
    "title": "surprise",
}


def test_golden_of_classes(drawn_as_golden):
    drawn_as_golden("spans", spans.render, EXAMPLES["spans"])


def test_golden_of_values(drawn_as_golden):
    drawn_as_golden("spans-values", spans.render, VALUES)


def test_the_whole_text_is_there_in_its_order():
    text = "".join(
        plain(spans.render({"parts": [*"abcdefghij"], "values": [*range(10)]}, 4, 8, TerminalCapabilities()))[1:]
    )
    assert text.replace(" ", "") == "abcdefghij"


def test_a_value_decides_the_ground():
    lines = spans.render(
        {"parts": ["a", "b", "c"], "values": [0, 4, math.nan], "limits": [0, 8]}, 20, 3, TerminalCapabilities()
    )
    grounds = [segment.style and segment.style.bgcolor.triplet for segment in lines[1][:3]]
    codes = palette.SEQUENTIAL.codes(np.array([0, 0.5]), TerminalCapabilities()).tolist()
    assert grounds[:2] == [tuple((code - 256 >> shift) & 255 for shift in (16, 8, 0)) for code in codes]
    assert grounds[2] is None


def test_without_colours_a_shade_stands_below_each_letter():
    lines = plain(spans.render({"parts": ["a", "b", "c"], "values": [0, 8, 4], "limits": [0, 8]}, 3, 3, LOOKS["none"]))
    assert lines[1:] == ["abc", " @+"]


def test_without_colours_a_class_is_written_and_what_is_marked_too():
    payload = {"parts": ["flies", " ", "x"], "label": [0, -1, 1], "classes": ["VERB", "X"], "marked": [0]}
    assert plain(spans.render(payload, 30, 3, LOOKS["none"]))[1].rstrip() == "flies/VERB! x/X"


def test_words_are_not_cut_where_a_line_ends_and_no_line_begins_with_the_blank_between_them():
    payload = {"parts": ["one", " ", "two", " ", "three"], "label": [0, -1, 0, -1, 0]}
    assert [line.rstrip() for line in plain(spans.render(payload, 7, 3, TerminalCapabilities()))] == [
        "one two",
        "three",
        "",
    ]


def test_the_indent_after_a_newline_stays():
    payload = {"parts": ["a", "\n", " ", " ", "b"], "values": [0] * 5}
    assert [line.rstrip() for line in plain(spans.render(payload, 9, 4, TerminalCapabilities()))][1:3] == ["a↵", "  b"]


def test_what_has_no_room_is_counted():
    payload = {"parts": ["a\n"] * 9, "label": [0] * 9, "classes": []}
    assert plain(spans.render(payload, 9, 4, TerminalCapabilities()))[-1].rstrip() == "+6 lines"
