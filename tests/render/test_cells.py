"""Text in cells: never wider than asked for, wide characters and combining marks counted as terminals count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from dltui.render import cells
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import plain, widths


@given(st.text(max_size=30), st.integers(0, 20), st.sampled_from(["left", "right", "center"]))
def test_pad_is_exact(text: str, width: int, align: str):
    assert cells.cell_width(cells.pad(cells.shown(text), width, align)) == width


@given(st.text(max_size=30), st.integers(0, 20), st.booleans())
def test_cut_is_never_too_wide(text: str, width: int, unicode: bool):
    assert cells.cell_width(cells.cut(cells.shown(text), width, TerminalCapabilities(unicode))) <= width


@given(st.lists(st.text(max_size=8), max_size=5), st.integers(0, 20))
def test_fit_is_exact(texts: list[str], width: int):
    line = cells.fit([Segment(cells.shown(text)) for text in texts], width)
    assert sum(cells.cell_width(segment.text) for segment in line) == width


@given(st.text(max_size=80), st.integers(1, 20))
def test_wrapped_is_never_too_wide(text: str, width: int):
    assert all(cells.cell_width(line) <= width for line in cells.wrapped(text, width))


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("accuracy", 5, "accu…"),
        ("日本語", 4, "日…"),
        ("日本語", 5, "日本…"),
        ("e\u0301tude", 3, "e\u0301t…"),
        ("ab", 1, "a"),
    ],
)
def test_cut(text: str, width: int, expected: str):
    assert cells.cut(text, width, TerminalCapabilities()) == expected


def test_cut_in_ascii():
    assert cells.cut("accuracy", 5, TerminalCapabilities(unicode=False)) == "accu~"


def test_half_of_a_wide_character_becomes_a_blank():
    assert cells.pad("日本", 3) == "日 "
    assert plain([cells.fit([Segment("日本", Style(bold=True))], 3)]) == ["日 "]


def test_shown_is_one_harmless_line_of_one_width():
    assert cells.shown("\x1b[2Ja\nb👩\u200d👧\u202e") == "a b👩👧"


def test_beside_pads_the_shorter_picture():
    joined = cells.beside([[[Segment("aa")], [Segment("bb")]], [[Segment("c")]]], gap=1)
    assert plain(joined) == ["aa c", "bb  "]


def test_stacked_pads_the_narrower_picture():
    joined = cells.stacked([[[Segment("aa")]], [[Segment("c")]]], gap=1)
    assert plain(joined) == ["aa", "  ", "c "]


def test_filled_cuts_and_fills():
    lines = cells.filled([[Segment("abc")], [Segment("d")], [Segment("e")]], 2, 2)
    assert plain(lines) == ["ab", "d "]
    assert widths(cells.filled([], 3, 4)) == {3}
