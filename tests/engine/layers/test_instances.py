"""Objects packed into one map come out of it again: masks, classes, and the boxes around them."""

import numpy as np
import torch

from dltui.engine.generators.scenes import CLASSES, instances, scenes
from dltui.engine.layers.boxes import iou
from dltui.engine.layers.instances import packed, unpacked


def test_what_is_packed_comes_out_again():
    drawn = scenes(20, 1)
    seen = instances(drawn)
    rows, masks = unpacked(torch.from_numpy(packed(seen, drawn.classes, len(CLASSES))), 4, len(CLASSES))
    assert rows.shape == (20, 4, 5) and masks.shape == (20, 4, 64, 64)
    assert np.array_equal(rows[..., 4].numpy(), drawn.classes)
    for number in range(4):
        assert np.array_equal(masks[:, number].numpy(), seen == number + 1)
    there = rows[..., 4] >= 0
    for row, mask in zip(rows[there], masks[there], strict=True):
        y, x = mask.nonzero().T
        assert row[:4].tolist() == [x.min(), y.min(), x.max() + 1, y.max() + 1]


def test_masks_fill_the_boxes_of_the_outlines():
    drawn = scenes(20, 1, most=1)
    rows, _ = unpacked(torch.from_numpy(packed(instances(drawn), drawn.classes, 3)), 1, 3)
    assert iou(rows[..., :4], torch.from_numpy(drawn.boxes)).min() > 0.8


def test_of_two_that_overlap_the_later_is_seen():
    drawn = scenes(60, 2)
    seen, first = instances(drawn), instances(drawn._replace(classes=np.where(np.arange(4) < 1, drawn.classes, -1)))
    hidden = (first == 1) & (seen > 1)
    assert hidden.any() and not ((first == 1) & (seen == 0)).any()
