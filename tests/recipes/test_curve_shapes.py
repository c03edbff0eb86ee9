"""The shape of a curve, as a person would call it."""

import math
import random

import pytest

from dltui.recipes.curve_shapes import FALLS, HILL, LEVEL, RISES, VALLEY, shape_of


def curve(function, count: int = 200, noise: float = 0.0) -> list[float]:
    source = random.Random(0)
    return [function(place / (count - 1)) + source.gauss(0, noise) for place in range(count)]


DRAWN = [
    (lambda x: math.exp(-5 * x), FALLS),
    (lambda x: 1 - math.exp(-5 * x), RISES),
    (lambda x: (x - 0.4) ** 2, VALLEY),
    (lambda x: -((x - 0.6) ** 2), HILL),
    (lambda x: 3.0, LEVEL),
    (lambda x: 0.0, LEVEL),
    (lambda x: 0.9 + 0.01 * x, LEVEL),
    (lambda x: -1 / (0.05 + x), RISES),
]


@pytest.mark.parametrize("function, shape", DRAWN)
@pytest.mark.parametrize("count", [20, 200, 3000])
def test_what_a_curve_does_is_seen_however_many_points_it_has(function, shape, count):
    assert shape_of(curve(function, count)) == shape


@pytest.mark.parametrize("function, shape", [one for one in DRAWN if one[1] != LEVEL][:4])
def test_noise_turns_no_curve(function, shape):
    assert shape_of(curve(function, 800, 0.05)) == shape


def test_a_dip_that_is_small_beside_the_fall_is_no_turn():
    assert shape_of(curve(lambda x: math.exp(-5 * x) + 0.1 * max(0, x - 0.5))) == FALLS


def test_what_is_not_finite_is_passed_over():
    assert shape_of([math.nan, 3, math.inf, 2, 1, -math.inf]) == FALLS
    assert shape_of([1, 2, math.nan]) == "", "two points have no shape"
