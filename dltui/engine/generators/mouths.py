"""Films of a mouth that says a word: every word has the same four mouth shapes in an order of its own."""

import numpy as np

from dltui.engine.generators.acted import Films

Random = np.random.Generator
# half the width and half the height of the opening, as shares of the picture's side
SHAPES = {"m": (0.30, 0.0), "a": (0.26, 0.24), "o": (0.13, 0.15), "i": (0.36, 0.07)}
WORDS = ("miao", "oaim", "maio", "oiam", "moai", "iaom", "imao", "oami")  # a word and the word backwards by turns
REST = 0.02  # height of a mouth that is at rest


def words(count: int, frames: int, size: int, random: Random) -> Films:
    """Returns films of one word each: mouths, speeds and pauses differ."""
    labels = random.integers(len(WORDS), size=count)
    clock = _clock(count, frames, random)  # (N, T): 0 before the word, 1 ... 4 at its shapes, 5 after it
    shapes = np.array([[(0.25, REST), *(SHAPES[letter] for letter in word), (0.25, REST)] for word in WORDS])[labels]
    before = np.floor(clock).astype(int).clip(0, shapes.shape[1] - 2)
    share = clock - before
    share = share**2 * (3 - 2 * share)  # slow at each shape, quick between two
    rows = np.arange(count)[:, None]
    opening = shapes[rows, before] * (1 - share[..., None]) + shapes[rows, before + 1] * share[..., None]  # (N, T, 2)
    return Films(_filmed(opening, size, random), labels.astype(np.int64))


def _clock(count: int, frames: int, random: Random) -> np.ndarray:
    """When each frame is taken (N, T): a person does not speak at an even speed, nor begin with the film."""
    begin, end = random.uniform(0.0, 0.8, (2, count, 1))
    steps = random.uniform(0.7, 1.3, (count, frames - 1)).cumsum(1)
    even = np.concatenate([np.zeros((count, 1)), steps / steps[:, -1:]], 1)
    return begin + even * (5 - end - begin)


def _filmed(opening: np.ndarray, size: int, random: Random) -> np.ndarray:
    """opening (N, T, 2) -> grey films (N, T, size, size) uint8: skin, lips, and teeth above a dark mouth."""
    count, frames = opening.shape[:2]

    def one(low: float, high: float) -> np.ndarray:
        """A number for each film (N, 1, 1, 1)."""
        return random.uniform(low, high, (count, 1, 1, 1)).astype(np.float32)

    y, x = np.mgrid[-0.5 : 0.5 : size * 1j, -0.5 : 0.5 : size * 1j].astype(np.float32)
    shaken = 0.01 * random.standard_normal((2, count, frames, 1, 1)).astype(np.float32)
    x, y = x - one(-0.06, 0.06) - shaken[0], y - one(-0.06, 0.06) - shaken[1]
    scale = one(0.85, 1.15)
    wide, high = (scale * opening[..., side, None, None].astype(np.float32) for side in (0, 1))
    lip, skin, red = one(0.05, 0.08), one(0.55, 0.9), one(0.3, 0.5)
    soft = np.float32(1.5 / size)
    lips = _ellipse(x, y, wide + lip, high + lip, soft)
    inside = _ellipse(x, y, wide, np.maximum(high, 1e-3), soft) * (high > 0.01)
    teeth = inside * np.clip((-(y + high * one(0.2, 0.5)) / soft) + 0.5, 0, 1)
    pixels = skin * (1 + one(-0.3, 0.3) * x)
    pixels = pixels + lips * (red - pixels)
    pixels = pixels + inside * (0.05 - pixels)
    pixels = pixels + teeth * (0.9 - pixels)
    pixels = pixels + 0.03 * random.standard_normal(pixels.shape, np.float32)
    return (pixels.clip(0, 1) * 255).round().astype(np.uint8)


def _ellipse(x: np.ndarray, y: np.ndarray, wide: np.ndarray, high: np.ndarray, soft: np.float32) -> np.ndarray:
    """How much of each pixel an ellipse covers, in 0..1."""
    radius = np.sqrt((x / wide) ** 2 + (y / high) ** 2)
    return np.clip((1 - radius) * np.minimum(wide, high) / soft + 0.5, 0, 1)
