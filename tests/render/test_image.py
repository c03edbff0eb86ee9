"""Montages keep their grid, stay legible, and say what they leave out."""

import numpy as np
import pytest

from dltui.render import image
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain, widths
from .examples import EXAMPLES


def montage(rows: int, columns: int, size: int = 28) -> dict:
    levels = np.arange(rows * columns).reshape(rows, 1, columns, 1) * 255 // max(1, rows * columns - 1)
    pixels = np.broadcast_to(levels, (rows, size, columns, size)).reshape(rows * size, columns * size)
    return {"type": "image", "pixels": pixels.astype(np.uint8), "rows": rows, "columns": columns}


def test_golden(drawn_as_golden):
    drawn_as_golden("image", image.render, EXAMPLES["image"])


def test_one_picture_is_drawn_pixel_by_pixel():
    """Two rows of pixels a line: the upper is the character's colour, the lower the ground's."""
    pixels = np.array([[0, 252], [252, 0]], np.uint8)
    [[left, right]] = image.render({"pixels": pixels, "rows": 1, "columns": 1}, 2, 1, TerminalCapabilities())
    assert (left.text, right.text) == ("▀", "▀")
    assert left.style.color.triplet == right.style.bgcolor.triplet == (0, 0, 0)
    assert left.style.bgcolor.triplet == right.style.color.triplet == (255, 255, 255)


def test_what_does_not_fit_is_left_out_at_the_right_and_below_and_counted():
    lines = plain(image.render(montage(10, 10), 60, 15, TerminalCapabilities()))
    assert lines[0].strip() == "8 of 100"
    shown = image.render(montage(10, 10), 60, 15, TerminalCapabilities(colours="none"))
    assert plain(shown)[0].strip() == "8 of 100"


def test_all_fit_where_there_is_room():
    assert "of" not in plain(image.render(montage(4, 8), 160, 50, TerminalCapabilities()))[0]


def test_what_need_not_be_read_like_a_digit_may_be_smaller_so_that_more_is_seen():
    """The maps of all layers on half a screen: 12 points each would leave most of them out."""
    captioned = montage(3, 5) | {"captions": [f"unit {unit}" for unit in range(15)]}
    lines = plain(image.render(captioned | {"least": 6}, 40, 15, TerminalCapabilities()))
    assert "of" not in lines[0] and sum("unit" in line for line in lines) == 3
    assert plain(image.render(captioned, 40, 15, TerminalCapabilities()))[0].strip() == "6 of 15"


def test_pictures_of_a_row_stay_in_their_row():
    """An autoencoder's pairs stand one above the other: the second row must be the second row."""
    look = LOOKS["none"]
    pixels = np.zeros((2 * 28, 8 * 28), np.uint8)
    pixels[28:] = 255
    lines = plain(image.render({"pixels": pixels, "rows": 2, "columns": 8}, 160, 40, look))
    inked = [row for row, line in enumerate(lines) if "@" in line]
    assert inked and min(inked) >= 9 and len(lines[inked[0]].split()) == 8


@pytest.mark.parametrize(
    ("width", "height", "title"),
    [
        (160, 24, "above given, below rebuilt"),
        (60, 5, "left given, right rebuilt  6 of 20"),
        (36, 5, "left given, right rebuilt  4 of 20"),
    ],
)
def test_rows_that_have_names_are_named_as_they_stand(width: int, height: int, title: str):
    pairs = montage(2, 10, 8) | {"row_titles": ["given", "rebuilt"]}
    assert plain(image.render(pairs, width, height, TerminalCapabilities()))[0].strip() == title


def test_what_belongs_together_stands_side_by_side_with_its_captions():
    pixels = np.zeros((2 * 8, 3 * 8), np.uint8)
    pixels[8:] = 255
    payload = {"pixels": pixels, "rows": 2, "columns": 3, "row_titles": ["dark", "bright"], "captions": list("abcdef")}
    lines = plain(image.render(payload, 60, 7, LOOKS["none"]))
    assert lines[0].strip() == "left dark, right bright" and lines[5].split() == ["a", "d", "b", "e", "c", "f"]
    assert [lines[1].index("@"), lines[5].index("d")] == [9, 9] and lines[1].count("@") == 3 * 8


def test_captions_stand_under_their_pictures():
    payload = montage(2, 3) | {"captions": ["one", "two", "three", "four", "five", "six"]}
    lines = plain(image.render(payload, 60, 30, TerminalCapabilities()))
    captions = [line.split() for line in lines if "▀" not in line and line.strip()]
    assert captions == [["one", "two", "three"], ["four", "five", "six"]]


def test_thin_bright_strokes_stay_visible_when_made_smaller():
    """A line one pixel wide, shrunk to a quarter, has half of its brightness and not a quarter."""
    pixels = np.zeros((48, 48), np.uint8)
    pixels[:, 24] = 255
    lines = image.render({"pixels": pixels, "rows": 1, "columns": 1}, 12, 6, TerminalCapabilities())
    brightest = max(segment.style.bgcolor.triplet[0] for line in lines for segment in line)
    assert 120 <= brightest <= 135


def test_colours_reach_the_terminal():
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[..., 0] = 255
    [segment] = image.render({"pixels": pixels, "rows": 1, "columns": 1}, 8, 4, TerminalCapabilities())[0]
    assert segment.style.bgcolor.triplet == (255, 0, 0)


@pytest.mark.parametrize("dark", [True, False])
def test_shading_has_more_ink_where_light_falls_on_a_dark_ground(dark: bool):
    pixels = np.repeat(np.linspace(0, 255, 20).astype(np.uint8)[None], 4, 0)
    line = plain(image.render({"pixels": pixels}, 20, 2, TerminalCapabilities(colours="none", dark=dark)))[0]
    assert line == ("  ..::--==++**##%%@@" if dark else "@@%%##**++==--::..  ")


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (0, 5)])
def test_a_montage_of_nothing_is_no_fault(shape: tuple[int, int]):
    lines = image.render({"pixels": np.zeros(shape, np.uint8), "rows": 3, "columns": 3}, 30, 5, TerminalCapabilities())
    assert widths(lines) == {30} and len(lines) == 5 and "no picture" in "".join(plain(lines))
