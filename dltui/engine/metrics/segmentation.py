"""Measures of a class for every pixel: IoU of classes, in the band along borders, and of things by their size."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import binary_dilation, binary_erosion, find_objects, label

SMALL = 0.06  # of a picture's pixels: what has at most so many is small
GROWN = 2  # pixels by which the box of a thing is grown: what spills over counts
FILLED = 0.3  # share of its box that a thing fills at least: a long thin wall does not
AROUND = np.ones((3, 3), bool)


class Thing(NamedTuple):
    """One thing of a picture: a connected part of one class, not the first, at least three pixels thick."""

    picture: int
    number: int  # of its class
    window: tuple[slice, slice]  # its box, GROWN pixels wider to each side
    own: np.ndarray  # its pixels in the window (h, w) bool
    others: np.ndarray  # those of other things there (h, w) bool
    small: bool


def confusion(predicted: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """Class numbers (...) -> how many pixels of class i are predicted as class j (classes, classes)."""
    both = truth.astype(np.int64).ravel() * classes + predicted.astype(np.int64).ravel()
    return np.bincount(both, minlength=classes**2).reshape(classes, classes)


def class_ious(counts: np.ndarray) -> np.ndarray:
    """A confusion matrix -> intersection over union of each class (classes,), NaN where a class is nowhere."""
    both = np.diag(counts).astype(float)
    either = counts.sum(0) + counts.sum(1) - both
    return np.divide(both, either, out=np.full(len(counts), np.nan), where=either > 0)


def mean_iou(predicted: np.ndarray, truth: np.ndarray, classes: int) -> float:
    """Class numbers (...) -> the mean of the classes' intersection over union, over all pixels together; 0 of none."""
    ious = class_ious(confusion(predicted, truth, classes))
    return float(np.nanmean(ious)) if np.isfinite(ious).any() else 0.0


def border_band(labels: np.ndarray) -> np.ndarray:
    """labels (N, H, W) -> the pixels that lie at most two pixels from another class (N, H, W) bool."""
    edges = np.zeros(labels.shape, bool)
    for axis in (1, 2):
        low, high = ([slice(None)] * 3 for _ in range(2))
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        differ = labels[tuple(low)] != labels[tuple(high)]
        edges[tuple(low)] |= differ
        edges[tuple(high)] |= differ
    return binary_dilation(edges, AROUND[None])


def things_of(labels: np.ndarray) -> list[Thing]:
    """labels (N, H, W), 0 the ground -> its things."""
    found = []
    most = SMALL * labels[0].size
    for picture, classes in enumerate(labels):
        for number in np.unique(classes[classes > 0]):
            parts, _ = label(classes == number, AROUND)
            for part, box in enumerate(find_objects(parts), 1):
                own = parts[box] == part
                if own.mean() < FILLED or not binary_erosion(own, AROUND).any():
                    continue
                window = tuple(slice(max(0, side.start - GROWN), side.stop + GROWN) for side in box)
                own = parts[window] == part
                others = (classes[window] > 0) & ~own
                found.append(Thing(picture, int(number), window, own, others, int(own.sum()) <= most))
    return found


def thing_ious(predicted: np.ndarray, things: list[Thing]) -> np.ndarray:
    """Class numbers (N, H, W) -> intersection over union of each thing in its window, other things left out."""
    ious = np.zeros(len(things))
    for place, thing in enumerate(things):
        found = (predicted[thing.picture][thing.window] == thing.number) & ~thing.others
        ious[place] = (found & thing.own).sum() / (found | thing.own).sum()
    return ious
