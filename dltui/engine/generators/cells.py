"""Cells as under a microscope: thin, uneven walls between them, faint in places, and specks that look like walls."""

import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_edt, gaussian_filter, label

LEAST = 6  # pixels: what is smaller counts for no cell


def cells(rows: int, seed: int, size: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Returns grey pictures (rows, 1, size, size) uint8 and walls (rows, size, size) uint8: 1 is a wall, 0 a cell.

    The same arguments give the same.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    pictures = np.empty((rows, 1, size, size), np.uint8)
    walls = np.empty((rows, size, size), np.uint8)
    for row in range(rows):
        walls[row], pictures[row, 0] = _drawn(size, random)
    return pictures, walls


def _drawn(size: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    apart = random.uniform(11, 15)
    grid = np.arange(-apart, size + 2 * apart, apart)
    centres = np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)
    centres += random.uniform(-0.38, 0.38, centres.shape) * apart
    place = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).astype(np.float32)  # (H, W, 2)
    bend = gaussian_filter(random.standard_normal((size, size, 2)), (4, 4, 0)) * 14
    distance = np.linalg.norm((place + bend)[:, :, None] - centres, axis=-1)  # (H, W, cells)
    nearest = np.partition(distance, 1, axis=-1)[..., :2]
    gap = nearest[..., 1] - nearest[..., 0]
    thick = 1.1 + 1.4 * np.clip(gaussian_filter(random.standard_normal((size, size)), 6) * 9, 0, 1)
    wall = gap < thick
    faint = np.clip(0.75 + 4 * gaussian_filter(random.standard_normal((size, size)), 4), 0.25, 1)
    light = 0.7 + 0.9 * gaussian_filter(random.standard_normal((size, size)), 7)
    light -= 0.35 * faint * gaussian_filter(wall.astype(float), 0.6)
    specks = gaussian_filter((random.random((size, size)) < 0.03).astype(float), 0.9) * 1.7
    light -= np.where(wall, 0, specks)
    light += 0.1 * random.standard_normal((size, size))
    return wall, (light.clip(0, 1) * 255).astype(np.uint8)


def weight_map(walls: np.ndarray, w0: float, sigma: float) -> np.ndarray:
    """walls (H, W) -> w = 1 + w0 exp(-(d1 + d2)^2 / (2 sigma^2)) on walls, 1 in cells (H, W) float32.

    d1 and d2 are the distances to the nearest and to the second nearest cell, in pixels: both are small where a wall
    is thin.
    """
    numbered, count = label(walls == 0)
    if count < 2:
        return np.ones(walls.shape, np.float32)
    distances = np.stack([distance_transform_edt(numbered != cell) for cell in range(1, count + 1)])
    d1, d2 = np.partition(distances, 1, axis=0)[:2]
    return np.where(walls > 0, 1 + w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2)), 1).astype(np.float32)


def count_cells(walls: np.ndarray) -> int:
    """Returns how many cells of at least LEAST pixels the walls (H, W) keep apart."""
    return int(np.count_nonzero(np.bincount(_cells(walls).ravel())[1:]))


def borders(walls: np.ndarray) -> np.ndarray:
    """walls (H, W) -> the lines where one cell meets the next, once both have grown to the middle of the wall, bool.

    How thick a wall is makes no difference; a wall with a gap parts nothing and leaves no line.
    """
    numbered = _cells(walls)
    lines = np.zeros(walls.shape, bool)
    if numbered.max() == 0:
        return lines
    nearest = distance_transform_edt(numbered == 0, return_distances=False, return_indices=True)
    grown = numbered[tuple(nearest)]
    lines[:, :-1] |= grown[:, 1:] != grown[:, :-1]
    lines[:-1] |= grown[1:] != grown[:-1]
    return lines


def border_iou(found: np.ndarray, true: np.ndarray) -> float:
    """Two stacks of walls (N, H, W) -> intersection over union of their borders, which may lie a pixel apart."""
    around = np.ones((3, 3), bool)
    both = either = 0
    for one, want in zip(found, true, strict=True):
        drawn, wanted = borders(one), borders(want)
        both += (wanted & binary_dilation(drawn, around)).sum()
        either += wanted.sum() + (drawn & ~binary_dilation(wanted, around)).sum()
    return float(both / max(1, either))


def _cells(walls: np.ndarray) -> np.ndarray:
    """walls (H, W) -> the number of each pixel's cell, 0 on walls and in what is smaller than a cell."""
    numbered, _ = label(walls == 0)
    large = np.bincount(numbered.ravel()) >= LEAST
    return np.where(large[numbered], numbered, 0)
