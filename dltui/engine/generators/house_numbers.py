"""House numbers, generated at 32x32: a digit in any colour on any wall, its neighbours cut off at the sides, as in SVHN
(Netzer et al. 2011, "Reading digits in natural images with unsupervised feature learning").

Colours, texture and light are drawn without regard to the class; light digits on dark walls are as common as the
opposite.
"""

import numpy as np

from dltui.engine.generators import strokes

SIZE = 32
LEAST_CONTRAST = 0.2  # between digit and wall, of a channel's range, on average over the channels
CHUNK = 256  # pictures drawn at a time: what they need stays in the processor's cache
NEIGHBOURS = 0.7  # share of the pictures that have one, at either side
AT = (np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2) / SIZE  # -0.5..0.5


def house_numbers(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns pictures (rows, 3, 32, 32) uint8 and classes (rows,) int64, the digit in the middle.

    The same arguments give the same pictures, whatever else the process draws.
    """
    random = np.random.Generator(np.random.PCG64([seed, SIZE]))
    digits, classes = strokes.digits(rows, seed)
    others = digits[:, 0][random.integers(rows, size=(2, rows))]  # a digit for each side
    pictures = np.empty((rows, 3, SIZE, SIZE), np.uint8)
    for part in np.split(np.arange(rows), range(CHUNK, rows, CHUNK)):
        pictures[part] = _photographed(_number(digits[part, 0], others[:, part], random), random)
    return pictures, classes


def _number(middle: np.ndarray, others: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Ink of digits (B, 28, 28) with others (2, B, 28, 28) beside them, cut off by the edge (B, 32, 32) in 0..1."""
    margin = (SIZE - strokes.SIZE) // 2
    ink = np.pad(middle, ((0, 0), (margin, margin), (margin, margin))).astype(np.float32) / 255
    away = random.integers(17, 22, size=(2, len(ink)))  # from the middle of one digit to that of the next
    there = random.random((2, len(ink))) < NEIGHBOURS
    for side, sign in enumerate((-1, 1)):
        page = np.pad(others[side], ((0, 0), (margin, margin), (margin, margin))).astype(np.float32) / 255
        columns = np.arange(SIZE) - sign * away[side][:, None]  # (B, 32): where each comes from
        seen = (columns >= 0) & (columns < SIZE) & there[side][:, None]
        moved = np.take_along_axis(page, columns.clip(0, SIZE - 1)[:, None], axis=2)
        ink = np.maximum(ink, moved * seen[:, None])
    return ink


def _photographed(ink: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Ink (B, 32, 32) -> colours of digit and wall, texture, uneven light, blur and grain (B, 3, 32, 32) uint8."""
    rows = len(ink)

    def uniform(low: float, high: float, *shape: int) -> np.ndarray:
        return random.uniform(low, high, (rows, *(shape or (1, 1, 1)))).astype(np.float32)

    blur = uniform(0, 0.25, 1, 1)
    for axis in (1, 2):
        ink = ink + blur * (np.roll(ink, 1, axis) + np.roll(ink, -1, axis) - 2 * ink)
    way = random.standard_normal((rows, 3, 1, 1)).astype(np.float32)
    way *= uniform(LEAST_CONTRAST, 0.5) / np.abs(way).mean(1, keepdims=True)
    wall = uniform(0.2, 0.8, 3, 1, 1)
    wall = wall - np.clip(wall + way, 1, None) + 1 - np.clip(wall + way, None, 0)  # so that the digit is in range
    turn = uniform(0, np.pi)
    along = np.cos(turn) * AT + np.sin(turn) * AT[:, None]  # (B, 1, 32, 32)
    texture = uniform(0, 0.1) * np.sin(uniform(20, 90) * along + uniform(0, 6.3))
    light = uniform(-0.3, 0.3) * AT + uniform(-0.3, 0.3) * AT[:, None]
    grain = uniform(0, 0.05) * random.standard_normal((rows, 3, SIZE, SIZE), np.float32)
    pixels = wall + ink[:, None] * way + texture + light + grain
    return (np.clip(pixels, 0, 1) * 255).round().astype(np.uint8)
