"""Generated scenes with a class for every pixel: large and small things and thin walls; things whose class the ground
decides, or their shore; faint lines; slices of a body with a spot. The same arguments give the same scenes.
"""

from typing import NamedTuple

import numpy as np

from dltui.engine.generators.shapes import CLASSES as ALL
from dltui.engine.generators.shapes import OUTLINES

Random = np.random.Generator
CHUNK = 64  # pictures drawn at a time: what they need stays in the processor's cache
TRIES = 16  # places tried for a thing before it is left out
APART = 1.5  # pixels between two things at least


class Masks(NamedTuple):
    """Pictures (N, C, size, size) uint8 and the number of a class for each pixel (N, size, size) uint8."""

    pictures: np.ndarray
    labels: np.ndarray


def _drawn(draw, rows: int, seed: int, size: int) -> Masks:
    """`draw(rows, size, random)` for a part of the rows after the other."""
    random = np.random.Generator(np.random.PCG64(seed))
    parts = [draw(min(CHUNK, rows - start), size, random) for start in range(0, rows, CHUNK)]
    return Masks(*map(np.concatenate, zip(*parts, strict=True)))


def _grid(size: int) -> np.ndarray:
    """x and y (2, 1, size, size) of the middles of pixels."""
    return np.mgrid[:size, :size][::-1, None].astype(np.float32) + 0.5


def _uniform(random: Random, low: float, high: float, rows: int) -> np.ndarray:
    """(rows, 1, 1) float32."""
    return random.uniform(low, high, (rows, 1, 1)).astype(np.float32)


def _dull(rows: int, random: Random) -> np.ndarray:
    """Colours of grounds (rows, 3, 1, 1), neither dark nor bright."""
    grey = random.uniform(0.3, 0.5, (rows, 1, 1, 1))
    return (grey + random.uniform(-0.1, 0.1, (rows, 3, 1, 1))).astype(np.float32)


def _bright(rows: int, random: Random) -> np.ndarray:
    """Colours of things (rows, 3, 1, 1): some channel is strong, and which one says nothing."""
    colour = random.uniform(0.2, 0.9, (rows, 3))
    colour[np.arange(rows), random.integers(3, size=rows)] = random.uniform(0.85, 1, rows)
    return colour[..., None, None].astype(np.float32)


def _about(colour: tuple[float, float, float], wide: float, rows: int, random: Random) -> np.ndarray:
    """Colours (rows, 3, 1, 1) that differ by at most `wide` from one."""
    return (np.float32(colour) + random.uniform(-wide, wide, (rows, 3)))[..., None, None]


def _dark(rows: int, random: Random) -> np.ndarray:
    return random.uniform(0.02, 0.15, (rows, 3, 1, 1)).astype(np.float32)


def _on(
    pixels: np.ndarray, labels: np.ndarray, cover: np.ndarray, colour: np.ndarray, number: np.ndarray | int
) -> None:
    """Draws what covers (rows, size, size) in 0..1 of each pixel; those that are covered by half are of its class."""
    pixels += cover[:, None] * (colour - pixels)
    np.copyto(labels, np.asarray(number, np.uint8), where=cover > 0.5)


def _photographed(pixels: np.ndarray, noise: float, random: Random) -> np.ndarray:
    pixels += noise * random.standard_normal(pixels.shape, np.float32)
    return (pixels.clip(0, 1) * 255).astype(np.uint8)


def _line(rows: int, size: int, thick: float, random: Random) -> np.ndarray:
    """How much of each pixel a straight line across the picture covers (rows, size, size) in 0..1."""
    (x, y), turn = _grid(size) - size / 2, _uniform(random, 0, np.pi, rows)
    aside = _uniform(random, -0.35, 0.35, rows) * size
    away = np.abs(np.cos(turn) * x + np.sin(turn) * y - aside)
    return np.clip(thick / 2 + 0.5 - away, 0, 1)


class _Places:
    """Where things lie: none over another."""

    def __init__(self, rows: int, size: int):
        self.rows, self.size = rows, size
        self.taken: list[tuple[np.ndarray, np.ndarray]] = []  # middles (rows, 2), radii (rows,)

    def next(self, radii: np.ndarray, random: Random) -> tuple[np.ndarray, np.ndarray]:
        """radii (rows,) -> middles (rows, 2), and radii again, 0 where there was no place."""
        low = radii[:, None, None]
        middles = low + random.random((self.rows, TRIES, 2)) * (self.size - 2 * low)
        free = np.ones((self.rows, TRIES), bool)
        for others, wide in self.taken:
            apart = np.linalg.norm(middles - others[:, None], axis=-1)
            free &= (apart > (radii + wide)[:, None] + APART) | (wide == 0)[:, None]
        middle = middles[np.arange(self.rows), free.argmax(1)].astype(np.float32)
        radii = np.where(free.any(1), radii, 0).astype(np.float32)
        self.taken.append((middle, radii))
        return middle, radii


def _cover(shapes: np.ndarray, names: tuple[str, ...], middle: np.ndarray, r: np.ndarray, size: int) -> np.ndarray:
    """How much of each pixel shapes (rows,), numbers in `names`, of radii r (rows,) cover; nothing where r is 0."""
    x, y = _grid(size)
    wide = np.maximum(r, 1e-3)[:, None, None]
    u, v = (x - middle[:, 0, None, None]) / wide, (y - middle[:, 1, None, None]) / wide
    outside = np.choose(shapes[:, None, None], [OUTLINES[ALL.index(name)](u, v) for name in names])
    return np.clip(0.5 - outside * wide, 0, 1) * (r > 0)[:, None, None]


# -- large and small things, thin walls --------------------------------------------------------------------------------

SHAPES = ("disc", "square")
THINGS = ("ground", "wall", *SHAPES)
LARGE, SMALL = (0.24, 0.34), (0.085, 0.12)  # radii of things, as shares of the side of a picture
FEW = 4  # small things, beside one large one
WALLS = 2


def things(rows: int, seed: int, size: int) -> Masks:
    """Returns coloured scenes of THINGS: outlines tell the classes, colours say nothing of them."""
    return _drawn(_things, rows, seed, size)


def _things(rows: int, size: int, random: Random) -> Masks:
    ground, labels = _dull(rows, random), np.zeros((rows, size, size), np.uint8)
    x, y = _grid(size)
    turn, wave = _uniform(random, 0, np.pi, rows), _uniform(random, 0.2, 0.9, rows)
    pixels = ground + 0.06 * np.sin(wave * (np.cos(turn) * x + np.sin(turn) * y))[:, None]
    for _ in range(WALLS):
        _on(pixels, labels, _line(rows, size, 1.5, random), _dark(rows, random), THINGS.index("wall"))
    places = _Places(rows, size)
    for low, high in (LARGE, *[SMALL] * FEW):
        shape = random.integers(len(SHAPES), size=rows)
        middle, r = places.next(random.uniform(low, high, rows) * size, random)
        cover = _cover(shape, SHAPES, middle, r, size)
        _on(pixels, labels, cover, _bright(rows, random), (THINGS.index(SHAPES[0]) + shape)[:, None, None])
    return Masks(_photographed(pixels, 0.03, random), labels)


# -- faint lines -------------------------------------------------------------------------------------------------------

LINES = ("ground", "line")
FAINT = (0.15, 0.3)  # by how much a line is darker than the ground, of 0..1


def lines(rows: int, seed: int, size: int) -> Masks:
    """Returns grey pictures of LINES: one faint line across, a pixel wide, among specks; 2 to 5 % of the pixels."""
    return _drawn(_lines, rows, seed, size)


def _lines(rows: int, size: int, random: Random) -> Masks:
    x, y = _grid(size)
    turn, slope = _uniform(random, 0, np.pi, rows), _uniform(random, 0, 0.005, rows)
    pixels = _uniform(random, 0.5, 0.7, rows) + slope * (np.cos(turn) * x + np.sin(turn) * y)  # light from aside
    cover = _line(rows, size, 1.0, random)
    pixels -= _uniform(random, *FAINT, rows) * cover
    pixels -= 0.2 * (random.random(pixels.shape) < 0.03)  # specks
    return Masks(_photographed(pixels[:, None], 0.06, random), (cover > 0.5).astype(np.uint8))


# -- things whose class the ground decides -----------------------------------------------------------------------------

PLACED = ("ground", "boat", "car")
BLOCKS = 8  # patches of ground, across and down
LEADING = (0.57, 0.62)  # share of the patches that are of the picture's own ground
WATER, GRASS, SAND = (0.2, 0.3, 0.5), (0.25, 0.45, 0.2), (0.75, 0.65, 0.45)  # colours
ROUND = (0.09, 0.13)  # radii of things, as shares of the side of a picture


def placed(rows: int, seed: int, size: int) -> Masks:
    """Returns coloured scenes of PLACED: on water, blue for the most part, a disc is a boat, on green land a car.

    No disc says which, and near it the patches hardly do: water's are among land's and land's among water's.
    """
    return _drawn(_placed, rows, seed, size)


def _placed(rows: int, size: int, random: Random) -> Masks:
    land = random.random(rows) < 0.5
    count = np.rint(random.uniform(*LEADING, rows) * BLOCKS**2)
    order = random.random((rows, BLOCKS**2)).argsort(1).argsort(1)  # of each patch its place in a random order
    green = ((order < count[:, None]) == land[:, None]).reshape(rows, BLOCKS, BLOCKS)
    block = (np.arange(size) * BLOCKS // size)[:, None], np.arange(size) * BLOCKS // size
    green = green[:, *block][:, None]  # (rows, 1, size, size)
    water, grass = (_about(of, 0.05, rows, random) for of in (WATER, GRASS))
    pixels = np.where(green, grass, water).astype(np.float32)
    labels, places = np.zeros((rows, size, size), np.uint8), _Places(rows, size)
    for _ in range(3):
        middle, r = places.next(random.uniform(*ROUND, rows) * size, random)
        cover = _cover(np.zeros(rows, int), ("disc",), middle, r, size)
        _on(pixels, labels, cover, _bright(rows, random), (1 + land)[:, None, None])
    return Masks(_photographed(pixels, 0.03, random), labels)


# -- sand whose class its shore decides --------------------------------------------------------------------------------

SHORED = ("ground", "island", "bunker")
WIDE = (0.34, 0.42)  # radii of the sand, as shares of the side of a picture


def shored(rows: int, seed: int, size: int) -> Masks:
    """Returns coloured scenes of SHORED: a large disc of sand is an island in water and a bunker in grass.

    Water and grass are wavy, and of any shade; the sand says nothing of what is around it.
    """
    return _drawn(_shored, rows, seed, size)


def _shored(rows: int, size: int, random: Random) -> Masks:
    grassy, (x, y) = random.random(rows) < 0.5, _grid(size)
    water, grass, sand = (_about(of, 0.08, rows, random) for of in (WATER, GRASS, SAND))
    turn, wave = _uniform(random, 0, np.pi, rows), _uniform(random, 0.2, 0.9, rows)
    waves = 0.06 * np.sin(wave * (np.cos(turn) * x + np.sin(turn) * y))[:, None]
    pixels = (np.where(grassy[:, None, None, None], grass, water) + waves).astype(np.float32)
    middle = size * random.uniform(0.4, 0.6, (rows, 2)).astype(np.float32)
    radii = size * random.uniform(*WIDE, rows).astype(np.float32)
    labels, cover = np.zeros((rows, size, size), np.uint8), _cover(np.zeros(rows, int), ("disc",), middle, radii, size)
    _on(pixels, labels, cover, sand, (1 + grassy)[:, None, None])
    return Masks(_photographed(pixels, 0.03, random), labels)
