"""Mask R-CNN: masks are pasted where their boxes lie, and learned in the coordinates of the regions."""

import torch

from dltui.engine.data.scenes import build as scenes
from dltui.engine.layers.boxes import Boxes
from dltui.engine.layers.instances import unpacked
from dltui.engine.models.mask_rcnn import build, pasted


def test_a_mask_is_pasted_where_its_box_lies():
    masks = torch.zeros(2, 4, 4)
    masks[0], masks[1, :, :2] = 1, 1  # all of it; the left half
    boxes = torch.tensor([[2.0, 3, 6, 8], [8.0, 8, 16, 12]])
    found = pasted(masks, boxes, 20) >= 0.5
    wanted = torch.zeros(2, 20, 20, dtype=torch.bool)
    wanted[0, 3:8, 2:6], wanted[1, 8:12, 8:12] = True, True
    assert torch.equal(found, wanted)


def test_gradients_reach_every_head():
    torch.manual_seed(0)
    data = scenes(targets="instances", train_rows=10, test_rows=2).builtin()
    objects, masks = unpacked(data.train.targets, 4, 3)
    net = build()
    net.loss(data.train.inputs.float() / 255, objects, masks).backward()
    assert all(p.grad.abs().sum() > 0 for p in net.parameters())


def test_the_mask_of_the_class_that_was_detected_is_taken():
    net = build().eval()
    wanted = torch.full((1, 2, 3, 16, 16), -5.0)
    wanted[0, 0, 2], wanted[0, 1, 0] = 5, 5
    net.mask_logits = lambda maps, boxes: wanted
    boxes = torch.tensor([[0.0, 0, 16, 16], [20.0, 20, 40, 36]])
    (found,) = net.masks(torch.rand(1, 3, 64, 64), [Boxes(boxes, torch.tensor([2, 1]), torch.ones(2))])
    assert found.shape == (2, 64, 64) and found[0, :16, :16].all() and not found[0, 16:].any() and not found[1].any()


def test_no_boxes_no_masks():
    (found,) = (
        build()
        .eval()
        .masks(torch.rand(1, 3, 64, 64), [Boxes(torch.zeros(0, 4), torch.zeros(0, dtype=torch.long), torch.zeros(0))])
    )
    assert found.shape == (0, 64, 64)
