"""Handwritten digits strung together so closely that they touch, as in the amount on a cheque."""

import numpy as np

HEIGHT = 28
INK = 60  # a pixel from which on counts as ink
CLOSER, APART = 1, 4  # pixels that neighbours overlap at most, that there are between them at most


def strung(pictures: np.ndarray, lengths: np.ndarray, width: int, random: np.random.Generator) -> np.ndarray:
    """pictures (M, 1, 28, 28) uint8, lengths (N,) whose sum is M -> strings (N, 1, 28, width) uint8, in their order.

    A string begins anywhere that it has room; what is too wide for `width` is pressed closer together.
    """
    strings = np.zeros((len(lengths), 1, HEIGHT, width), np.uint8)
    spans = [_span(picture[0]) for picture in pictures]
    first = 0
    for string, length in zip(strings, lengths, strict=True):
        members = range(first, first + length)
        wide = np.array([spans[member][1] - spans[member][0] for member in members])
        gaps = random.integers(-CLOSER, APART + 1, length)
        gaps[0] = 0
        over = (wide + gaps).sum() - width
        if over > 0:
            gaps[1:] -= -(-over // (length - 1))
        lefts = np.cumsum(wide + gaps) - wide
        lefts += random.integers(0, max(0, width - (lefts[-1] + wide[-1])) + 1)
        for member, left, columns in zip(members, lefts, wide, strict=True):
            down = int(random.integers(-2, 3))
            begin = spans[member][0]
            digit = np.roll(pictures[member, 0, :, begin : begin + columns], down, 0)
            place = string[0, :, left : left + columns]
            np.maximum(place, digit[:, : place.shape[1]], out=place)
        first += length
    return strings


def _span(picture: np.ndarray) -> tuple[int, int]:
    """picture (28, 28) -> the first column with ink and the one after the last."""
    inked = np.flatnonzero((picture > INK).any(0))
    return (int(inked[0]), int(inked[-1]) + 1) if len(inked) else (0, HEIGHT)
