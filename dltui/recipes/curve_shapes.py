"""The shape of a curve in the words of a person who looks at it: what a learner may be asked to predict."""

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from statistics import median

SHAPES = ("falls", "rises", "falls then rises", "rises then falls", "stays level")
FALLS, RISES, VALLEY, HILL, LEVEL = SHAPES
SHAPE_WORDS = {
    "en": SHAPES,
    "ru": ("падает", "растёт", "падает, затем растёт", "растёт, затем падает", "почти не меняется"),
}
PARTS = 16  # of a curve, whose medians tell its shape: noise does not
LEAST = 0.05  # span of the medians, in parts of the greatest of them, below which a curve is level
TURN = 0.15  # of the span, by which a valley's or a hill's both ends stand off from its turning point


def shape_of(values: Sequence[float]) -> str:
    """Returns which of SHAPES a curve (N,) has, "" where it has fewer than three finite points."""
    finite = [float(value) for value in values if isfinite(value)]
    if len(finite) < 3:
        return ""
    parts = min(PARTS, len(finite))
    edges = [part * len(finite) // parts for part in range(parts + 1)]
    levels = [median(finite[start:end]) for start, end in pairwise(edges)]
    first, last, low, high = levels[0], levels[-1], min(levels), max(levels)
    span = high - low
    if span <= LEAST * max(abs(low), abs(high)):
        return LEVEL
    valley, hill = min(first, last) - low, high - max(first, last)
    if max(valley, hill) >= TURN * span:
        return VALLEY if valley >= hill else HILL
    return FALLS if first > last else RISES
