"""SSD: an output for every anchor in their order, the paper's loss by hand, boxes that lead back."""

import pytest
import torch
from torch.nn.functional import cross_entropy, smooth_l1_loss

from dltui.engine.layers.anchors import encode, matched, of_owners
from dltui.engine.layers.boxes import iou
from dltui.engine.models.ssd import Predicted, build, multibox
from dltui.errors import DltuiError

OBJECTS = torch.tensor([[[20.0, 8, 36, 24, 2], [50, 50, 57, 56, 0]], [[5.0, 5, 15, 15, 1], [0, 0, 0, 0, -1]]])


def net(**options):
    torch.manual_seed(0)
    return build(**options)


def test_every_anchor_has_offsets_and_scores_and_every_weight_a_gradient():
    ssd = net()
    offsets, logits = ssd(torch.rand(2, 3, 64, 64))
    assert len(ssd.anchors) == 4 * (16**2 + 8**2 + 4**2 + 2**2)
    assert offsets.shape == (2, len(ssd.anchors), 4) and logits.shape == (2, len(ssd.anchors), 4)
    ssd.loss(torch.rand(2, 3, 64, 64), OBJECTS).backward()
    assert all(p.grad is not None for p in ssd.parameters())
    (offsets.square().sum() + logits.square().sum()).backward()
    assert all(p.grad.abs().sum() > 0 for p in ssd.parameters())


def test_the_outputs_of_a_place_belong_to_the_anchors_there():
    """Guards against another order of cells than the anchors': a mark moves the anchors around it most."""
    ssd = net().eval()
    picture = torch.zeros(1, 3, 64, 64)
    marked = picture.clone()
    marked[..., 52:60, 4:12] = 5
    moved = (ssd(marked).logits - ssd(picture).logits).abs().sum(-1)[0, : 4 * 16**2]  # the first map
    left, top, right, bottom = ssd.anchors[moved.argmax()].tolist()
    assert abs((left + right) / 2 - 8) <= 8 and abs((top + bottom) / 2 - 56) <= 8


@pytest.mark.parametrize("negatives", [3.0, 0.0])
def test_the_loss_is_that_of_loops(negatives):
    ssd, random = net(), torch.Generator().manual_seed(1)
    K = len(ssd.anchors)
    predicted = Predicted(torch.randn(2, K, 4, generator=random), torch.randn(2, K, 4, generator=random))
    owner = matched(ssd.anchors, OBJECTS)
    boxes, of_class = of_owners(owner, OBJECTS)
    total = 0.0
    for row in range(2):
        ours = [k for k in range(K) if owner[row, k] >= 0]
        costs = cross_entropy(predicted.logits[row], of_class[row] + 1, reduction="none")
        rest = sorted((costs[k].item() for k in range(K) if owner[row, k] < 0), reverse=True)
        total += sum(costs[k].item() for k in ours) + sum(rest[: 3 * len(ours)] if negatives else rest)
        for k in ours:
            total += smooth_l1_loss(predicted.offsets[row, k], encode(boxes[row, k], ssd.anchors[k]), reduction="sum")
    wanted = float(total) / int((owner >= 0).sum())
    assert multibox(predicted, of_class, encode(boxes, ssd.anchors), negatives).item() == pytest.approx(
        wanted, rel=1e-4
    )


def test_who_knows_the_anchors_finds_the_objects():
    """Guards the offsets' way back, and background taken for a class."""
    ssd = net()
    owner = ssd.owners(OBJECTS)
    boxes, of_class = of_owners(owner, OBJECTS)
    logits = 20.0 * torch.nn.functional.one_hot(of_class + 1, 4)
    ssd.forward = lambda pictures: Predicted(encode(boxes, ssd.anchors), logits)
    found = ssd.detect(torch.zeros(2, 3, 64, 64), 0.2, 0.5)
    for one, there in zip(found, OBJECTS, strict=True):
        there = there[there[:, 4] >= 0]
        assert len(one.boxes) == len(there)
        overlap = iou(one.boxes[:, None], there[None, :, :4])
        assert (overlap.amax(0) > 0.999).all()
        assert one.classes.tolist() == there[overlap.argmax(1), 4].long().tolist()


def test_maps_of_less_than_a_cell_are_refused():
    with pytest.raises(DltuiError, match="less than whole cells"):
        build(size=40)
