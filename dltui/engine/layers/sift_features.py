"""SIFT: scale space, key points, descriptors (Lowe 2004, "Distinctive image features from scale-invariant keypoints").

Grey pictures (H, W) in 0..1, numpy float64; x grows to the right, y downwards, the middle of the first pixel is 0, 0.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates, maximum_filter, minimum_filter, zoom

INTERVALS = 3  # scales of an octave: sigma doubles over so many
SIGMA, BLURRED = 1.6, 0.5  # of the first scale; what a photograph is blurred by as it is
CONTRAST, EDGE = 0.012, 10.0  # least difference of Gaussians; greatest ratio of the two curvatures
BINS, PEAK = 36, 0.8  # of the histogram of directions; share of the highest peak from which another counts
GRID, DIRECTIONS, CLIP = (
    4,
    8,
    0.2,
)  # a descriptor's cells a side, directions a cell, greatest number before the last norm
CELL = 3.0  # of a cell, in sigmas
SAMPLES = 16  # of a descriptor a side
LEAST = 16  # pixels a side of the last octave


class Octave(NamedTuple):
    """Pictures of one size: levels (INTERVALS + 3, h, w), their differences (INTERVALS + 2, h, w), pixels a pixel."""

    gaussians: np.ndarray
    differences: np.ndarray
    step: float  # pixels of the photograph to a pixel of these


class KeyPoints(NamedTuple):
    """x, y, sigma in pixels of the photograph and the angle in radians, (K,) each; descriptors (K, 128)."""

    x: np.ndarray
    y: np.ndarray
    sigma: np.ndarray
    angle: np.ndarray
    descriptors: np.ndarray


def scale_space(picture: np.ndarray) -> list[Octave]:
    """Octaves of a picture that is first made twice as large; each begins with every second pixel of the one before."""
    base = zoom(picture, 2, order=1, mode="nearest", grid_mode=True)
    level = gaussian_filter(base, np.sqrt(SIGMA**2 - (2 * BLURRED) ** 2), mode="nearest")
    sigmas = SIGMA * 2 ** (np.arange(INTERVALS + 3) / INTERVALS)
    octaves, step = [], 0.5
    while min(level.shape) >= LEAST:
        levels = [level]
        for before, after in pairwise(sigmas):
            levels.append(gaussian_filter(levels[-1], np.sqrt(after**2 - before**2), mode="nearest"))
        gaussians = np.stack(levels)
        octaves.append(Octave(gaussians, np.diff(gaussians, axis=0), step))
        level, step = gaussians[INTERVALS][::2, ::2], 2 * step
    return octaves


def extrema(octave: Octave) -> np.ndarray:
    """Places (K, 3), level, row and column with fractions, where the difference is above or below its 26 neighbours.

    What has little contrast, or lies on an edge, is left out.
    """
    D = octave.differences
    highest = (maximum_filter(D, 3) == D) & (D > 0.5 * CONTRAST)
    lowest = (minimum_filter(D, 3) == D) & (D < -0.5 * CONTRAST)
    found = np.argwhere(highest | lowest)
    inside = ((found >= 1) & (found < np.array(D.shape) - 1)).all(1)
    s, r, c = found[inside].T
    gradient = (
        np.stack([D[s + 1, r, c] - D[s - 1, r, c], D[s, r + 1, c] - D[s, r - 1, c], D[s, r, c + 1] - D[s, r, c - 1]], 1)
        / 2
    )
    hessian = _hessian(D, s, r, c)  # (K, 3, 3)
    regular = np.abs(np.linalg.det(hessian)) > 1e-12
    s, r, c, gradient, hessian = s[regular], r[regular], c[regular], gradient[regular], hessian[regular]
    moved = -np.linalg.solve(hessian, gradient[..., None])[..., 0]  # (K, 3): the top of the parabola through it
    value = D[s, r, c] + 0.5 * (gradient * moved).sum(1)
    plane = hessian[:, 1:, 1:]
    trace, det = np.trace(plane, axis1=1, axis2=2), np.linalg.det(plane)
    kept = (np.abs(moved).max(1) < 0.7) & (np.abs(value) > CONTRAST) & (det > 0)
    kept &= trace**2 * EDGE < (EDGE + 1) ** 2 * det
    return np.stack([s, r, c], 1)[kept] + moved[kept]


def _hessian(D: np.ndarray, s: np.ndarray, r: np.ndarray, c: np.ndarray) -> np.ndarray:
    at = np.stack([s, r, c], 1)
    hessian = np.empty((len(s), 3, 3))
    unit = np.eye(3, dtype=int)
    for i in range(3):
        for j in range(3):
            if i == j:
                value = D[tuple((at + unit[i]).T)] + D[tuple((at - unit[i]).T)] - 2 * D[s, r, c]
            else:
                signs = ((1, 1, 1), (-1, -1, 1), (1, -1, -1), (-1, 1, -1))
                value = sum(k * D[tuple((at + a * unit[i] + b * unit[j]).T)] for a, b, k in signs) / 4
            hessian[:, i, j] = value
    return hessian


def key_points(octaves: list[Octave], *, oriented: bool = True) -> KeyPoints:
    """Key points of all octaves, each with its direction; one with several directions is there several times.

    oriented: whether directions are looked for; else all angles are 0.
    """
    parts = [_of_octave(octave, extrema(octave), oriented) for octave in octaves]
    return KeyPoints(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _of_octave(octave: Octave, places: np.ndarray, oriented: bool) -> KeyPoints:
    sigmas = SIGMA * 2 ** (places[:, 0] / INTERVALS)  # in pixels of the octave
    levels = np.clip(places[:, 0].round().astype(int), 0, len(octave.gaussians) - 1)
    rows, angles = np.arange(len(places)), np.zeros(len(places))
    if oriented:
        rows, angles = _directions(octave, places, sigmas, levels)
    y, x, sigma = places[rows, 1], places[rows, 2], sigmas[rows]
    described = descriptors(octave, levels[rows], np.stack([x, y, sigma, angles], 1))
    corner = -0.25  # where the first pixel's middle is since the picture was made twice as large
    return KeyPoints(x * octave.step + corner, y * octave.step + corner, sigma * octave.step, angles, described)


def _directions(
    octave: Octave, places: np.ndarray, sigmas: np.ndarray, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of places and their angles: the peaks of each one's histogram of gradients' directions."""
    at = np.linspace(-1, 1, 2 * SAMPLES + 1) * 3
    u, v = np.meshgrid(at, at)  # in 1.5 sigmas
    x, y = (places[:, axis, None, None] + 1.5 * sigmas[:, None, None] * way for axis, way in ((2, u), (1, v)))
    gx, gy = _gradients(octave, levels, x, y)
    weight = np.hypot(gx, gy) * np.exp(-0.5 * (u**2 + v**2))
    bins = np.floor(np.arctan2(gy, gx) / (2 * np.pi) * BINS + 0.5).astype(int) % BINS
    flat = (np.arange(len(places))[:, None, None] * BINS + bins).ravel()
    counts = np.bincount(flat, weight.ravel(), len(places) * BINS).reshape(-1, BINS)
    for _ in range(2):
        counts = (np.roll(counts, 1, 1) + counts + np.roll(counts, -1, 1)) / 3
    before, after = np.roll(counts, 1, 1), np.roll(counts, -1, 1)
    peaks = (counts > before) & (counts > after) & (counts >= PEAK * counts.max(1, keepdims=True))
    rows, bins = np.nonzero(peaks)
    low, top, high = (values[rows, bins] for values in (before, counts, after))
    return rows, (bins + 0.5 * (low - high) / (low - 2 * top + high)) * 2 * np.pi / BINS


def _gradients(octave: Octave, levels: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gradient of each one's level at places x, y (K, a, b) between its pixels."""
    level = np.broadcast_to(levels[:, None, None], x.shape)
    at = [level, y, x]
    turned = np.gradient(octave.gaussians, axis=(2, 1))
    return tuple(map_coordinates(values, at, order=1, mode="nearest") for values in turned)


def descriptors(octave: Octave, levels: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (K, 4): x, y, sigma in pixels of the octave, angle -> (K, 128): directions in cells of a turned grid."""
    side = (np.arange(SAMPLES) + 0.5) / SAMPLES * GRID - GRID / 2  # in cells
    u, v = np.meshgrid(side, side)
    x, y, sigma, angle = (values[:, None, None] for values in points.T)
    cos, sin = np.cos(angle) * CELL * sigma, np.sin(angle) * CELL * sigma
    gx, gy = _gradients(octave, levels, x + cos * u - sin * v, y + sin * u + cos * v)
    weight = np.hypot(gx, gy) * np.exp(-0.5 * (u**2 + v**2) / (GRID / 2) ** 2)
    turn = (np.arctan2(gy, gx) - angle) / (2 * np.pi) * DIRECTIONS
    return _normed(_cells(weight, turn, u, v).reshape(len(points), GRID * GRID * DIRECTIONS))


def _cells(weight: np.ndarray, turn: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Weights (K, n, n) shared by the two nearest cells along each side and the two nearest directions."""
    K = len(weight)
    counts = np.zeros((K, GRID + 2, GRID + 2, DIRECTIONS))  # a cell more on each side, cut off at the end
    row, column = v + GRID / 2 + 0.5, u + GRID / 2 + 0.5
    which = np.broadcast_to(np.arange(K)[:, None, None], weight.shape)
    for a in (0, 1):
        for b in (0, 1):
            for d in (0, 1):
                r, c, t = np.floor(row) + a, np.floor(column) + b, np.floor(turn) + d
                share = (1 - abs(row - r)) * (1 - abs(column - c)) * (1 - abs(turn - t))
                places = (which, np.broadcast_to(r, turn.shape).astype(int), np.broadcast_to(c, turn.shape).astype(int))
                np.add.at(counts, (*places, t.astype(int) % DIRECTIONS), weight * share)
    return counts[:, 1:-1, 1:-1]


def _normed(rows: np.ndarray) -> np.ndarray:
    """Length 1, no number above CLIP, length 1 again: a brighter or paler light changes nothing."""

    def long_as_one(rows: np.ndarray) -> np.ndarray:
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

    return long_as_one(np.minimum(long_as_one(rows), CLIP))


def matched(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Descriptors (A, d) and (B, d) -> pairs (A, 2), the nearest of b to each of a, and how near it is (A,) as a share
    of how near the second is; the surest pair first."""
    if len(a) == 0 or len(b) < 2:
        return np.zeros((0, 2), int), np.zeros(0)
    squares = np.maximum((a**2).sum(1)[:, None] - 2 * a @ b.T + (b**2).sum(1), 0)
    order = np.argsort(squares, 1)[:, :2]
    near, second = np.sqrt(np.take_along_axis(squares, order, 1)).T
    ratio = near / np.maximum(second, 1e-12)
    surest = np.argsort(ratio, kind="stable")
    return np.stack([surest, order[surest, 0]], 1), ratio[surest]
