"""Pictures of cells with the walls between them; your own: a folder with image/ and label/, 0 in a label being wall."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dltui.engine.dataset import Dataset, Split, facts_of
from dltui.engine.generators.cells import cells
from dltui.engine.reading.folder import SUFFIXES, fitted, read_picture
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("builtin", "path")
CLASSES = ("cell", "wall")
SHARE = 5  # of so many pictures the last one is held back for the test
HINT = "A label is a picture of the same name: 0 is a wall, the rest is cell."


def build(*, rows: int = 160, size: int = 64, seed: int = 0) -> "Cells":
    """Cells and walls.

    rows: generated pictures, at least 10; a fifth is held back for the test.
    size: height and width in pixels, at least 32, at most 128; larger pictures of your own are cut into tiles of it.
    seed: decides the generated pictures, at least 0.
    """
    return Cells(rows, size, seed)


class Cells:
    """Grey pictures (N, 1, size, size) uint8; targets (N, size, size) uint8, 1 where a wall is."""

    def __init__(self, rows: int, size: int, seed: int):
        self.rows, self.size, self.seed = rows, size, seed

    def builtin(self) -> Dataset:
        """Generated cells: the same options give the same."""
        pictures, walls = cells(self.rows, self.seed, self.size)
        return self._dataset(pictures, walls, self.rows // SHARE, "builtin", "generated cells")

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own pictures, cut into tiles; the last fifth of them is the test. Raises DltuiError (4)."""
        path = path.expanduser()
        names = [sorted(_pictures(path / part)) for part in ("image", "label")]
        if names[0] != names[1] or len(names[0]) < 2:
            raise DltuiError(
                f"{path}: expected image/ and label/ with two pictures or more of the same names; found "
                f"{len(names[0])} and {len(names[1])}, {len(set(names[0]) & set(names[1]))} of them alike.",
                f"Make it so: {path}/image/1.png, {path}/label/1.png ... {HINT}",
                ExitStatus.DATA,
            )
        report(f"reading {path}")
        held = max(1, len(names[0]) // SHARE)
        images, labels = ([path / part / name for name in names[0]] for part in ("image", "label"))
        across = max(1, max(_label(labels[0]).shape) // self.size)
        side = across * self.size  # every picture is made as large as the tiles that the first one is good for
        pictures = self._tiles([read_picture(file, 1, side) for file in images], across)
        walls = self._tiles([_walls(file, side) for file in labels], across)
        tiles = len(pictures) // len(names[0])
        detail = f"{path}: {len(names[0])} pictures, {tiles} tiles each"
        return self._dataset(pictures, walls[:, 0], held * tiles, "path", detail)

    def _tiles(self, pictures: list[np.ndarray], across: int) -> np.ndarray:
        """Pictures (1, across * size, across * size) -> tiles (N, 1, size, size), those of a picture together."""
        whole = np.stack(pictures).reshape(len(pictures), across, self.size, across, self.size)
        return whole.transpose(0, 1, 3, 2, 4).reshape(-1, 1, self.size, self.size)

    def _dataset(self, pictures: np.ndarray, walls: np.ndarray, held: int, source: str, detail: str) -> Dataset:
        train, test = (
            Split(torch.from_numpy(pictures[rows]), torch.from_numpy(walls[rows]))
            for rows in (slice(None, len(pictures) - held), slice(len(pictures) - held, None))
        )
        return Dataset(train, test, CLASSES, source, detail, facts_of(train.inputs, CLASSES))


def _walls(file: Path, side: int) -> np.ndarray:
    """(1, side, side) uint8, 1 where a label is 0: found before it is resized, as the mean of a thin wall is not 0."""
    wall = (_label(file) == 0).astype(np.uint8) * 255
    return (fitted(Image.fromarray(wall), 1, side) >= 128).astype(np.uint8)


def _label(file: Path) -> np.ndarray:
    """A label as it is (H, W), of any depth; of a coloured one the brightest channel. Raises DltuiError (4)."""
    try:
        with Image.open(file) as picture:
            label = np.asarray(picture.convert("RGB") if picture.mode in ("RGBA", "LA") else picture)
    except (OSError, ValueError, SyntaxError) as error:
        reason = str(error).partition("<")[0].strip()
        raise DltuiError(f"{file}: not a label that can be read: {reason}.", HINT, ExitStatus.DATA) from None
    return label if label.ndim == 2 else label.max(-1)


def _pictures(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.suffix.lower() in SUFFIXES] if folder.is_dir() else []
