"""Selective search: shapes on a ground are among the first regions, and every region is a union of segments."""

import numpy as np
import torch

from dltui.engine.generators.scenes import scenes
from dltui.engine.layers.boxes import iou
from dltui.engine.layers.proposals import MOST, joined, proposals, segments


def test_most_objects_have_a_region_that_fits():
    drawn = scenes(30, 5)
    pictures, objects = torch.from_numpy(drawn.pictures).float() / 255, torch.from_numpy(drawn.boxes)
    found = proposals(pictures, 30)
    assert found.shape == (30, 30, 4)
    best = iou(found[:, :, None], objects[:, None]).amax(1)[torch.from_numpy(drawn.classes) >= 0]
    assert (best >= 0.5).float().mean() > 0.85
    assert torch.equal(found, proposals(pictures, 30))
    assert torch.equal(found[:, :10], proposals(pictures, 10))


def test_two_rectangles_are_three_segments_and_their_boxes():
    picture = np.full((3, 20, 30), 0.2, np.float32)
    picture[0, 4:10, 5:12], picture[1, 12:18, 15:28] = 0.9, 0.8
    labels = segments(picture)
    assert labels.max() == 2 and len(np.unique(labels[5:9, 6:11])) == 1  # a corner is rounded
    boxes = {tuple(box) for box in joined(picture, labels).tolist()}
    assert {(5, 4, 12, 10), (15, 12, 28, 18), (0, 0, 30, 20)} <= boxes


def test_every_region_is_a_union_of_segments():
    """Guards the bookkeeping of boxes when regions are joined: the last one is the whole picture."""
    picture = scenes(1, 3).pictures[0].astype(np.float32) / 255
    labels = segments(picture)
    found = joined(picture, labels)
    count = labels.max() + 1
    assert len(found) == 2 * count - 1 and found[-1].tolist() == [0, 0, 64, 64]
    edges = [{row[side] for row in found[:count].tolist()} for side in range(4)]
    assert all(box[side] in edges[side] for box in found[count:].tolist() for side in range(4))


def test_a_plain_picture_has_only_itself():
    assert proposals(torch.full((1, 3, 16, 24), 0.5), 3)[0].tolist() == [[0, 0, 24, 16]] * 3


def test_noise_has_not_too_many_segments():
    """Guards against a second for a picture whose every pixel is a segment."""
    torch.manual_seed(0)
    assert segments(torch.rand(3, 64, 64).numpy()).max() < MOST
