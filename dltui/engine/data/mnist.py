"""Handwritten digits, 28x28 (LeCun, Cortes, Burges, "The MNIST database"); built in: digits by a generated hand."""

from dltui.engine.contracts.dataset import limited
from dltui.engine.generators import strokes
from dltui.engine.reading import hub
from dltui.engine.reading.classed_pictures import ClassedPictures
from dltui.engine.reading.hub_pictures import Labelled
from dltui.engine.reading.pixels import Pictures

SOURCES = ("hub", "builtin", "path")
GIVES = ("pictures", "classes")
READS = "table"

HUB = hub.Source("ylecun/mnist", "mnist")
CLASSES = tuple("0123456789")
PICTURES = Pictures(channels=1, size=strokes.SIZE)
TRAIN_ROWS, TEST_ROWS = 12_000, 2_000  # built in


def build(*, train_rows: int = 0, test_rows: int = 0) -> ClassedPictures:
    """Handwritten digits.

    train_rows: rows to train on, at least 0; 0 takes all.
    test_rows: rows to test on, at least 0; 0 takes all.
    """
    drawn = strokes.digits, (TRAIN_ROWS, TEST_ROWS), CLASSES, "generated digits"
    labelled = Labelled(HUB, PICTURES, CLASSES)
    return ClassedPictures("mnist", labelled, drawn, lambda data: limited(data, train_rows, test_rows))
