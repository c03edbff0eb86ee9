"""Photographs of written pages, generated: lines of strokes on white paper, then shade, stains, folds and noise."""

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

FINE = 4  # lines are drawn so many times larger, and made smaller: their edges are grey
SIGNS = 12  # of a script
WIDE, HIGH, APART = 6, 8, 11  # pixels of a sign, and from line to line
MARGIN = 4  # pixels of the page without writing
CORNERS = np.stack(np.meshgrid([0, 0.5, 1], [0, 0.5, 1]), -1).reshape(9, 2)  # of a sign, from which strokes go
Random = np.random.Generator


class Pages(NamedTuple):
    """Grey pictures (N, 1, size, size) uint8: as photographed, and as written."""

    photographed: np.ndarray
    clean: np.ndarray


def pages(rows: int, seed: int, size: int = 40) -> Pages:
    """Returns pages, every one with a script, a light and damage of its own. The same arguments give the same."""
    random = np.random.Generator(np.random.PCG64(seed))
    photographed, clean = (np.empty((rows, 1, size, size), np.uint8) for _ in range(2))
    for row in range(rows):
        ink = _written(size, random)
        photographed[row, 0] = (_damaged(ink, random).clip(0, 1) * 255).round()
        clean[row, 0] = ((1 - ink) * 255).round()
    return Pages(photographed, clean)


def _written(size: int, random: Random) -> np.ndarray:
    """Ink (size, size) in 0..1: words of signs, on lines."""
    sheet = Image.new("L", (size * FINE, size * FINE))
    pen = ImageDraw.Draw(sheet)
    signs = [CORNERS[random.permutation(9)[: random.integers(3, 6)]] for _ in range(SIGNS)]
    thick = int(random.integers(4, 7))  # of FINE a pixel
    for top in range(int(random.integers(2, MARGIN + 3)), size - HIGH, APART):
        left = MARGIN + random.integers(0, 5)
        while left < size - MARGIN - WIDE:
            if random.random() > 0.18:  # else a blank between words
                sign = signs[random.integers(SIGNS)] * [WIDE - 1.5, HIGH - 1] + [left, top]
                pen.line([tuple(point) for point in sign * FINE], fill=255, width=thick, joint="curve")
            left += WIDE + 1
    return np.asarray(sheet.resize((size, size), Image.Resampling.BOX), np.float64) / 255


def _damaged(ink: np.ndarray, random: Random) -> np.ndarray:
    """Ink (H, W) -> the page as a camera sees it (H, W), in about 0..1: faint ink on paper, darkened, and noise."""
    size = len(ink)
    across, down = np.meshgrid(np.linspace(-1, 1, size), np.linspace(-1, 1, size))
    faded = random.uniform(0.35, 0.75) * (1 + 2 * gaussian_filter(random.standard_normal(ink.shape), 6))
    paper = 1 - faded.clip(0.25, 0.9) * ink
    angle = random.uniform(0, 2 * np.pi)
    shade = random.uniform(0.6, 0.9) + random.uniform(0.1, 0.4) * (np.cos(angle) * across + np.sin(angle) * down)
    for _ in range(random.integers(1, 3)):
        paper = paper * _stain(across, down, random)
    paper = paper * _fold(across, down, random)
    light = paper * shade.clip(0.2, 1)
    return gaussian_filter(light, 0.45) + random.uniform(0.02, 0.05) * random.standard_normal(ink.shape)


def _stain(across: np.ndarray, down: np.ndarray, random: Random) -> np.ndarray:
    """What of the light a spilt drop leaves, (H, W): its rim is darker than its middle."""
    x, y, radius = random.uniform(-1, 1), random.uniform(-1, 1), random.uniform(0.25, 0.7)
    bend = 0.12 * np.sin(3 * np.arctan2(down - y, across - x) + random.uniform(0, 6))
    inside = radius * (1 + bend) - np.hypot(across - x, down - y)  # above 0 within
    disc, rim = 1 / (1 + np.exp(-inside / 0.03)), np.exp(-((inside / 0.05) ** 2))
    return 1 - random.uniform(0.1, 0.35) * disc - random.uniform(0.1, 0.35) * rim


def _fold(across: np.ndarray, down: np.ndarray, random: Random) -> np.ndarray:
    """What of the light a fold leaves, (H, W): a dark line, and one side in the shadow."""
    angle = random.uniform(0, np.pi)
    off = np.cos(angle) * across + np.sin(angle) * down - random.uniform(-0.6, 0.6)
    return 1 - random.uniform(0.1, 0.4) * np.exp(-((off / 0.04) ** 2)) - random.uniform(0, 0.25) * (off > 0)
