"""Groups of points in the plane, known to be what they are: for clustering, for lines that part classes, for GANs."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, limited, standardised
from dltui.engine.reading import own, table
from dltui.engine.reading.labels import TEST_SHARE, stratified
from dltui.engine.reading.reading_options import FOUND_OUT, Reading

SOURCES = ("builtin", "path")
GIVES = ("numbers", "plane", "classes")
READS = "table"
CANDIDATES = 20  # places tried for each centre: the one farthest from the others is taken
RINGS = (1.0, 0.45)  # radii
INSIDE = ("outer", "inner")  # the rings' names
MOONS = ("upper", "lower")
# how far a moon reaches into the other; scikit-learn's 0.5 leaves a line 0.8775, too near the claim's 0.88
HOOKED = 0.6
RADIUS = 2.0  # of the circle on which Gaussians stand
CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
SCATTERED = "scattered"  # the class of points that belong to no group
APART = 1.2  # of a separable group's middle from the middle of the empty strip, where its deviation is 1
AWAY, NARROW = 2.2, 0.5  # place and deviation of the rare group, where those of the common one are 0 and 1

LENGTH, SLANT = 3.0, 0.5  # of the strip; its angle in radians
BRIDGED, BRIDGE = 0.18, 0.1  # share of the points on bridges; how wide these are, in spreads

Random = np.random.Generator
Points = tuple[np.ndarray, np.ndarray]  # (rows, 2) float64, groups (rows,) int64


def build(
    *,
    shape: Literal[
        "round",
        "uneven",
        "stretched",
        "moons",
        "rings",
        "bands",
        "bridges",
        "field",
        "circle",
        "xor",
        "separable",
        "imbalanced",
        "arc",
        "strip",
        "swiss_roll",
    ] = "round",
    rows: int = 300,
    groups: int = 3,
    spread: float = 0.1,
    scattered: float = 0.0,
    reach: float = 1.0,
    margin: float = 0.1,
    share: float = 0.01,
    seed: int = 0,
    train_rows: int = 0,
) -> "Clouds":
    """Groups of points in the plane.

    shape: round and equally wide; uneven, each its own width and number of points; stretched; two moons; two rings;
        circle, Gaussians on one; xor, the corners of a square; separable, a line parts two; imbalanced, one is rare;
        arc, points along half a circle; strip, along a slanting line; both are one group; bands, strips side by side;
        bridges, round groups joined in a chain by thin lines of points; field, a square without any cluster;
        swiss_roll, a spiral of one turn and a half.
    rows: points together, at least 10; a fifth is held back for the test, of imbalanced two thirds.
    groups: groups, at least 1 and at most 30; moons, rings, xor, separable and imbalanced have their own number, and
        arc, strip, field and swiss_roll are one.
    spread: standard deviation within a group, at least 0; the centres lie in a square of side 2, rings and moons have
        radius 1, as have an arc and the roll, a circle 2, the square of xor side 1.
    scattered: share of the points that lie anywhere, a class of their own, at least 0 and below 1.
    reach: how far scattered points lie, in widths of the groups together, at least 1: beyond 1 they are outliers.
    margin: half the width of the strip without points between separable groups of deviation 1, at least 0.
    share: share of the points in the rare one of imbalanced groups, above 0, below 1.
    seed: decides the points, at least 0.
    train_rows: of the rows to train on so many are kept, at least 0; 0 keeps all.
    """
    return Clouds(shape, rows, groups, spread, scattered, reach, margin, share, seed, train_rows)


class Clouds(NamedTuple):
    """Points (N, 2) float32, standardised but for circle, xor, arc and strip, which are where they are said to be."""

    shape: str
    rows: int
    groups: int
    spread: float
    scattered: float
    reach: float
    margin: float
    share: float
    seed: int
    train_rows: int

    def builtin(self) -> Dataset:
        """Generated points: the same options give the same."""
        if self.shape in ("circle", "xor"):
            train, test, classes = self._around_centres()
        elif self.shape in ("arc", "strip"):
            train, test, classes = self._along()
        else:
            train, test, classes = self._standardised()
        detail = f"generated points, {self.shape}"
        data = Dataset(train, test, classes, "builtin", detail, facts_of(train.inputs, classes))
        return limited(data, self.train_rows, 0)

    def _standardised(self) -> tuple[Split, Split, tuple[str, ...]]:
        random = np.random.Generator(np.random.PCG64(self.seed))
        if self.shape == "imbalanced":
            parts, classes = imbalanced(self.rows, self.share, random), ("common", "rare")
        elif self.shape == "separable":
            parts, classes = _parted(*separable(self.rows, self.margin, random)), ("minus", "plus")
        else:
            points, targets, classes = self._grouped(random)
            parts = _parted(points, targets)
        train, test = (Split(torch.from_numpy(points), torch.from_numpy(targets)) for points, targets in parts)
        return *standardised(train, test), classes

    def _grouped(self, random: Random) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
        """Points (rows, 2), their groups (rows,), and the groups' names: some of the points may be scattered."""
        loose = round(self.rows * self.scattered)
        points, targets = self._in_groups(self.rows - loose, random)
        named = {"moons": MOONS, "rings": INSIDE}
        names = named.get(self.shape) or tuple(str(number + 1) for number in range(int(targets.max()) + 1))
        if loose:
            low, high = points.min(0), points.max(0)
            beyond = (self.reach - 1) / 2 * (high - low)
            low, high = low - beyond, high + beyond
            points = np.concatenate([points, random.uniform(low, high, (loose, 2))])
            targets = np.concatenate([targets, np.full(loose, len(names))])
            names += (SCATTERED,)
        return points, targets, names

    def _in_groups(self, rows: int, random: Random) -> Points:
        if self.shape == "moons":
            return moons(rows, self.spread, self.seed)
        if self.shape == "rings":
            targets = np.arange(rows) % len(RINGS)
            turn = random.uniform(0, 2 * np.pi, rows)
            around = np.stack([np.cos(turn), np.sin(turn)], 1) * np.array(RINGS)[targets, None]
            return around + self.spread * random.standard_normal((rows, 2)), targets
        if self.shape in IN_A_SQUARE:
            return IN_A_SQUARE[self.shape](rows, self.groups, self.spread, random)
        centres = _far_apart(self.groups, random)  # (groups, 2)
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

    def _around_centres(self) -> tuple[Split, Split, tuple[str, ...]]:
        """As many points around each corner of XOR, or each place on the circle (Metz et al. 2017: the ring)."""
        generator = torch.Generator().manual_seed(self.seed)
        if self.shape == "xor":
            centres, number = torch.tensor(CORNERS), torch.tensor([0, 1, 1, 0])  # of its class: whether they differ
            classes: tuple[str, ...] = ("same", "different")
            rows = self.rows // len(CORNERS) * len(CORNERS)
            held_back = rows // len(CORNERS) // 5 * len(CORNERS)  # no line has more than three quarters of them right
        else:
            centres, number = on_circle(self.groups), torch.arange(self.groups)
            classes = tuple(str(group + 1) for group in range(self.groups))
            rows, held_back = self.rows, round(self.rows * TEST_SHARE)

        def drawn(count: int) -> Split:
            of = torch.arange(count) % len(centres)
            return Split(centres[of] + self.spread * torch.randn(count, 2, generator=generator), number[of])

        return drawn(rows - held_back), drawn(held_back), classes

    def _along(self) -> tuple[Split, Split, tuple[str, ...]]:
        """Points along half a circle, or along a line, as many on every stretch of it."""
        random = np.random.Generator(np.random.PCG64(self.seed))
        t = random.uniform(-1, 1, self.rows)  # where along it
        if self.shape == "arc":
            points = np.stack([np.sin(np.pi / 2 * t), np.cos(np.pi / 2 * t)], 1)
        else:
            points = LENGTH / 2 * t[:, None] * np.array([np.cos(SLANT), np.sin(SLANT)])
        points += self.spread * random.standard_normal(points.shape)
        parts = _parted(points.astype(np.float32), np.zeros(self.rows, np.int64))
        return *(Split(*map(torch.from_numpy, part)) for part in parts), (self.shape,)

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own points in the plane. Raises DltuiError (4)."""
        return limited(own.read(path, table.Numbers(columns=2), report, reading), self.train_rows, 0)


def _parted(points: np.ndarray, targets: np.ndarray) -> list[Points]:
    """Training and test points, a fifth of each group held back."""
    return [(points[at], targets[at]) for at in stratified(targets)]


def _far_apart(count: int, random: Random) -> np.ndarray:
    """Places (count, 2) in the square -1..1, each far from those before it (Mitchell 1991, best of some candidates)."""
    places = random.uniform(-1, 1, (1, 2))
    while len(places) < count:
        tried = random.uniform(-1, 1, (CANDIDATES, 2))
        nearest = np.linalg.norm(tried[:, None] - places, axis=2).min(1)
        places = np.concatenate([places, tried[[nearest.argmax()]]])
    return places


def moons(rows: int, spread: float, seed: int) -> Points:
    """An upper half circle of radius 1, and a lower one hooked into it: no line parts them."""
    random = np.random.Generator(np.random.PCG64(seed))
    upper, lower = (np.linspace(0, np.pi, count) for count in (rows // 2, rows - rows // 2))
    points = np.concatenate([
        np.stack([np.cos(upper), np.sin(upper)], axis=1),
        np.stack([1 - np.cos(lower), HOOKED - np.sin(lower)], axis=1),
    ])  # fmt: skip
    targets = np.repeat([0, 1], [len(upper), len(lower)])
    return points + spread * random.standard_normal(points.shape), targets


def bands(rows: int, groups: int, spread: float, random: Random) -> Points:
    """Strips of length 2, side by side across the square -1..1; the spread is their width."""
    targets = np.arange(rows) % groups
    points = np.stack([random.uniform(-1, 1, rows), np.linspace(-1, 1, groups)[targets]], 1)
    return points + spread * random.standard_normal((rows, 2)) * [0, 1], targets


def bridges(rows: int, groups: int, spread: float, random: Random) -> Points:
    """Round groups on a circle of radius 1; a share BRIDGED of the points lies on the way from a group to the next."""
    turn = np.arange(groups) * (2 * np.pi / groups)
    places, targets = np.stack([np.cos(turn), np.sin(turn)], 1), np.arange(rows) % groups
    points = places[targets] + spread * random.standard_normal((rows, 2))
    bridged = round(BRIDGED * rows) if groups > 1 else 0
    first, t = random.integers(0, max(1, groups - 1), bridged), random.uniform(0, 1, (bridged, 1))
    points[:bridged] = (1 - t) * places[first] + t * places[(first + 1) % groups]
    points[:bridged] += BRIDGE * spread * random.standard_normal((bridged, 2))
    targets[:bridged] = first + (t[:, 0] > 0.5)
    return points, targets


def field(rows: int, groups: int, spread: float, random: Random) -> Points:
    """Points anywhere in the square -1..1: one group, and no clusters in it."""
    return random.uniform(-1, 1, (rows, 2)), np.zeros(rows, np.int64)


def swiss_roll(rows: int, groups: int, spread: float, random: Random) -> Points:
    """Points along a spiral, from a third of its radius to 1: one group (Sohl-Dickstein et al. 2015)."""
    turn = 1.5 * np.pi * (1 + 2 * random.uniform(0, 1, rows))
    points = (turn / (4.5 * np.pi))[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1)
    return points + spread * random.standard_normal((rows, 2)), np.zeros(rows, np.int64)


IN_A_SQUARE = {"bands": bands, "bridges": bridges, "field": field, "swiss_roll": swiss_roll}


def separable(rows: int, margin: float, random: Random) -> Points:
    """Two round groups, a third of the points in group 1, with a strip between them that no point lies in.

    No point is nearer than `margin` to a line; the line passes the origin by, so that a bias is needed.
    """
    targets = (np.arange(rows) % 3 == 0).astype(np.int64)
    along, beyond = random.standard_normal(rows), APART + random.standard_normal(rows)
    beyond = margin + np.abs(beyond - margin)  # what would lie in the strip, or across it, is mirrored out of it
    turn = random.uniform(0, 2 * np.pi)
    across = np.array([np.cos(turn), np.sin(turn)])  # a unit vector, at a right angle to the line
    ahead = np.array([-across[1], across[0]])
    points = (2 * targets - 1)[:, None] * beyond[:, None] * across + along[:, None] * ahead
    return points + across, targets


def imbalanced(rows: int, share: float, random: Random) -> list[Points]:
    """Training and twice as many test points; exactly the share of each is in group 1, a small one."""

    def drawn(count: int) -> Points:
        targets = random.permutation((np.arange(count) < max(1, round(count * share))).astype(np.int64))
        points = random.standard_normal((count, 2))
        return np.where(targets[:, None] == 1, NARROW * points + [AWAY, 0], points), targets

    return [drawn(rows // 3), drawn(2 * (rows // 3))]


def on_circle(count: int) -> torch.Tensor:
    """Returns points (count, 2) evenly spread on a circle, anticlockwise from the right."""
    angle = torch.arange(count) * (2 * math.pi / count)
    return RADIUS * torch.stack([angle.cos(), angle.sin()], 1)
