"""Alignments: every word stands at its row or above its column, and the weights are told in numbers or ink."""

import numpy as np

from dltui.render import alignment
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES


def test_golden(drawn_as_golden):
    drawn_as_golden("alignment", alignment.render, EXAMPLES["alignment"])


def test_each_long_word_begins_above_its_column():
    """Guards the stairs: a word on a lower line must not push the others aside."""
    words = [f"{letter}{letter * 9}" for letter in "abcdefgh"]
    lines = plain(
        alignment.render({"weights": np.eye(8), "rows": words, "columns": words}, 60, 24, TerminalCapabilities())
    )
    first = next(line for line in lines if "100" in line)  # the row of the first word
    wide = next(line for line in lines if "bbb" in line and "100" in line).index("100") - first.index("100")
    for column, word in enumerate(words):
        line = next(line for line in lines if word[:3] in line)
        assert line.index(word[:3]) == 11 + column * wide


def test_a_cell_tells_percent_and_a_dot_what_is_barred():
    weights = [[1.0, np.nan], [0.25, 0.75]]
    lines = plain(
        alignment.render({"weights": weights, "rows": ["a", "b"], "columns": ["a", "b"]}, 22, 3, TerminalCapabilities())
    )
    assert [line.split() for line in lines] == [["a", "b"], ["a", "100", "·"], ["b", "25", "75"]]


def test_without_colours_more_weight_is_more_ink():
    payload = {"weights": [[0.0, 0.5, 0.96]], "rows": ["x"], "columns": ["a", "b", "c"]}
    assert plain(alignment.render(payload, 8, 2, LOOKS["ascii"]))[1].split()[1:] == ["+", "@"]


def test_what_has_no_room_is_counted():
    payload = {"weights": np.eye(9), "rows": list("abcdefghi"), "columns": list("abcdefghi")}
    lines = plain(alignment.render(payload, 30, 6, TerminalCapabilities()))
    assert "more words" in lines[-1] and sum(line.strip()[:1] in tuple("abcdefghi") for line in lines[1:-1]) == int(
        9 - int(lines[-1].split()[0])
    )
