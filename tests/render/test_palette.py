"""Colours mean something only if they can be told apart, by the colour-blind and on poorer terminals too."""

import itertools

import numpy as np
import pytest

from dltui.render import colour, palette
from dltui.render.terminal_capabilities import TerminalCapabilities

# dichromats' view (Vienot, Brettel and Mollon 1999), on linear light
BLIND = {
    "protan": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deutan": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}


def seen(colours: list[tuple], kind: str) -> np.ndarray:
    linear = (np.array(colours) / 255) ** 2.2
    return colour.oklab(255 * np.clip(linear @ np.array(BLIND[kind]).T, 0, 1) ** (1 / 2.2))


def lightness(codes: np.ndarray) -> np.ndarray:
    return np.array([colour.oklab(np.array(colour.shown(code)))[0] for code in codes.tolist()])


@pytest.mark.parametrize("kind", BLIND)
def test_the_first_five_series_differ_for_the_colour_blind(kind: str):
    views = seen([colour.triplet(palette.series(index)) for index in range(5)], kind)
    apart = [np.linalg.norm(one - other) for one, other in itertools.combinations(views, 2)]
    assert min(apart) > 0.08, np.round(apart, 3)


@pytest.mark.parametrize("colours", ["true", "256", "16"])
def test_all_series_differ_at_every_depth(colours: str):
    assert (
        len({palette.code(palette.series(index), TerminalCapabilities(colours=colours)) for index in range(10)}) == 10
    )


def test_series_stand_out_from_black_and_from_white():
    light = [colour.oklab(np.array(colour.triplet(palette.series(index))))[0] for index in range(10)]
    assert min(light) > 0.5 and max(light) < 0.8


def test_the_sequential_map_is_even_in_lightness():
    """From dark to light without a step back, no tenth of it more than twice its share."""
    light = lightness(palette.SEQUENTIAL.codes(np.linspace(0, 1, 11), TerminalCapabilities()))
    steps = np.diff(light)
    assert steps.min() > 0 and steps.max() < 2 * steps.mean()


@pytest.mark.parametrize("colours", ["256", "16"])
def test_the_sequential_map_rises_at_every_depth(colours: str):
    light = lightness(palette.SEQUENTIAL.codes(np.linspace(0, 1, 256), TerminalCapabilities(colours=colours)))
    assert np.diff(light).min() >= 0 and light[-1] - light[0] > 0.5


@pytest.mark.parametrize("dark", [True, False])
def test_the_diverging_map_ends_in_two_hues_and_has_the_ground_in_its_middle(dark: bool):
    look = TerminalCapabilities(dark=dark)
    low, middle, high = (np.array(colour.shown(c)) for c in palette.diverging(look).codes(np.array([0, 0.5, 1]), look))
    assert low[2] > low[0] and high[0] > high[2]
    assert np.abs(middle - (0 if dark else 255)).max() < 40


@pytest.mark.parametrize("colours", ["true", "256", "16"])
@pytest.mark.parametrize("dark", [True, False])
def test_grounds_of_classes_differ(colours: str, dark: bool):
    assert len({palette.ground(index, TerminalCapabilities(colours=colours, dark=dark)) for index in range(10)}) == 10


def test_not_a_number_has_no_colour():
    assert palette.SEQUENTIAL.codes(np.array([np.nan, 0.0]), TerminalCapabilities())[0] == colour.NONE


def test_no_colours_means_none_anywhere():
    look = TerminalCapabilities(colours="none")
    assert not palette.ink(palette.GOOD, look).color and not palette.faint(palette.GOOD, look).color
    assert palette.faint(palette.GOOD, look).dim
