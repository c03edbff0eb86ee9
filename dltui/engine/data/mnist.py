"""Handwritten digits, 28x28 (LeCun, Cortes, Burges, "The MNIST database"); built in: digits by a generated hand."""

from collections.abc import Callable
from pathlib import Path

import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, limited
from dltui.engine.generators import strokes
from dltui.engine.reading import hub, hub_pictures, own
from dltui.engine.reading.hub_pictures import Labelled
from dltui.engine.reading.pixels import Pictures
from dltui.engine.reading.reading_options import FOUND_OUT, Reading

SOURCES = ("hub", "builtin", "path")
GIVES = ("pictures", "classes")
READS = "table"

HUB = hub.Source("ylecun/mnist", "mnist")
CLASSES = tuple("0123456789")
PICTURES = Pictures(channels=1, size=strokes.SIZE)
TRAIN_ROWS, TEST_ROWS = 12_000, 2_000  # built in


def build(*, train_rows: int = 0, test_rows: int = 0) -> "Mnist":
    """Handwritten digits.

    train_rows: rows to train on, at least 0; 0 takes all.
    test_rows: rows to test on, at least 0; 0 takes all.
    """
    return Mnist(train_rows, test_rows)


class Mnist:
    """Grey pictures of digits, (N, 1, 28, 28) uint8; of the user's own, whatever classes they have."""

    def __init__(self, train_rows: int, test_rows: int):
        self.rows = train_rows, test_rows

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """The hub's copy: mapped from the cache, fetched and decoded the first time. Raises DltuiError (4)."""
        return limited(hub_pictures.read("mnist", Labelled(HUB, PICTURES, CLASSES), report), *self.rows)

    def builtin(self) -> Dataset:
        """Generated digits, the same every time."""
        sizes = (TRAIN_ROWS, TEST_ROWS)
        train, test = (Split(*map(torch.from_numpy, strokes.digits(rows, seed))) for seed, rows in enumerate(sizes))
        data = Dataset(train, test, CLASSES, "builtin", "generated digits", facts_of(train.inputs, CLASSES))
        return limited(data, *self.rows)

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own pictures, made grey and 28x28. Raises DltuiError (4)."""
        return limited(own.read(path, PICTURES, report, reading), *self.rows)
