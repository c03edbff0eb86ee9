"""Small photographs in ten classes (Krizhevsky 2009, "Learning multiple layers of features from tiny images").

Built in: ten coloured, textured shapes, generated.
"""

from collections.abc import Callable
from pathlib import Path

import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, limited, with_new_classes
from dltui.engine.generators import shapes
from dltui.engine.reading import hub_pictures, own
from dltui.engine.reading.hub import Source
from dltui.engine.reading.hub_pictures import Labelled
from dltui.engine.reading.pixels import Pictures
from dltui.engine.reading.reading_options import FOUND_OUT, Reading

SOURCES = ("hub", "builtin", "path")
GIVES = ("pictures", "classes")
READS = "table"

PICTURES = Pictures(channels=3, size=shapes.SIZE)
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")  # the hub's
HUB = Labelled(Source("uoft-cs/cifar10", "plain_text"), PICTURES, CLASSES, image="img")
TRAIN_ROWS, TEST_ROWS = 10_000, 2_000  # built in


def build(*, train_rows: int = 0, test_rows: int = 0, new_classes: int = 0, shots: int = 0) -> "Cifar10":
    """Coloured pictures in ten classes.

    train_rows: rows to train on, at least 0; 0 takes all.
    test_rows: rows to test on, at least 0; 0 takes all.
    new_classes: of so many classes, the last ones, the rows are; the others' are there to pretrain on, at least 0; 0
        takes all classes.
    shots: training rows of each new class, at least 0; 0 takes all.
    """
    return Cifar10(train_rows, test_rows, new_classes, shots)


class Cifar10:
    """Coloured pictures, (N, 3, 32, 32) uint8; of the user's own, whatever classes they have."""

    def __init__(self, train_rows: int, test_rows: int, new_classes: int, shots: int):
        self.rows, self.new_classes, self.shots = (train_rows, test_rows), new_classes, shots

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """The hub's copy: mapped from the cache, fetched and decoded the first time. Raises DltuiError (4)."""
        return self._chosen(hub_pictures.read("cifar10", HUB, report))

    def builtin(self) -> Dataset:
        """Generated shapes, the same every time."""
        sizes = (TRAIN_ROWS, TEST_ROWS)
        train, test = (Split(*map(torch.from_numpy, shapes.shapes(rows, seed))) for seed, rows in enumerate(sizes))
        facts = facts_of(train.inputs, shapes.CLASSES)
        return self._chosen(Dataset(train, test, shapes.CLASSES, "builtin", "generated shapes", facts))

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own pictures, made coloured and 32x32. Raises DltuiError (4)."""
        return self._chosen(own.read(path, PICTURES, report, reading))

    def _chosen(self, data: Dataset) -> Dataset:
        data = limited(data, *self.rows)
        return with_new_classes(data, self.new_classes, self.shots) if self.new_classes else data
