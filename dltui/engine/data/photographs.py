"""Two photographs, of a temple in China and of a flower, from scikit-learn."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.reading import own
from dltui.engine.reading.picture import fitted
from dltui.engine.reading.pixels import Pictures
from dltui.engine.reading.reading_options import FOUND_OUT, Reading

SOURCES = ("builtin", "path")
GIVES = ("pictures", "classes")
READS = "table"
CLASSES = ("china", "flower")


def build(*, size: int = 96) -> "Photographs":
    """Square photographs.

    size: rows and columns of pixels, at least 8, at most 427.
    """
    return Photographs(size)


class Photographs:
    """Colour pictures, (N, 3, size, size) uint8."""

    def __init__(self, size: int):
        self.size = size

    def builtin(self) -> Dataset:
        """The middle of scikit-learn's two photographs; nothing is held back: both are the test too."""
        from sklearn.datasets import load_sample_image  # 1.8 s

        pictures = np.stack([_square(load_sample_image(f"{name}.jpg"), self.size) for name in CLASSES])
        both = Split(torch.from_numpy(pictures), torch.arange(len(CLASSES)))
        return Dataset(both, both, CLASSES, "builtin", "scikit-learn's photographs", facts_of(both.inputs, CLASSES))

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own pictures, in colour and square. Raises DltuiError (4)."""
        return own.read(path, Pictures(channels=3, size=self.size), report, reading)


def _square(pixels: np.ndarray, size: int) -> np.ndarray:
    """pixels (H, W, 3) uint8 -> the middle (3, size, size)."""
    side = min(pixels.shape[:2])
    top, left = ((length - side) // 2 for length in pixels.shape[:2])
    return fitted(Image.fromarray(pixels[top : top + side, left : left + side]), 3, size)
