"""House numbers from street photographs, 32x32 (Netzer et al. 2011, "Reading digits in natural images with unsupervised
feature learning"); built in: generated digits on walls."""

from collections.abc import Callable
from pathlib import Path

import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, limited
from dltui.engine.generators import house_numbers
from dltui.engine.reading import hub, hub_pictures, own
from dltui.engine.reading.hub_pictures import Labelled
from dltui.engine.reading.pixels import Pictures
from dltui.engine.reading.reading_options import FOUND_OUT, Reading

SOURCES = ("hub", "builtin", "path")
GIVES = ("pictures", "classes")
READS = "table"

CLASSES = tuple("0123456789")
PICTURES = Pictures(channels=3, size=house_numbers.SIZE)
HUB = Labelled(hub.Source("ufldl-stanford/svhn", "cropped_digits"), PICTURES, CLASSES)
TRAIN_ROWS, TEST_ROWS = 12_000, 2_000  # built in


def build(*, train_rows: int = 0, test_rows: int = 0, seed: int = 0) -> "Svhn":
    """Digits of house numbers, parts of their neighbours at the sides.

    train_rows: rows to train on, at least 0; 0 takes all.
    test_rows: rows to test on, at least 0; 0 takes all.
    seed: of the house numbers that are drawn, at least 0.
    """
    return Svhn(train_rows, test_rows, seed)


class Svhn:
    """Coloured pictures, (N, 3, 32, 32) uint8; of the user's own, whatever classes they have."""

    def __init__(self, train_rows: int, test_rows: int, seed: int):
        self.rows, self.seed = (train_rows, test_rows), seed

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """The hub's copy: mapped from the cache, fetched and decoded the first time. Raises DltuiError (4)."""
        return limited(hub_pictures.read("svhn", HUB, report), *self.rows)

    def builtin(self) -> Dataset:
        """Generated house numbers, the same every time for a seed."""
        drawn = [house_numbers.house_numbers(rows, 2 * self.seed + n) for n, rows in enumerate((TRAIN_ROWS, TEST_ROWS))]
        train, test = (Split(*map(torch.from_numpy, split)) for split in drawn)
        facts = facts_of(train.inputs, CLASSES)
        return limited(Dataset(train, test, CLASSES, "builtin", "generated house numbers", facts), *self.rows)

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own pictures, made coloured and 32x32. Raises DltuiError (4)."""
        return limited(own.read(path, PICTURES, report, reading), *self.rows)
