"""Two points a cell, and what becomes of them where there is no Unicode or no colour."""

import numpy as np

from dltui.render import blocks, colour
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import plain

RED, BLUE = 256 + 0xFF0000, 256 + 0x0000FF


def test_each_pair_of_points_has_its_character():
    codes = np.array([[RED, RED, colour.NONE, RED, colour.NONE], [BLUE, RED, BLUE, colour.NONE, colour.NONE]])
    [line] = blocks.coloured(codes, TerminalCapabilities())
    assert [segment.text for segment in line] == ["▀", " ", "▄", "▀", " "]
    inks = [
        (s.style.color and s.style.color.triplet.hex, s.style.bgcolor and s.style.bgcolor.triplet.hex) for s in line
    ]
    red, blue = "#ff0000", "#0000ff"
    assert inks == [(red, blue), (None, red), (blue, None), (red, None), (None, None)]


def test_equal_neighbours_share_a_segment():
    [line] = blocks.coloured(np.full((2, 50), RED), TerminalCapabilities())
    assert len(line) == 1


def test_without_unicode_a_cell_is_one_point():
    assert plain(blocks.coloured(np.array([[RED, BLUE]]), TerminalCapabilities(unicode=False))) == ["  "]


def test_a_glyph_without_ink_is_black_or_white():
    codes = np.array([[256, 256 + 0xFFFFFF]] * 2)
    [line] = blocks.coloured(codes, TerminalCapabilities(), np.full((1, 2), ord("o")))
    assert [segment.style.color.triplet.hex for segment in line] == ["#ffffff", "#000000"]
