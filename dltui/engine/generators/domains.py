"""A second domain for grey pictures: the same strokes in other colours, fainter, on a striped ground."""

import numpy as np


def coloured(pictures: np.ndarray, texture: float, random: np.random.Generator) -> np.ndarray:
    """pictures (N, 1, H, W) uint8, white on black -> (N, 3, H, W) uint8: a ground of any dark colour, strokes of a
    brighter one, and stripes over both.

    texture: standard deviation over the pictures of the stripes' amplitude, of a range of 1.
    """
    N, _, H, W = pictures.shape
    ink = pictures.astype(np.float32) / 255
    ground = random.uniform(0.05, 0.35, (N, 3, 1, 1)).astype(np.float32)
    contrast = random.uniform(0.4, 0.6, (N, 3, 1, 1)).astype(np.float32)
    pixels = ground + ink * contrast + texture * _stripes(N, H, W, random)
    return np.clip(pixels * 255, 0, 255).astype(np.uint8)


def _stripes(N: int, H: int, W: int, random: np.random.Generator) -> np.ndarray:
    """Waves that cross each other, of any direction, width and tint (N, 3, H, W)."""
    y, x = np.mgrid[:H, :W].astype(np.float32)
    turn, phase = (random.uniform(0, np.pi * k, (N, 1, 1)).astype(np.float32) for k in (1, 2))
    frequency = random.uniform(0.5, 1.8, (2, N, 1, 1)).astype(np.float32)
    along = np.cos(turn) * x + np.sin(turn) * y
    across = np.cos(turn) * y - np.sin(turn) * x
    waves = np.sin(frequency[0] * along + phase) + np.sin(frequency[1] * across)
    tint = random.standard_normal((N, 3, 1, 1), np.float32)
    return tint * 0.7 * waves[:, None]
