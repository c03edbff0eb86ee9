"""Patterns that go on: straight stripes and rings of two shades, so that a part of one says how the rest looks."""

import numpy as np

SHARP = 4.0  # how steeply one shade turns into the other


def patterns(rows: int, seed: int, *, size: int = 28, channels: int = 1) -> np.ndarray:
    """Returns pictures (rows, channels, size, size) uint8. The same arguments give the same."""
    random = np.random.Generator(np.random.PCG64(seed))

    def drawn(low: float, high: float, *shape: int) -> np.ndarray:
        return random.uniform(low, high, (rows, *(shape or (1, 1)))).astype(np.float32)

    at = np.arange(size, dtype=np.float32) - (size - 1) / 2
    x, y = at, at[:, None]
    angle, reach = drawn(0, 2 * np.pi), drawn(0, 0.7 * size)  # of the rings' middle, from the picture's
    stripes = np.cos(angle) * x + np.sin(angle) * y  # (rows, size, size)
    rings = np.hypot(x - reach * np.cos(angle), y - reach * np.sin(angle))
    along = np.where(random.random((rows, 1, 1)) < 0.5, stripes, rings)
    wave = np.sin(2 * np.pi * along / drawn(6, 10) + drawn(0, 2 * np.pi))  # a period of 6 to 10 pixels
    share = (1 / (1 + np.exp(-SHARP * wave)))[:, None]  # (rows, 1, size, size)
    dark, light = drawn(0.05, 0.3, channels, 1, 1), drawn(0.6, 0.95, channels, 1, 1)
    noise = 0.02 * random.standard_normal((rows, channels, size, size), np.float32)
    return ((dark + (light - dark) * share + noise).clip(0, 1) * 255).round().astype(np.uint8)
