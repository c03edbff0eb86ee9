"""Streets with traffic signs: red rings with a digit on white, among discs and squares that are none."""

from typing import NamedTuple

import numpy as np

from dltui.engine.generators import strokes

SMALLEST, LARGEST = 0.32, 0.5  # a sign's side, of the picture's
DECOYS = 2  # shapes that are no signs, in each picture
TRIES = 30  # places tried for a sign before it is left out
DIGIT = 0.62  # of a sign's side


class Streets(NamedTuple):
    """Pictures (N, 3, size, size) uint8; objects (N, most, 5) float32: x1, y1, x2, y2 in pixels, the digit or -1."""

    pictures: np.ndarray
    objects: np.ndarray


def streets(rows: int, seed: int, *, size: int = 48, most: int = 2) -> Streets:
    """Returns pictures with one to `most` signs that do not overlap; the same arguments give the same."""
    random = np.random.Generator(np.random.PCG64([seed, 0]))
    digits, classes = strokes.digits(rows * most, seed)
    objects = np.full((rows, most, 5), 0, np.float32)
    objects[..., 4] = -1
    pictures = np.empty((rows, 3, size, size), np.uint8)
    y, x = np.mgrid[:size, :size].astype(np.float32) + 0.5
    for row in range(rows):
        picture = _ground(x, y, size, random)
        for number, box in enumerate(_places(int(random.integers(1, most + 1)), size, random)):
            digit = row * most + number
            _sign(picture, box, digits[digit, 0] / np.float32(255), x, y, random)
            objects[row, number] = [*box, classes[digit]]
        light = random.uniform(0.6, 1.1) * (1 + random.uniform(-0.3, 0.3) * (x / size - 0.5))
        noisy = picture * light + 0.03 * random.standard_normal(picture.shape, np.float32)
        pictures[row] = (noisy.clip(0, 1) * 255).astype(np.uint8)
    return Streets(pictures, objects)


def _ground(x: np.ndarray, y: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """Sky above, houses and road below, and DECOYS in any colour: (3, size, size)."""
    sky, wall = random.uniform(0.4, 0.9, (3, 1, 1)), random.uniform(0.15, 0.7, (3, 1, 1))
    picture = np.where(y > size * random.uniform(0.2, 0.7), wall, sky).astype(np.float32)
    picture += 0.05 * np.sin(x * random.uniform(0.2, 1.2) + random.uniform(0, 6)) * (y > size / 2)
    for _ in range(DECOYS):
        middle, radius = random.uniform(0, size, 2), random.uniform(0.08, 0.22) * size
        u, v = x - middle[0], y - middle[1]
        away = np.hypot(u, v) if random.random() < 0.5 else np.maximum(abs(u), abs(v))
        _paint(picture, radius - away, random.uniform(0.1, 0.95, (3, 1, 1)))
    return picture


def _places(wanted: int, size: int, random: np.random.Generator) -> list[np.ndarray]:
    """At most `wanted` square boxes (4,), none over another."""
    placed: list[np.ndarray] = []
    for _ in range(wanted):
        for _ in range(TRIES):
            side = random.uniform(SMALLEST, LARGEST) * size
            corner = random.uniform(0.5, size - side - 0.5, 2)
            box = np.concatenate([corner, corner + side])
            if all((box[2:] <= other[:2]).any() or (other[2:] <= box[:2]).any() for other in placed):
                placed.append(box)
                break
    return placed


def _sign(
    picture: np.ndarray, box: np.ndarray, digit: np.ndarray, x: np.ndarray, y: np.ndarray, random: np.random.Generator
) -> None:
    """Paints a ring in a box, white in it, and the ink of a digit (28, 28) in its middle."""
    side = box[2] - box[0]
    away = np.hypot(x - box[[0, 2]].mean(), y - box[[1, 3]].mean())
    red = np.array([0.75, 0.08, 0.1]) + random.uniform(-0.06, 0.1, 3)
    _paint(picture, side / 2 - away, red[:, None, None])
    _paint(picture, side * 0.39 - away, np.full((3, 1, 1), random.uniform(0.85, 1)))
    scale = strokes.SIZE / (DIGIT * side)  # pixels of the digit a pixel of the picture
    at = [((axis - middle) * scale + strokes.SIZE / 2 - 0.5) for axis, middle in
          ((x, box[[0, 2]].mean()), (y, box[[1, 3]].mean()))]  # fmt: skip
    ink = _sampled(digit, *at)
    picture *= 1 - 0.95 * ink


def _sampled(digit: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The digit at places (H, W) between its pixels, 0 outside it."""
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    padded = np.pad(digit, 2)
    value = np.zeros(x.shape, np.float32)
    for dx in (0, 1):
        for dy in (0, 1):
            share = (1 - abs(x - x0 - dx)) * (1 - abs(y - y0 - dy))
            side = len(digit) + 1
            value += share * padded[(y0 + dy).clip(-2, side) + 2, (x0 + dx).clip(-2, side) + 2]
    return value


def _paint(picture: np.ndarray, inside: np.ndarray, colour: np.ndarray) -> None:
    """Paints where `inside` (H, W), in pixels from the border, is above 0; softly at the border."""
    cover = np.clip(inside + 0.5, 0, 1)
    picture += cover * (colour - picture)
