"""House numbers from street photographs, 32x32 (Netzer et al. 2011, "Reading digits in natural images with unsupervised
feature learning"); built in: generated digits on walls."""

import numpy as np

from dltui.engine.contracts.dataset import limited
from dltui.engine.generators import house_numbers
from dltui.engine.reading import hub
from dltui.engine.reading.classed_pictures import ClassedPictures
from dltui.engine.reading.hub_pictures import Labelled
from dltui.engine.reading.pixels import Pictures

SOURCES = ("hub", "builtin", "path")
GIVES = ("pictures", "classes")
READS = "table"

CLASSES = tuple("0123456789")
PICTURES = Pictures(channels=3, size=house_numbers.SIZE)
HUB = Labelled(hub.Source("ufldl-stanford/svhn", "cropped_digits"), PICTURES, CLASSES)
TRAIN_ROWS, TEST_ROWS = 12_000, 2_000  # built in


def build(*, train_rows: int = 0, test_rows: int = 0, seed: int = 0) -> ClassedPictures:
    """Digits of house numbers, parts of their neighbours at the sides.

    train_rows: rows to train on, at least 0; 0 takes all.
    test_rows: rows to test on, at least 0; 0 takes all.
    seed: of the house numbers that are drawn, at least 0.
    """

    def draw(rows: int, split: int) -> tuple[np.ndarray, np.ndarray]:
        return house_numbers.house_numbers(rows, 2 * seed + split)

    drawn = draw, (TRAIN_ROWS, TEST_ROWS), CLASSES, "generated house numbers"
    return ClassedPictures("svhn", HUB, drawn, lambda data: limited(data, train_rows, test_rows))
