"""The canvas: dots come out where they were set, lines connect, later colours win, sizes hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dltui.render.canvas import BITS, BRAILLE, Canvas, interleaved
from dltui.render.terminal_capabilities import TerminalCapabilities

BRIGHT, ASCII = TerminalCapabilities(), TerminalCapabilities(unicode=False)
RED, BLUE = "#ff0000", "#0000ff"


def dots(canvas: Canvas) -> set[tuple[int, int]]:
    """(x, y) of the dots in the Braille characters that the canvas gives."""
    found = set()
    for row, line in enumerate(canvas.lines()):
        text = "".join(segment.text for segment in line)
        for column, character in enumerate(text):
            bits = ord(character) - BRAILLE if character != " " else 0
            found |= {(2 * column + x, 4 * row + y) for y in range(4) for x in range(2) if bits & int(BITS[y, x])}
    return found


@given(st.sets(st.tuples(st.integers(0, 13), st.integers(0, 11))))
def test_every_dot_that_was_set_is_shown_and_no_other(places):
    canvas = Canvas(7, 3, BRIGHT)
    for x, y in places:
        canvas.dot(x, y, RED)
    assert dots(canvas) == places


@given(*[st.integers(-30, 50)] * 4)
def test_a_line_is_connected_and_begins_and_ends_where_it_should(x0, y0, x1, y1):
    canvas = Canvas(60, 30, BRIGHT)  # 120 x 120 dots: with the shift below all of it is inside
    canvas.line(x0 + 40, y0 + 40, x1 + 40, y1 + 40, RED)
    found = dots(canvas)
    assert {(x0 + 40, y0 + 40), (x1 + 40, y1 + 40)} <= found
    assert len(found) >= max(abs(x1 - x0), abs(y1 - y0)) + 1
    reached, edge = {(x0 + 40, y0 + 40)}, [(x0 + 40, y0 + 40)]
    while edge:
        x, y = edge.pop()
        near = {(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)} & found - reached
        reached |= near
        edge += near
    assert reached == found


def test_a_line_from_far_outside_crosses_at_the_right_places():
    canvas = Canvas(10, 5, BRIGHT)
    canvas.line(-1e9, -1e9 + 3, 1e9, 1e9 + 3, RED)
    assert dots(canvas) == {(x, x + 3) for x in range(17)}


def test_a_line_that_passes_by_far_outside_leaves_no_dot():
    canvas = Canvas(10, 5, BRIGHT)
    canvas.line(-1e9, -50, 1e9, -50, RED)
    assert dots(canvas) == set()


def test_spans_equal_one_span_a_column():
    one, many = Canvas(8, 4, BRIGHT), Canvas(8, 4, BRIGHT)
    x, top, bottom = np.array([0, 3, 9, 40]), np.array([-5, 2, 10, 0]), np.array([3, 2, 99, 5])
    for column, first, last in zip(x.tolist(), top.tolist(), bottom.tolist(), strict=True):
        one.span(column, first, last, RED)
    many.spans(x, top, bottom, RED)
    assert many.lines() == one.lines()


def test_the_colour_drawn_last_in_a_cell_wins():
    canvas = Canvas(2, 1, BRIGHT)
    canvas.dot(0, 0, RED)
    canvas.dot(2, 0, RED)
    canvas.dot(3, 3, BLUE)
    assert [segment.style.color.name for segment in canvas.lines()[0]] == [RED, BLUE]


def test_over_shows_what_lies_beneath_only_in_empty_cells():
    above, beneath = Canvas(2, 1, BRIGHT), Canvas(2, 1, BRIGHT)
    above.dot(0, 0, RED)
    beneath.span(0, 0, 3, BLUE)
    beneath.span(2, 0, 3, BLUE)
    merged = above.over(beneath)
    assert dots(merged) == {(0, 0), (2, 0), (2, 1), (2, 2), (2, 3)}
    assert [segment.style.color.name for segment in merged.lines()[0]] == [RED, BLUE]


def test_text_lies_over_dots_and_is_cut_at_the_edge():
    canvas = Canvas(4, 1, BRIGHT)
    canvas.span(0, 0, 3, RED)
    assert not canvas.is_free(0, 0, 1)
    assert canvas.is_free(2, 0, 2)
    canvas.text(2, 0, "abc", BLUE)
    assert not canvas.is_free(2, 0, 1)
    assert "".join(segment.text for segment in canvas.lines()[0]).endswith("ab")


@pytest.mark.parametrize("look", [BRIGHT, ASCII])
@pytest.mark.parametrize("size", [(0, 0), (1, 1), (80, 24), (3, 0), (0, 3)])
def test_lines_have_the_size_of_the_canvas(look, size):
    canvas = Canvas(*size, look)
    canvas.line(0, 0, 500, 300, RED)
    lines = canvas.lines()
    assert len(lines) == size[1]
    assert {sum(cell_len(segment.text) for segment in line) for line in lines} <= {size[0]}


def test_without_unicode_a_rising_line_is_drawn_in_ascii():
    canvas = Canvas(6, 2, ASCII)
    canvas.line(0, 7, 11, 0, RED)
    text = ["".join(segment.text for segment in line) for line in canvas.lines()]
    assert all(line.isascii() for line in text)
    assert not text[0].startswith(" " * 6) and text[1][0] != " " and text[0][-1] != " "


def test_thin_lines_that_share_cells_take_turns():
    layers = [Canvas(12, 1, BRIGHT) for _ in range(2)]
    for layer, ink in zip(layers, (RED, BLUE), strict=True):
        layer.line(0, 1, 23, 1, ink)
    line = interleaved(layers).lines()[0]
    assert [segment.style.color.name for segment in line] == [RED, BLUE, RED, BLUE]
    assert {segment.cell_length for segment in line} == {3}


def test_a_broad_line_lies_beneath_a_thin_one_whole():
    thin, broad = Canvas(12, 1, BRIGHT), Canvas(12, 1, BRIGHT)
    thin.line(0, 1, 23, 1, RED)
    for x in range(24):
        broad.span(x, 0, 3, BLUE)
    assert [segment.style.color.name for segment in interleaved([thin, broad]).lines()[0]] == [RED]
