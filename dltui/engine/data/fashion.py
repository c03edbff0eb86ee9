"""Clothes of ten classes, 28x28, in place of digits (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747); built in: generated
silhouettes."""

from collections.abc import Callable
from pathlib import Path

import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, limited
from dltui.engine.generators import garments
from dltui.engine.reading import hub, hub_pictures, own
from dltui.engine.reading.hub_pictures import Labelled
from dltui.engine.reading.pixels import Pictures
from dltui.engine.reading.reading_options import FOUND_OUT, Reading

SOURCES = ("hub", "builtin", "path")
GIVES = ("pictures", "classes")
READS = "table"

PICTURES = Pictures(channels=1, size=garments.SIZE)
HUB = Labelled(hub.Source("zalando-datasets/fashion_mnist", "fashion_mnist"), PICTURES, garments.CLASSES)
TRAIN_ROWS, TEST_ROWS = 12_000, 2_000  # built in


def build(*, train_rows: int = 0, test_rows: int = 0, seed: int = 0) -> "Fashion":
    """Clothes in ten classes.

    train_rows: rows to train on, at least 0; 0 takes all.
    test_rows: rows to test on, at least 0; 0 takes all.
    seed: of the clothes that are drawn, at least 0.
    """
    return Fashion(train_rows, test_rows, seed)


class Fashion:
    """Grey pictures of clothes, (N, 1, 28, 28) uint8; of the user's own, whatever classes they have."""

    def __init__(self, train_rows: int, test_rows: int, seed: int):
        self.rows, self.seed = (train_rows, test_rows), seed

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """The hub's copy: mapped from the cache, fetched and decoded the first time. Raises DltuiError (4)."""
        return limited(hub_pictures.read("fashion", HUB, report), *self.rows)

    def builtin(self) -> Dataset:
        """Generated clothes, the same every time for a seed."""
        drawn = [garments.garments(rows, 2 * self.seed + n) for n, rows in enumerate((TRAIN_ROWS, TEST_ROWS))]
        train, test = (Split(*map(torch.from_numpy, split)) for split in drawn)
        facts = facts_of(train.inputs, garments.CLASSES)
        return limited(Dataset(train, test, garments.CLASSES, "builtin", "generated clothes", facts), *self.rows)

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own pictures, made grey and 28x28. Raises DltuiError (4)."""
        return limited(own.read(path, PICTURES, report, reading), *self.rows)
