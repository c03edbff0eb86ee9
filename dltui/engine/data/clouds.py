"""Point clouds in the plane whose groups are known: round, uneven, stretched, moons and rings."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, standardised
from dltui.engine.data.moons import moons
from dltui.engine.reading import own, table
from dltui.engine.reading.labels import stratified

SOURCES = ("builtin", "path")
CANDIDATES = 20  # places tried for each centre: the one farthest from the others is taken
RINGS = (1.0, 0.45)  # radii
SCATTERED = "scattered"  # the class of points that belong to no group


def build(
    *,
    shape: Literal["round", "uneven", "stretched", "moons", "rings"] = "round",
    rows: int = 300,
    groups: int = 3,
    spread: float = 0.1,
    scattered: float = 0.0,
    seed: int = 0,
) -> "Clouds":
    """Groups of points in the plane.

    shape: round and equally wide; uneven, each its own width and number of points; stretched; two moons; two rings.
    rows: points together, at least 10; a fifth is held back for the test.
    groups: groups, at least 1 and at most 30; moons and rings are always two.
    spread: standard deviation within a group, above 0; the centres lie in a square of side 2, rings have radius 1.
    scattered: share of the points that lie anywhere, a class of their own, at least 0 and below 1.
    seed: decides the points, at least 0.
    """
    return Clouds(shape, rows, groups, spread, scattered, seed)


class Clouds:
    """Points (N, 2) float32, standardised."""

    def __init__(self, shape: str, rows: int, groups: int, spread: float, scattered: float, seed: int):
        self.shape, self.rows, self.groups = shape, rows, groups
        self.spread, self.scattered, self.seed = spread, scattered, seed

    def builtin(self) -> Dataset:
        """Generated points: the same options give the same."""
        random = np.random.Generator(np.random.PCG64(self.seed))
        loose = round(self.rows * self.scattered)
        points, targets = self._grouped(self.rows - loose, random)
        names = tuple(str(number + 1) for number in range(int(targets.max()) + 1))
        if loose:
            low, high = points.min(0), points.max(0)
            points = np.concatenate([points, random.uniform(low, high, (loose, 2))])
            targets = np.concatenate([targets, np.full(loose, len(names))])
            names += (SCATTERED,)
        parts = (Split(torch.from_numpy(points[at]), torch.from_numpy(targets[at])) for at in stratified(targets))
        train, test = standardised(*parts)
        detail = f"generated points, {self.shape}"
        return Dataset(train, test, names, "builtin", detail, facts_of(train.inputs, names))

    def _grouped(self, rows: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Points (rows, 2) float64 and their groups (rows,) int64."""
        if self.shape == "moons":
            return moons(rows, self.spread, self.seed)
        if self.shape == "rings":
            targets = np.arange(rows) % len(RINGS)
            turn = random.uniform(0, 2 * np.pi, rows)
            around = np.stack([np.cos(turn), np.sin(turn)], 1) * np.array(RINGS)[targets, None]
            return around + self.spread * random.standard_normal((rows, 2)), targets
        centres = _apart(self.groups, random)  # (groups, 2)
        shares, widths, turns = np.ones(self.groups), np.ones((self.groups, 2)), np.zeros(self.groups)
        if self.shape == "uneven":
            shares, widths = random.uniform(0.3, 1.7, self.groups), random.uniform(0.4, 1.8, (self.groups, 1))
        elif self.shape == "stretched":
            widths, turns = np.array([[2.5, 0.5]]), random.uniform(0, np.pi, self.groups)
        counts = np.diff(np.rint(np.cumsum([0, *shares]) / shares.sum() * rows)).astype(int)
        targets = np.repeat(np.arange(self.groups), counts)
        turned = np.stack([np.cos(turns), np.sin(turns), -np.sin(turns), np.cos(turns)], 1).reshape(-1, 2, 2)
        offsets = self.spread * random.standard_normal((rows, 2)) * np.broadcast_to(widths, (self.groups, 2))[targets]
        return centres[targets] + np.einsum("ni,nij->nj", offsets, turned[targets]), targets

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own points in the plane. Raises DltuiError (4)."""
        return own.read(path, table.Numbers(columns=2), report)


def _apart(count: int, random: np.random.Generator) -> np.ndarray:
    """Places (count, 2) in the square -1..1, each far from those before it (Mitchell 1991, best of some candidates)."""
    places = random.uniform(-1, 1, (1, 2))
    while len(places) < count:
        tried = random.uniform(-1, 1, (CANDIDATES, 2))
        nearest = np.linalg.norm(tried[:, None] - places, axis=2).min(1)
        places = np.concatenate([places, tried[[nearest.argmax()]]])
    return places
