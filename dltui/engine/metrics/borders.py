"""Borders judged by what they separate: how many regions there are, and where one ends and the next begins."""

import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_edt, label

LEAST = 6  # pixels: what is smaller counts for no region


def count_regions(borders: np.ndarray) -> int:
    """Returns how many regions of at least LEAST pixels the borders (H, W) keep apart."""
    return int(np.count_nonzero(np.bincount(_regions(borders).ravel())[1:]))


def lines_between(borders: np.ndarray) -> np.ndarray:
    """borders (H, W) -> the lines where one region meets the next, once both have grown to the middle, (H, W) bool.

    How thick a border is makes no difference; a border with a gap separates nothing and leaves no line.
    """
    numbered = _regions(borders)
    lines = np.zeros(borders.shape, bool)
    if numbered.max() == 0:
        return lines
    nearest = distance_transform_edt(numbered == 0, return_distances=False, return_indices=True)
    grown = numbered[tuple(nearest)]
    lines[:, :-1] |= grown[:, 1:] != grown[:, :-1]
    lines[:-1] |= grown[1:] != grown[:-1]
    return lines


def border_iou(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Two stacks of borders (N, H, W) -> intersection over union of their lines, which may lie a pixel apart."""
    around = np.ones((3, 3), bool)
    both = either = 0
    for one, want in zip(predicted, truth, strict=True):
        drawn, wanted = lines_between(one), lines_between(want)
        both += (wanted & binary_dilation(drawn, around)).sum()
        either += wanted.sum() + (drawn & ~binary_dilation(wanted, around)).sum()
    return float(both / max(1, either))


def _regions(borders: np.ndarray) -> np.ndarray:
    """borders (H, W) -> the number of each pixel's region, 0 on borders and in what is smaller than LEAST."""
    numbered, _ = label(borders == 0)
    large = np.bincount(numbered.ravel()) >= LEAST
    return np.where(large[numbered], numbered, 0)
