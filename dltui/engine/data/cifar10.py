"""Small photographs in ten classes (Krizhevsky 2009, "Learning multiple layers of features from tiny images").

Built in: ten coloured, textured shapes, generated.
"""

from functools import partial

from dltui.engine.contracts.dataset import Dataset, limited, with_new_classes
from dltui.engine.generators import shapes
from dltui.engine.reading.classed_pictures import ClassedPictures
from dltui.engine.reading.hub import Source
from dltui.engine.reading.hub_pictures import Labelled
from dltui.engine.reading.pixels import Pictures

SOURCES = ("hub", "builtin", "path")
GIVES = ("pictures", "classes")
READS = "table"

PICTURES = Pictures(channels=3, size=shapes.SIZE)
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")  # the hub's
HUB = Labelled(Source("uoft-cs/cifar10", "plain_text"), PICTURES, CLASSES, image="img")
TRAIN_ROWS, TEST_ROWS = 10_000, 2_000  # built in


def build(
    *, train_rows: int = 0, test_rows: int = 0, new_classes: int = 0, shots: int = 0, own_hues: bool = False
) -> ClassedPictures:
    """Coloured pictures in ten classes.

    train_rows: rows to train on, at least 0; 0 takes all.
    test_rows: rows to test on, at least 0; 0 takes all.
    new_classes: of so many classes, the last ones, the rows are; the others' are there to pretrain on, at least 0; 0
        takes all classes.
    shots: training rows of each new class, at least 0; 0 takes all.
    own_hues: of generated shapes: whether each class has its own one or two hues, and all else is grey.
    """

    def chosen(data: Dataset) -> Dataset:
        data = limited(data, train_rows, test_rows)
        return with_new_classes(data, new_classes, shots) if new_classes else data

    drawn = partial(shapes.shapes, own_hues=own_hues), (TRAIN_ROWS, TEST_ROWS), shapes.CLASSES, "generated shapes"
    return ClassedPictures("cifar10", HUB, drawn, chosen)
