"""SIFT: a photograph is found again in a turned, scaled and darker one of the same thing (Lowe 2004)."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from scipy.ndimage import affine_transform, map_coordinates

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.sift_features import KeyPoints, key_points, matched, scale_space
from dltui.engine.pictures.matches import joined, marked
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

METRICS = {
    "pairs": Metric("pairs of photographs that have been compared", counter=True),
    "matches": Metric("key points of the first photograph that are matched in the newest second one", whole=True),
    "right": Metric("share of the newest matches that join the same place", better="higher", range=(0, 1)),
    "mean_matches": Metric("matches of a pair, their mean over the pairs so far", better="higher"),
    "mean_right": Metric(
        "share of a pair's matches that join the same place, its mean over the pairs so far", better="higher",
        range=(0, 1),
    ),
    "mean_right_patches": Metric(
        "share of as many matches by raw patches around the same key points that join the same place, its mean over "
        "the pairs so far", better="higher", range=(0, 1),
    ),
}  # fmt: skip
NEAR = 3.0  # pixels: matches that end so near to the true place are right
PATCH = 16  # pixels a side of a raw patch
SHOWN = 12  # matches that are drawn
SCALES = (1.0, 0.75, 1.3, 0.85, 1.15, 0.7, 1.4)
TURN, LOOSE = 30, 10  # degrees from one pair to the next, more or less


class Pair(NamedTuple):
    """A second photograph and how it fits the first."""

    picture: np.ndarray  # (3, H, W)
    points: KeyPoints
    ends: np.ndarray  # (M, 2, 2): x and y of each match in the first and in the second photograph, the surest first
    right: np.ndarray  # (M,) bool
    right_patches: float
    turn: float  # degrees
    scale: float


def build(
    *, picture: int = 0, pairs: int = 12, ratio: float = 0.8, oriented: bool = True
) -> Callable[[Context], "Sift"]:
    """Each step turns and scales the photograph anew, and finds the key points of the first in the second.

    picture: which training picture is taken, at least 0.
    pairs: second photographs, one a step, at least 1.
    ratio: how near the best match has to be, as a share of how near the second best is, above 0, at most 1.
    oriented: whether a key point has a direction, by which its descriptor is turned.
    """
    return lambda context: Sift(context.rows.pictures(), picture, pairs, ratio, oriented)


class Sift:
    """A walkthrough. The second photographs are drawn from the run's seed."""

    def __init__(self, rows: Rows, picture: int, pairs: int, ratio: float, oriented: bool):
        stored = rows.train.stored[min(picture, len(rows.train) - 1)].double().cpu().numpy() / 255
        self.first = np.broadcast_to(stored, (3, *stored.shape[1:])) if len(stored) == 1 else stored  # (3, H, W)
        self.find = partial(key_points, oriented=oriented)
        self.points = self.find(scale_space(self.first.mean(0)))
        self.ratio, self.length = ratio, pairs
        self.seed = int(torch.randint(2**31, ()))
        self.pairs: list[Pair] = []  # those made so far

    def at(self, step: int) -> Moment:
        """Matches, key points, differences of Gaussians, and the shares so far."""
        if not step:
            return Moment({}, [])
        while len(self.pairs) < step:
            self.pairs.append(self._pair(len(self.pairs)))
        seen, pair = self.pairs[:step], self.pairs[step - 1]
        metrics = {
            "pairs": step,
            "matches": len(pair.ends),
            "right": _share(pair.right),
            "mean_matches": float(np.mean([len(one.ends) for one in seen])),
            "mean_right": float(np.mean([_share(one.right) for one in seen])),
            "mean_right_patches": float(np.mean([one.right_patches for one in seen])),
        }
        return Moment(metrics, self._pictures(seen))

    def _pair(self, number: int) -> Pair:
        random = np.random.Generator(np.random.PCG64([self.seed, number]))
        turn = TURN * (number + 1) + random.uniform(-LOOSE, LOOSE)
        scale = SCALES[number % len(SCALES)]
        middle = (np.array(self.first.shape[1:]) - 1) / 2
        cos, sin = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
        back = np.array([[cos, -sin], [sin, cos]]) / scale  # from the second photograph to the first, rows first
        moved = [affine_transform(one, back, middle - back @ middle, order=3, mode="constant") for one in self.first]
        light = random.uniform(0.7, 0.95)
        second = (light * np.stack(moved) + random.normal(0, 0.01, self.first.shape)).clip(0, 1)
        points = self.find(scale_space(second.mean(0)))
        pairs, ratios = matched(self.points.descriptors, points.descriptors)
        pairs = pairs[ratios < self.ratio]
        by_patches, _ = matched(_patches(self.first.mean(0), self.points), _patches(second.mean(0), points))
        true = np.linalg.solve(back, np.stack([self.points.y, self.points.x]) - middle[:, None]) + middle[:, None]

        def ends_right(some: np.ndarray) -> np.ndarray:
            y, x = true[:, some[:, 0]]
            return np.hypot(x - points.x[some[:, 1]], y - points.y[some[:, 1]]) < NEAR

        starts = np.stack([self.points.x, self.points.y], 1)[pairs[:, 0]]
        ends = np.stack([starts, np.stack([points.x, points.y], 1)[pairs[:, 1]]], 1)
        patches = _share(ends_right(by_patches[: max(1, len(pairs))]))
        return Pair(second, points, ends, ends_right(pairs), patches, turn, scale)

    def _pictures(self, seen: list[Pair]) -> list[Picture]:
        pair = seen[-1]
        shown = np.unique(np.linspace(0, len(pair.ends) - 1, SHOWN).astype(int)) if len(pair.ends) else []
        title = f"turned by {pair.turn % 360:.0f} degrees, {pair.scale:g} times as large"
        caption = f"{int(pair.right.sum())} of {len(pair.ends)} matches right (green); {len(shown)} are drawn"
        sheet = joined((self.first, pair.picture), pair.ends[shown], pair.right[shown], title, caption)
        points = pair.points
        circles = marked(pair.picture, points.x, points.y, 3 * points.sigma, points.angle, title)
        numbers = list(range(1, len(seen) + 1))
        curves = [
            Curve(name="SIFT", x=numbers, y=[_share(one.right) for one in seen]),
            Curve(name="raw patches", x=numbers, y=[one.right_patches for one in seen]),
        ]
        return [
            Picture("matches", sheet),
            Picture("key points", circles),
            Picture("shares", Lines(curves=curves, x_title="pair of photographs", y_title="share of matches right")),
            Picture("scale space", differences(pair.picture)),
        ]


def differences(picture: np.ndarray) -> dict:
    """The differences of Gaussians of the first octaves of a picture (3, H, W), each stretched to 0..1."""
    octaves = scale_space(picture.mean(0))[:3]
    side = octaves[0].differences.shape[1:]
    cells = []
    for number, octave in enumerate(octaves):
        for level in octave.differences[1:-1]:
            grown = np.kron(level, np.ones((2**number, 2**number)))[: side[0], : side[1]]
            wide = np.pad(grown, [(0, side[axis] - grown.shape[axis]) for axis in (0, 1)], mode="edge")
            cells.append(0.5 + 0.5 * wide / max(1e-9, np.abs(wide).max()))
    titles = [f"octave {number + 1}" for number in range(len(octaves))]
    return montage(torch.from_numpy(np.stack(cells))[:, None], columns=len(cells) // len(octaves), row_titles=titles)


def _patches(picture: np.ndarray, points: KeyPoints) -> np.ndarray:
    """The pixels (K, PATCH ** 2) around each point, neither turned nor scaled; their mean 0 and length 1."""
    side = np.arange(PATCH) - (PATCH - 1) / 2
    y, x = points.y[:, None, None] + side[:, None], points.x[:, None, None] + side
    at = np.broadcast_arrays(y, x)
    rows = map_coordinates(picture, at, order=1, mode="nearest").reshape(len(points.x), -1)
    rows = rows - rows.mean(1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _share(right: np.ndarray) -> float:
    return float(right.mean()) if len(right) else 0.0
