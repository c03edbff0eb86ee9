"""Colours degrade to what is nearest to the eye."""

import numpy as np
import pytest
from rich.color import Color, ColorType

from dltui.render import colour
from dltui.render.terminal_capabilities import TerminalCapabilities


def test_24_bit_colours_stay_within_two_levels_of_what_they_were():
    levels = np.arange(256, dtype=np.uint8)
    found = [
        colour.shown(code)[0] for code in colour.codes(np.stack([levels] * 3, -1), TerminalCapabilities()).tolist()
    ]
    assert np.abs(np.array(found) - levels).max() <= 4 and (found[0], found[-1]) == (0, 255)


def test_256_keeps_what_it_has():
    """The cube's own colours are found, but for their 5 bits a channel."""
    cube = colour.palette()[16:232]
    found = colour.palette()[colour.codes(cube, TerminalCapabilities(colours="256"))]
    assert (np.abs(found.astype(int) - cube) <= 8).all()


def test_grey_stays_grey_in_256():
    levels = np.arange(0, 256, dtype=np.uint8)
    found = colour.palette()[colour.codes(np.stack([levels] * 3, -1), TerminalCapabilities(colours="256"))].astype(int)
    assert (found.max(1) == found.min(1)).all()
    assert (np.diff(found[:, 0]) >= 0).all()


def test_the_first_sixteen_of_256_are_never_used():
    """They are what the user's theme makes of them."""
    noise = np.random.default_rng(0).integers(0, 256, (500, 3), dtype=np.uint8)
    assert colour.codes(noise, TerminalCapabilities(colours="256")).min() >= 16


def test_no_colours_are_no_codes():
    assert (colour.codes(np.zeros((2, 3, 3), np.uint8), TerminalCapabilities(colours="none")) == colour.NONE).all()


def test_oklab_of_white_black_and_red():
    """Values of the paper's author, https://bottosson.github.io/posts/oklab."""
    found = colour.oklab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]]))
    expected = [[1, 0, 0], [0, 0, 0], [0.62796, 0.22486, 0.12585]]
    assert np.allclose(found, expected, atol=2e-4)


def test_a_style_is_made_once():
    assert colour.style(300, 17) is colour.style(300, 17)
    assert colour.style(17).color.type is ColorType.EIGHT_BIT and colour.style(3).color.type is ColorType.STANDARD


@pytest.mark.parametrize("number", range(16, 256, 7))
def test_the_palette_is_the_one_terminals_have(number: int):
    assert colour.shown(number) == tuple(Color.from_ansi(number).get_truecolor())
