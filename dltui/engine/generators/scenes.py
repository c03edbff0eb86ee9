"""Scenes: discs, squares and triangles of any colour on a textured ground, each with the box around it.

Colour says nothing about the class, and every shape is squeezed and lies anywhere, so that it is the outline that has
to be found. Boxes are those of the outlines themselves, not of the pixels.
"""

from typing import NamedTuple

import numpy as np

CLASSES = ("disc", "square", "triangle")
CLOSEST = 0.1  # IoU of two boxes of a scene at most
CHUNK = 32  # pictures drawn at a time: what they need stays in the processor's cache
TRIES = 30  # places tried for a shape before it is left out


class Scenes(NamedTuple):
    """Pictures (N, 3, size, size) uint8; boxes (N, most, 4) float32 in pixels; classes (N, most), -1: none."""

    pictures: np.ndarray
    boxes: np.ndarray
    classes: np.ndarray


def scenes(rows: int, seed: int, *, size: int = 64, least: int = 1, most: int = 4) -> Scenes:
    """Returns scenes of `least` to `most` shapes. The same arguments give the same scenes."""
    random = np.random.Generator(np.random.PCG64(seed))
    boxes = np.zeros((rows, most, 4), np.float32)
    classes = random.integers(len(CLASSES), size=(rows, most))
    for row, wanted in enumerate(random.integers(least, most + 1, rows)):
        placed = _placed(wanted, size, random)
        boxes[row, : len(placed)] = placed
        classes[row, len(placed) :] = -1
    pictures = np.empty((rows, 3, size, size), np.uint8)
    for part in np.split(np.arange(rows), range(CHUNK, rows, CHUNK)):
        pictures[part] = _drawn(boxes[part], classes[part], size, random)
    return Scenes(pictures, boxes, classes)


def _placed(wanted: int, size: int, random: np.random.Generator) -> list[np.ndarray]:
    """At most `wanted` boxes, hardly over each other."""
    placed: list[np.ndarray] = []
    for _ in range(wanted):
        for side, corner in zip(random.uniform(0.17, 0.42, (TRIES, 2)), random.random((TRIES, 2)), strict=True):
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


def _drawn(boxes: np.ndarray, classes: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    rows, most = classes.shape
    x, y = np.meshgrid(np.arange(size, dtype=np.float32) + 0.5, np.arange(size, dtype=np.float32) + 0.5)
    ground = random.uniform(0.15, 0.85, (rows, 3, 1, 1)).astype(np.float32)
    angle = random.uniform(0, np.pi, (rows, 1, 1, 1)).astype(np.float32)
    wave = random.uniform(0.2, 0.9, (rows, 1, 1, 1)).astype(np.float32)
    stripes = np.sin(wave * (np.cos(angle) * x + np.sin(angle) * y))
    pixels = ground + 0.07 * stripes
    for number in range(most):
        cover = _cover(boxes[:, number], classes[:, number], x, y)[:, None]  # (N, 1, size, size)
        away = random.uniform(0.25, 0.5, (rows, 3, 1, 1)) * random.choice([-1, 1], (rows, 3, 1, 1))
        colour = (ground + np.where(np.abs(ground + away - 0.5) > 0.5, -away, away)).astype(np.float32)
        pixels += cover * (colour - pixels)
    pixels += 0.04 * random.standard_normal(pixels.shape, np.float32)
    return (pixels * 255).clip(0, 255).astype(np.uint8)


def _cover(boxes: np.ndarray, classes: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How much of each pixel the shape in each box covers, (N, size, size) in 0..1."""
    x1, y1, x2, y2 = (side[:, None, None] for side in boxes.T)
    half_x, half_y = np.maximum((x2 - x1) / 2, 1e-3), np.maximum((y2 - y1) / 2, 1e-3)
    u, v = (x - x1) / half_x - 1, (y - y1) / half_y - 1  # -1..1 in the box; v grows downwards
    disc = np.sqrt(u * u + v * v) - 1
    square = np.maximum(np.abs(u), np.abs(v)) - 1
    triangle = np.maximum((2 * np.abs(u) - v - 1) / np.float32(5**0.5), v - 1)
    outside = np.choose(classes.clip(0)[:, None, None], [disc, square, triangle])
    soft = np.clip(0.5 - outside * np.minimum(half_x, half_y), 0, 1)
    return soft * (classes >= 0)[:, None, None]
