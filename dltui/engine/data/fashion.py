"""Clothes of ten classes, 28x28, in place of digits (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747); built in: generated
silhouettes."""

import numpy as np

from dltui.engine.contracts.dataset import limited
from dltui.engine.generators import garments
from dltui.engine.reading import hub
from dltui.engine.reading.classed_pictures import ClassedPictures
from dltui.engine.reading.hub_pictures import Labelled
from dltui.engine.reading.pixels import Pictures

SOURCES = ("hub", "builtin", "path")
GIVES = ("pictures", "classes")
READS = "table"

PICTURES = Pictures(channels=1, size=garments.SIZE)
HUB = Labelled(hub.Source("zalando-datasets/fashion_mnist", "fashion_mnist"), PICTURES, garments.CLASSES)
TRAIN_ROWS, TEST_ROWS = 12_000, 2_000  # built in


def build(*, train_rows: int = 0, test_rows: int = 0, seed: int = 0) -> ClassedPictures:
    """Clothes in ten classes.

    train_rows: rows to train on, at least 0; 0 takes all.
    test_rows: rows to test on, at least 0; 0 takes all.
    seed: of the clothes that are drawn, at least 0.
    """

    def draw(rows: int, split: int) -> tuple[np.ndarray, np.ndarray]:
        return garments.garments(rows, 2 * seed + split)

    drawn = draw, (TRAIN_ROWS, TEST_ROWS), garments.CLASSES, "generated clothes"
    return ClassedPictures("fashion", HUB, drawn, lambda data: limited(data, train_rows, test_rows))
