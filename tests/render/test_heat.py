"""Matrices as colours: each value a rectangle, a scale beside it, blank where there is no number."""

import numpy as np

from dltui.render import heat, palette
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES


def test_golden(drawn_as_golden):
    drawn_as_golden("heat", heat.render, EXAMPLES["heat"])


def test_every_value_has_an_equal_rectangle():
    lines = plain(heat.render({"values": [[0.0, 1.0], [0.5, 0.0]]}, 10, 4, LOOKS["none"]))
    assert lines == ["     @@@@@"] * 2 + ["+++++     "] * 2


def test_no_number_is_blank():
    line = heat.render({"values": [[0.0, float("nan"), 1.0]]}, 3, 1, TerminalCapabilities())[0]
    assert [segment.style.bgcolor is None for segment in line] == [False, True, False]


def test_zero_is_in_the_middle_where_signs_differ():
    look = TerminalCapabilities()
    line = heat.render({"values": [[-1.0, 0.0, 3.0]]}, 3, 2, look)[0]
    middle = palette.diverging(look).codes(np.array([0.5]), look)[0]
    assert line[1].style.bgcolor.triplet == tuple((middle - 256 >> shift) & 255 for shift in (16, 8, 0))


def test_the_scale_has_the_values_beside_it():
    lines = plain(heat.render({"values": np.linspace(0, 100, 64).reshape(8, 8)}, 40, 12, TerminalCapabilities()))
    labels = [float(line.split()[-1]) for line in lines if line.split() and line.split()[-1].isdigit()]
    assert labels == sorted(labels, reverse=True) and 100.0 >= labels[0] > labels[-1] >= 0.0
