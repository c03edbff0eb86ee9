"""Small photographs in ten classes (Krizhevsky 2009, "Learning multiple layers of features from tiny images").

Built in: ten coloured, textured shapes, generated.
"""

from collections.abc import Callable
from pathlib import Path

import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, limited
from dltui.engine.generators import shapes
from dltui.engine.reading import hub_pictures, own
from dltui.engine.reading.hub import Source
from dltui.engine.reading.hub_pictures import Labelled
from dltui.engine.reading.table import Pictures

SOURCES = ("hub", "builtin", "path")

PICTURES = Pictures(channels=3, size=shapes.SIZE)
FILES = {"train": "plain_text/train-*.parquet", "test": "plain_text/test-*.parquet"}
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")  # the hub's
HUB = Labelled(Source("uoft-cs/cifar10", "plain_text", FILES), PICTURES, CLASSES, image="img")
TRAIN_ROWS, TEST_ROWS = 10_000, 2_000  # built in


def build(*, train_rows: int = 0, test_rows: int = 0) -> "Cifar10":
    """Coloured pictures in ten classes.

    train_rows: rows to train on, at least 0; 0 takes all.
    test_rows: rows to test on, at least 0; 0 takes all.
    """
    return Cifar10(train_rows, test_rows)


class Cifar10:
    """Coloured pictures, (N, 3, 32, 32) uint8; of the user's own, whatever classes they have."""

    def __init__(self, train_rows: int, test_rows: int):
        self.rows = train_rows, test_rows

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """The hub's copy: mapped from the cache, fetched and decoded the first time. Raises DltuiError (4)."""
        return limited(hub_pictures.read("cifar10", HUB, report), *self.rows)

    def builtin(self) -> Dataset:
        """Generated shapes, the same every time."""
        sizes = (TRAIN_ROWS, TEST_ROWS)
        train, test = (Split(*map(torch.from_numpy, shapes.shapes(rows, seed))) for seed, rows in enumerate(sizes))
        facts = facts_of(train.inputs, shapes.CLASSES)
        return limited(Dataset(train, test, shapes.CLASSES, "builtin", "generated shapes", facts), *self.rows)

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own pictures, made coloured and 32x32. Raises DltuiError (4)."""
        return limited(own.read(path, PICTURES, report), *self.rows)
