"""Generated scenes of several shapes: anywhere, each in its box; in quarters, none twice; or two side by side.

Outlines alone tell the classes: colours say nothing of them. The same arguments give the same scenes.
"""

from itertools import permutations, product
from typing import NamedTuple

import numpy as np

from dltui.engine.generators.shapes import CLASSES as ALL
from dltui.engine.generators.shapes import OUTLINES

Random = np.random.Generator


def _grid(size: int) -> np.ndarray:
    """x and y (2, size, size) of the middles of pixels."""
    return np.mgrid[:size, :size][::-1].astype(np.float32) + 0.5


def _stripes(rows: int, waves: tuple[float, float], grid: np.ndarray, random: Random) -> np.ndarray:
    """Stripes (rows, 1, size, size) in -1..1, each turned and as wide as it likes."""
    turn = random.uniform(0, np.pi, (rows, 1, 1, 1)).astype(np.float32)
    wave = random.uniform(*waves, (rows, 1, 1, 1)).astype(np.float32)
    return np.sin(wave * (np.cos(turn) * grid[0] + np.sin(turn) * grid[1]))


def _unlike(ground: np.ndarray, random: Random) -> np.ndarray:
    """Colours that each channel sees on another ground (rows, 3, 1, 1)."""
    away = random.uniform(0.25, 0.5, ground.shape) * random.choice([-1, 1], ground.shape)
    return (ground + np.where(np.abs(ground + away - 0.5) > 0.5, -away, away)).astype(np.float32)


def _photographed(pixels: np.ndarray, noise: float, random: Random) -> np.ndarray:
    """Pixels (rows, 3, size, size) in 0..1 -> uint8, with noise."""
    pixels += noise * random.standard_normal(pixels.shape, np.float32)
    return (pixels * 255).clip(0, 255).astype(np.uint8)


def _outlined(shapes: np.ndarray, names: tuple[str, ...], u: np.ndarray, v: np.ndarray, r: np.ndarray) -> np.ndarray:
    """How much of each pixel shapes (rows,), numbers in `names`, of radius r (rows, 1, 1) cover; u, v are in radii."""
    outside = np.choose(shapes[:, None, None], [OUTLINES[ALL.index(name)](u, v) for name in names])
    return np.clip(0.5 - outside * r, 0, 1)


# -- anywhere, each in its box -----------------------------------------------------------------------------------------

CLASSES = ("disc", "square", "triangle")  # of shapes in boxes
SMALLEST, LARGEST = 0.17, 0.42  # their sides, of the picture's
CLOSEST = 0.1  # IoU of two boxes of a scene at most
CHUNK = 32  # pictures drawn at a time: what they need stays in the processor's cache
TRIES = 30  # places tried for a shape before it is left out


class Scenes(NamedTuple):
    """Pictures (N, 3, size, size) uint8; boxes (N, most, 4) float32 in pixels; classes (N, most), -1: none."""

    pictures: np.ndarray
    boxes: np.ndarray
    classes: np.ndarray


def scenes(
    rows: int, seed: int, *, size: int = 64, least: int = 1, most: int = 4, smallest: float = SMALLEST
) -> Scenes:
    """Returns scenes of `least` to `most` shapes that lie anywhere, are squeezed, and hardly overlap; `smallest`: side
    of the smallest, of the picture's."""
    random = np.random.Generator(np.random.PCG64(seed))
    boxes = np.zeros((rows, most, 4), np.float32)
    classes = random.integers(len(CLASSES), size=(rows, most))
    for row, wanted in enumerate(random.integers(least, most + 1, rows)):
        placed = _placed(wanted, size, smallest, random)
        boxes[row, : len(placed)] = placed
        classes[row, len(placed) :] = -1
    pictures = np.empty((rows, 3, size, size), np.uint8)
    for part in np.split(np.arange(rows), range(CHUNK, rows, CHUNK)):
        pictures[part] = _boxed(boxes[part], classes[part], size, random)
    return Scenes(pictures, boxes, classes)


def _placed(wanted: int, size: int, smallest: float, random: Random) -> list[np.ndarray]:
    """At most `wanted` boxes, hardly over each other."""
    placed: list[np.ndarray] = []
    for _ in range(wanted):
        for side, corner in zip(random.uniform(smallest, LARGEST, (TRIES, 2)), random.random((TRIES, 2)), strict=True):
            side = np.array([side[0], side[0] * (0.75 + side[1])]) * size
            start = corner * (size - side - 2) + 1
            box = np.concatenate([start, start + side])
            if all(_overlap(box, other) <= CLOSEST for other in placed):
                placed.append(box)
                break
    return placed


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    sides = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    both = sides.prod()
    return both / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - both)


def _boxed(boxes: np.ndarray, classes: np.ndarray, size: int, random: Random) -> np.ndarray:
    """boxes (N, most, 4), classes (N, most) -> pictures (N, 3, size, size)."""
    rows, most = classes.shape
    grid = _grid(size)
    ground = random.uniform(0.15, 0.85, (rows, 3, 1, 1)).astype(np.float32)
    pixels = ground + 0.07 * _stripes(rows, (0.2, 0.9), grid, random)
    for number in range(most):
        cover = _filling(boxes[:, number], classes[:, number], *grid)[:, None]  # (N, 1, size, size)
        pixels += cover * (_unlike(ground, random) - pixels)
    return _photographed(pixels, 0.04, random)


def instances(drawn: Scenes) -> np.ndarray:
    """Returns of each pixel the object that is seen there, its number + 1, 0 for none (N, size, size) uint8."""
    size = drawn.pictures.shape[-1]
    grid = _grid(size)
    seen = np.zeros((len(drawn.pictures), size, size), np.uint8)
    for number in range(drawn.classes.shape[1]):
        for part in np.split(np.arange(len(seen)), range(CHUNK, len(seen), CHUNK)):
            cover = _filling(drawn.boxes[part, number], drawn.classes[part, number], *grid)
            seen[part] = np.where(cover > 0.5, np.uint8(number + 1), seen[part])
    return seen


def _filling(boxes: np.ndarray, classes: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How much of each pixel the shape that fills each box covers, (N, size, size) in 0..1."""
    x1, y1, x2, y2 = (side[:, None, None] for side in boxes.T)
    half_x, half_y = np.maximum((x2 - x1) / 2, 1e-3), np.maximum((y2 - y1) / 2, 1e-3)
    u, v = (x - x1) / half_x - 1, (y - y1) / half_y - 1  # -1..1 in the box; v grows downwards
    disc = np.sqrt(u * u + v * v) - 1
    square = np.maximum(np.abs(u), np.abs(v)) - 1
    triangle = np.maximum((2 * np.abs(u) - v - 1) / np.float32(5**0.5), v - 1)
    outside = np.choose(classes.clip(0)[:, None, None], [disc, square, triangle])
    soft = np.clip(0.5 - outside * np.minimum(half_x, half_y), 0, 1)
    return soft * (classes >= 0)[:, None, None]


# -- in quarters, none twice -------------------------------------------------------------------------------------------

LABELS = ("disc", "ring", "square", "triangle", "cross")
QUARTERS = np.array([[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]], np.float32)  # their middles, x and y


def quartered(rows: int, seed: int, *, size: int = 64, most: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Returns pictures (rows, 3, size, size) uint8 and which LABELS each holds, (rows, 5) int64 of 0 and 1.

    most: shapes at most, one a quarter; none to `most`, each number as often as any other.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    counts = random.integers(0, most + 1, rows)
    classes = random.permuted(np.tile(np.arange(len(LABELS)), (rows, 1)), axis=1)[:, :most]
    quarters = random.permuted(np.tile(np.arange(len(QUARTERS)), (rows, 1)), axis=1)
    grid, unit = _grid(size), size / 32
    ground = random.uniform(0.2, 0.8, (rows, 3, 1, 1)).astype(np.float32)
    pixels = np.broadcast_to(ground, (rows, 3, size, size)).copy()
    for number in range(most):
        middle = size * QUARTERS[quarters[:, number]] + unit * random.uniform(-1.5, 1.5, (rows, 2))
        r = (unit * random.uniform(5, 6.5, (rows, 1, 1))).astype(np.float32)
        u, v = ((grid[axis] - middle[:, axis, None, None]).astype(np.float32) / r for axis in (0, 1))
        cover = _outlined(classes[:, number], LABELS, u, v, r) * (number < counts)[:, None, None]
        pixels += cover[:, None] * (_unlike(ground, random) - pixels)
    pictures = _photographed(pixels, 0.03, random)
    labels = np.zeros((rows, len(LABELS)), np.int64)
    there = np.arange(most) < counts[:, None]
    labels[np.nonzero(there)[0], classes[there]] = 1
    return pictures, labels


# -- two, one beside the other, and the sentence that says so ----------------------------------------------------------

COLOURS = {
    "red": (0.85, 0.15, 0.15),
    "green": (0.15, 0.65, 0.2),
    "blue": (0.2, 0.3, 0.9),
    "yellow": (0.9, 0.85, 0.15),
    "purple": (0.6, 0.2, 0.75),
    "white": (0.95, 0.95, 0.95),
}
SHAPES = ("ring", "square", "triangle", "cross")
PLACES = {"above": (0, 1), "below": (0, -1), "left of": (1, 0), "right of": (-1, 0)}  # way to the second; y goes down
LARGER, SMALLER = (0.2, 0.24), (0.13, 0.16)  # radii of the first and of the second shape, of the picture's size
ASIDE = 0.5  # times the way from one to the other, which the second may lie off the straight line


class Pair(NamedTuple):
    """What is seen, (N,) numbers each: colour and shape of the larger, its place, and those of the smaller."""

    colour: np.ndarray
    shape: np.ndarray
    place: np.ndarray
    other_colour: np.ndarray
    other_shape: np.ndarray


def every_pair() -> np.ndarray:
    """Returns every pair of different things in every place, (S, 5) as of `Pair`."""
    things = list(product(range(len(COLOURS)), range(len(SHAPES))))
    return np.array([(*a, place, *b) for a, b in permutations(things, 2) for place in range(len(PLACES))])


def sentences(rows: np.ndarray) -> list[str]:
    """Returns the sentences of rows (N, 5), as of `Pair`: the larger is named first."""
    colours, places = list(COLOURS), list(PLACES)
    return [f"a {colours[c]} {SHAPES[s]} {places[p]} a {colours[d]} {SHAPES[t]}" for c, s, p, d, t in rows.tolist()]


def paired(pair: Pair, size: int, random: Random) -> np.ndarray:
    """Returns pictures (N, 3, size, size) uint8 of pairs, on stripes of a dull colour."""
    rows = len(pair.colour)
    radii = np.stack([random.uniform(*LARGER, rows), random.uniform(*SMALLER, rows)]) * size  # (2, N)
    centres = _beside(radii, np.array(list(PLACES.values()))[pair.place], size, random).astype(np.float32)  # (2, N, 2)
    radii = radii.astype(np.float32)
    grid = _grid(size)
    ground = random.uniform(0.05, 0.4, (rows, 1, 1, 1)) + random.uniform(-0.08, 0.08, (rows, 3, 1, 1))
    pixels = ground.astype(np.float32) + np.float32(0.06) * _stripes(rows, (0.3, 1.2), grid, random)
    for number, (colours, shapes) in enumerate([(pair.colour, pair.shape), (pair.other_colour, pair.other_shape)]):
        colour = np.array(list(COLOURS.values()))[colours] + random.uniform(-0.08, 0.08, (rows, 3))
        x, y = (place - middle[:, None, None] for place, middle in zip(grid, centres[number].T, strict=True))
        turn = random.uniform(-0.3, 0.3, (rows, 1, 1)).astype(np.float32)  # a little
        r = radii[number][:, None, None]
        u, v = (np.cos(turn) * x + np.sin(turn) * y) / r, (np.cos(turn) * y - np.sin(turn) * x) / r
        cover = _outlined(shapes, SHAPES, u, v, r)[:, None]  # (N, 1, size, size)
        pixels += cover * (colour.astype(np.float32)[..., None, None] - pixels)
    return _photographed(pixels, 0.04, random)


def _beside(radii: np.ndarray, ways: np.ndarray, size: int, random: Random) -> np.ndarray:
    """Centres (2, N, 2) x, y: the second lies on its way from the first, far enough; both lie in the picture."""
    least, most = radii.sum(0) + 1, size - radii.sum(0) - 2
    along = random.uniform(least, most)
    aside = along * random.uniform(-ASIDE, ASIDE, len(along))
    way = along[:, None] * ways + aside[:, None] * ways[:, ::-1]  # (N, 2)
    low = np.minimum(-radii[0], way.T - radii[1]).T
    high = np.maximum(radii[0], way.T + radii[1]).T  # (N, 2): what both take up around the first
    first = random.uniform(1 - low, size - 1 - high)
    return np.stack([first, first + way])
