"""Measures of segmentation: IoU as scikit-learn has it, the band along borders, and things by their size."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_cdt
from sklearn.metrics import confusion_matrix, jaccard_score

from dltui.engine.metrics.segmentation import border_band, class_ious, confusion, mean_iou, thing_ious, things_of


def labels(seed, classes=4):
    return np.random.default_rng(seed).integers(classes, size=(3, 8, 8)).astype(np.uint8)


def test_iou_of_classes_is_scikit_learns():
    predicted, truth = labels(0), labels(1)
    counts = confusion(predicted, truth, 4)
    assert (counts == confusion_matrix(truth.ravel(), predicted.ravel())).all()
    wanted = jaccard_score(truth.ravel(), predicted.ravel(), average=None)
    assert class_ious(counts) == pytest.approx(wanted)
    assert mean_iou(predicted, truth, 4) == pytest.approx(wanted.mean())


def test_a_class_that_is_nowhere_does_not_count():
    """Guards against a fifth class that makes each mean a fifth smaller."""
    assert mean_iou(labels(0), labels(0), 5) == 1
    assert np.isnan(class_ious(confusion(labels(0), labels(0), 5))[4])


def test_the_band_is_two_pixels_wide_on_both_sides():
    halves = np.zeros((1, 12, 12), np.uint8)
    halves[:, :, 6:] = 1
    assert (border_band(halves)[0].all(0) == [4 <= column <= 7 for column in range(12)]).all()
    spot = np.zeros((1, 12, 12), np.uint8)
    spot[0, 5, 5] = 1
    near = distance_transform_cdt(spot[0] == 0, "chessboard") <= 1
    assert border_band(spot)[0][near].all() and not border_band(np.ones((1, 6, 6)))[0].any()


@pytest.fixture
def scene():
    """A large square, a small one of the same class that almost touches it, a wall, and another class."""
    truth = np.zeros((1, 24, 24), np.uint8)
    truth[0, 2:12, 2:12] = 2
    truth[0, 2:6, 13:17] = 2
    truth[0, 20:22, :] = 1
    truth[0, 13:17, 2:6] = 3
    return truth


def test_things_are_found_by_class_and_size_and_a_wall_is_none(scene):
    things = things_of(scene)
    assert [(thing.number, thing.small, int(thing.own.sum())) for thing in things] == [
        (2, False, 100),
        (2, True, 16),
        (3, True, 16),
    ]


def test_a_thing_is_judged_by_itself(scene):
    """Guards against a neighbour's pixels counted as spilled over, and a missed thing hidden by a found one."""
    things = things_of(scene)
    assert thing_ious(scene, things).tolist() == [1, 1, 1]
    missed = scene.copy()
    missed[0, 2:6, 13:17] = 0
    assert thing_ious(missed, things).tolist() == [1, 0, 1]
    spilled = scene.copy()
    spilled[0, 13:17, 6:8] = 3  # two columns too many beside 16 pixels
    assert thing_ious(spilled, things)[2] == pytest.approx(16 / 24)
    confused = np.where(scene == 3, 2, scene)
    assert thing_ious(confused, things)[2] == 0
