"""Photographs of written pages, and the pages as they were written; your own: a folder with image/ and target/."""

from collections.abc import Callable
from pathlib import Path

import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.generators.pages import pages
from dltui.engine.reading import target_pictures

SOURCES = ("builtin", "path")
GIVES = ("pictures", "target_pictures")
READS = "masks"


def build(*, train_rows: int = 500, test_rows: int = 100, size: int = 40, tiles: int = 1, seed: int = 0) -> "Pages":
    """Damaged pages and clean ones.

    train_rows: generated pages to train on, at least 10.
    test_rows: generated pages to test on, at least 2.
    size: height and width in pixels, at least 24, at most 256.
    tiles: into how many tiles of that size each picture of your own is cut, across and down, at least 1, at most 32.
    seed: decides the generated pages, at least 0.
    """
    return Pages((train_rows, test_rows), size, tiles, seed)


class Pages:
    """Grey pictures (N, 1, size, size) uint8; targets (N, 1, size, size) uint8: dark ink on white."""

    def __init__(self, rows: tuple[int, int], size: int, tiles: int, seed: int):
        self.rows, self.size, self.tiles, self.seed = rows, size, tiles, seed

    def builtin(self) -> Dataset:
        """Generated pages: the same options give the same."""
        both = [torch.from_numpy(part) for part in pages(sum(self.rows), self.seed, self.size)]
        train, test = (Split(*part) for part in zip(*(part.split(self.rows) for part in both), strict=True))
        return target_pictures.dataset(train, test, "builtin", "generated pages")

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own pictures and what they are to become, in grey. Raises DltuiError (4)."""
        return target_pictures.read(path, target_pictures.Wanted(1, 1, self.size, self.tiles), report)
