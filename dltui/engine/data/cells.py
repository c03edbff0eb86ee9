"""Pictures of cells with the walls between them; your own: a folder with images/ and masks/, 0 in a mask being wall.

Generated ones look as under a microscope: thin, uneven walls, faint in places, and specks that look like walls.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.reading import masks
from dltui.engine.reading.picture import fitted
from dltui.engine.reading.picture_files import read_pictures
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("builtin", "path")
GIVES = ("pictures", "masks")
READS = "masks"
CLASSES = ("cell", "wall")
SHARE = 5  # of so many pictures the last one is held back for the test
HINT = "Make it so: FOLDER/images/1.png, FOLDER/masks/1.png ... In a mask 0 is a wall, the rest is cell."


def build(*, rows: int = 160, size: int = 64, whole: bool = False, seed: int = 0) -> "Cells":
    """Cells and walls.

    rows: generated pictures, at least 10; a fifth is held back for the test.
    size: height and width in pixels, at least 32, at most 128; larger pictures of your own are cut into tiles of it.
    whole: whether those of the test are left whole; of the generated ones four become one, twice as high and wide.
    seed: decides the generated pictures, at least 0.
    """
    return Cells(rows, size, whole, seed)


class Cells:
    """Grey pictures (N, 1, size, size) uint8; targets (N, size, size) uint8, 1 where a wall is.

    Whole pictures of the test are some times as high and as wide.
    """

    def __init__(self, rows: int, size: int, whole: bool, seed: int):
        self.rows, self.size, self.whole, self.seed = rows, size, whole, seed

    def builtin(self) -> Dataset:
        """Generated cells: the same options give the same."""
        pictures, walls = cells(self.rows, self.seed, self.size)
        known = self.rows - self.rows // SHARE
        train, test = (pictures[:known], walls[:known]), (pictures[known:], walls[known:])
        if self.whole:
            test = cells(-(-len(test[0]) // 4), self.seed + 1, 2 * self.size)
        return self._dataset(train, test, source="builtin", detail="generated cells")

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own pictures, cut into tiles; the last fifth of them is the test. Raises DltuiError (4)."""
        path = path.expanduser()
        found = masks.pairs(path, HINT)
        report(f"reading {path}")
        images, labels = [image for image, _ in found.pairs], [label for _, label in found.pairs]
        held = max(1, len(images) // SHARE)
        walls = [masks.read(*pair) == 0 for pair in found.pairs]
        across = max(1, max(walls[0].shape) // self.size)
        side = across * self.size  # every picture is made as large as the tiles that the first one is good for
        pictures, told = read_pictures(images, 1, side, path, report)  # (N, 1, side, side)
        share = float(np.mean([wall.mean() for wall in walls]))
        if share in (0, 1):
            zero = "none" if share == 0 else "all"
            raise DltuiError(f"{path}: expected 0 for walls in the labels, found {zero} of it.", HINT, ExitStatus.DATA)
        walls = np.stack([_resized(wall, side) for wall in walls])  # (N, 1, side, side)
        train = [self._tiles(part[:-held], across) for part in (pictures, walls)]
        test = [part[-held:] if self.whole else self._tiles(part[-held:], across) for part in (pictures, walls)]
        detail = f"{path}: {len(images)} pictures, {across**2} tiles each"
        notes = (*found.notes, *told, f"walls are what is 0 in {labels[0].parent.name}/: {share:.0%} of it")
        data = self._dataset((train[0], train[1][:, 0]), (test[0], test[1][:, 0]), source="path", detail=detail)
        return data._replace(notes=notes)

    def _tiles(self, pictures: np.ndarray, across: int) -> np.ndarray:
        """Pictures (N, 1, across * size, across * size) -> tiles (M, 1, size, size), those of a picture together."""
        whole = pictures.reshape(len(pictures), across, self.size, across, self.size)
        return whole.transpose(0, 1, 3, 2, 4).reshape(-1, 1, self.size, self.size)

    def _dataset(self, *parts: tuple[np.ndarray, np.ndarray], source: str, detail: str) -> Dataset:
        """Of pictures and walls to learn from, and of those of the test."""
        train, test = (Split(*map(torch.from_numpy, part)) for part in parts)
        return Dataset(train, test, CLASSES, source, detail, facts_of(train.inputs, CLASSES))


def _resized(wall: np.ndarray, side: int) -> np.ndarray:
    """wall (H, W) bool -> (1, side, side) uint8: found before it is resized, as the mean of a thin wall is not 0."""
    return (fitted(Image.fromarray(wall.astype(np.uint8) * 255), 1, side) >= 128).astype(np.uint8)


# -- generated cells ---------------------------------------------------------------------------------------------------


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
