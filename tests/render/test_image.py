"""Montages keep their grid, stay legible, and say what they leave out."""

import re

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


def test_what_does_not_fit_is_left_out_at_the_end_and_counted():
    lines = plain(image.render(montage(10, 10), 60, 15, TerminalCapabilities()))
    assert lines[0].strip() == "1-8 of 100"
    shown = image.render(montage(10, 10), 60, 15, TerminalCapabilities(colours="none"))
    assert plain(shown)[0].strip() == "1-8 of 100"


def test_of_a_row_that_is_too_wide_all_is_seen_before_the_next_one_begins():
    """Clean, with noise, under attack: the first column alone, of every sample, would show no attack."""
    pixels = np.repeat(np.tile(np.array([0, 130, 255], np.uint8), (3, 1)), 28, 0).repeat(28, 1)
    lines = plain(image.render({"pixels": pixels, "rows": 3, "columns": 3, "title": "attack"}, 19, 40, LOOKS["none"]))
    assert lines[0].split() == ["attack", "1-3", "of", "9"]
    inked = [line.strip()[:1] for line in lines[1:]]
    assert list(dict.fromkeys(filter(None, inked))) == ["+", "@"] and "".join(lines).count("@") > 19


def test_all_fit_where_there_is_room():
    assert "of" not in plain(image.render(montage(4, 8), 160, 50, TerminalCapabilities()))[0]


def test_what_need_not_be_read_like_a_digit_may_be_smaller_so_that_more_is_seen():
    """The maps of all layers on half a screen: 12 points each would leave most of them out."""
    captioned = montage(3, 5) | {"captions": [f"unit {unit}" for unit in range(15)]}
    lines = plain(image.render(captioned | {"least": 6}, 40, 15, TerminalCapabilities()))
    assert "of" not in lines[0] and sum("unit" in line for line in lines) == 3
    assert plain(image.render(captioned, 40, 15, TerminalCapabilities()))[0].strip() == "1-6 of 15"


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
        (60, 5, "left given, right rebuilt  1-3 of 10"),
        (36, 5, "left given, right rebuilt  1-2 of 10"),
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
    assert lines[1].index("@") == lines[5].index("d") and lines[1].count("@") == 3 * (lines[1].index("@") - 1)


@pytest.mark.parametrize("size", [(12, 9), (18, 18), (26, 10), (36, 5), (39, 9)])
def test_of_a_pair_both_are_seen_and_what_is_seen_is_never_cut(size: tuple[int, int]):
    """A caption that promises "below: rebuilt" over a row of what was given, or ends before its count, is wrong."""
    pixels = np.zeros((2 * 28, 10 * 28), np.uint8)
    pixels[28:] = 255
    pairs = {"pixels": pixels, "rows": 2, "columns": 10, "row_titles": ["what was given", "rebuilt"]}
    lines = plain(image.render(pairs, *size, LOOKS["none"]))
    said = " ".join(" ".join(line.split("@")[0] for line in lines[:2]).split())
    assert re.search(r"(1-)?\d of 10", said) and any("@" in line for line in lines)
    inked = [line.index("@") for line in lines if "@" in line]
    assert ("below" in said) <= (min(inked) == 0) and ("right" in said) <= (min(inked) > 0)


def test_a_single_row_breaks_where_that_shows_its_pictures_larger():
    look = LOOKS["none"]
    row = {"pixels": np.full((64, 3 * 64), 255, np.uint8), "rows": 1, "columns": 3}
    wide, square = (plain(image.render(row, *size, look)) for size in ((90, 15), (40, 18)))
    assert square[0].split() == ["@" * 17] * 2 and square[-2].split() == ["@" * 17]
    assert wide[0].split() == ["@" * 29] * 3


@pytest.mark.parametrize(("size", "side"), [((39, 18), 36), ((52, 26), 48), ((90, 45), 72)])
def test_a_picture_takes_the_room_there_is_and_keeps_its_pixels_equal_where_that_costs_little(size, side):
    """24 pixels: one and a half times as large, twice where that is about as large, and three times."""
    lines = plain(image.render({"pixels": np.full((24, 24), 255, np.uint8)}, *size, LOOKS["none"]))
    assert lines[0].count("@") == side


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
