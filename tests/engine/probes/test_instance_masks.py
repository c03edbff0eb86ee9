"""The probe of masks: their mAP is 1 for who knows them, 0 for shifted ones; equal to pycocotools' on noisy ones."""

import contextlib
import io

import numpy as np
import pytest
import torch
from torch import nn

from dltui.engine.data.scenes import build as scenes
from dltui.engine.layers.boxes import Boxes
from dltui.engine.layers.instances import unpacked
from dltui.engine.probes.instance_masks import build, inside, mask_iou
from dltui.engine.tasks import detect
from dltui.errors import DltuiError
from tests.engine.conftest import context

TEST = 12


class Knows(nn.Module):
    """A net that knows boxes and masks of the test, masks moved by some pixels, with the scores given."""

    def __init__(self, data, scores, shifts):
        super().__init__()
        self.rows, self.true = unpacked(data.test.targets, 4, 3)
        self.scores, self.shifts = scores, shifts

    def loss(self, pictures, objects, masks):
        assert masks.shape == (*objects.shape[:2], *pictures.shape[2:])
        return pictures.sum() * 0

    def detect(self, pictures, min_score, nms_iou):
        found = []
        for row in range(len(pictures)):
            there = self.rows[row, :, 4] >= 0
            found.append(Boxes(self.rows[row, there, :4], self.rows[row, there, 4].long(), self.scores[row, there]))
        return found

    def masks(self, pictures, boxes):
        found = []
        for row in range(len(boxes)):
            there = self.rows[row, :, 4] >= 0
            pairs = zip(self.true[row, there], self.shifts[row, there].tolist(), strict=True)
            found.append(torch.stack([mask.roll(shift, 1) for mask, shift in pairs]))
        return found

    def forward(self, pictures):
        return pictures


@pytest.fixture(scope="module")
def data():
    return scenes(targets="instances", train_rows=10, test_rows=TEST).builtin()


def probe(data, shifts, scores=None):
    scores = torch.ones(TEST, 4) if scores is None else scores
    return build()(detect.build()(context(data, {"model": Knows(data, scores, shifts)})))


def test_who_knows_the_masks_is_worth_1_and_shifted_ones_are_worth_nothing(data):
    knows = probe(data, torch.zeros(TEST, 4, dtype=torch.long)).evaluate()
    shifted = probe(data, torch.full((TEST, 4), 32)).evaluate()
    assert knows["mask_map50"] == pytest.approx(1) and knows["mask_iou"] == pytest.approx(1) and knows["ghosts"] == 0
    assert shifted["mask_map50"] == pytest.approx(0, abs=0.02) and shifted["mask_iou"] == pytest.approx(0, abs=0.05)
    assert 0.45 < knows["filled_iou"] == shifted["filled_iou"] < 0.8  # discs fill 0.79 of their boxes, triangles 0.5


def test_a_box_around_nothing_is_a_ghost(data):
    one = probe(data, torch.zeros(TEST, 4, dtype=torch.long))
    net, far = one.task.net, torch.tensor([[0.0, 0, 2, 2]])
    detect, masks = net.detect, net.masks
    net.detect = lambda *given: [
        Boxes(
            torch.cat([b.boxes, far]), torch.cat([b.classes, torch.zeros(1).long()]), torch.cat([b.scores, far[0, 2:3]])
        )
        for b in detect(*given)
    ]
    net.masks = lambda *given: [torch.cat([m, torch.zeros(1, 64, 64, dtype=torch.bool)]) for m in masks(*given)]
    assert one.evaluate()["ghosts"] == 1


def test_pixels_inside_boxes():
    assert inside(torch.tensor([[1.0, 2, 4, 7]]), 9).nonzero().amin(0).tolist() == [0, 2, 1]
    assert inside(torch.tensor([[1.0, 2, 4, 7]]), 9).sum() == 15


def test_it_is_pycocotools_segm_ap(data):
    coco_mask = pytest.importorskip("pycocotools.mask")
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    torch.manual_seed(0)
    shifts, scores = torch.randint(0, 14, (TEST, 4)), torch.rand(TEST, 4)
    one = probe(data, shifts, scores)
    annotations, results = [], []
    rows, true = one.truth
    for row in range(TEST):
        for number in range(4):
            if rows[row, number, 4] >= 0:
                of = {"image_id": row, "category_id": int(rows[row, number, 4])}
                whole, moved = (
                    coco_mask.encode(np.asfortranarray(mask.numpy().astype(np.uint8)))
                    for mask in (true[row, number], true[row, number].roll(int(shifts[row, number]), 1))
                )
                area = float(coco_mask.area(whole))
                bbox = coco_mask.toBbox(whole).tolist()
                annotations.append(
                    of | {"segmentation": whole, "area": area, "bbox": bbox, "iscrowd": 0, "id": len(annotations) + 1}
                )
                results.append(of | {"segmentation": moved, "score": float(scores[row, number])})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": row, "height": 64, "width": 64} for row in range(TEST)],
            "annotations": annotations,
            "categories": [{"id": k} for k in range(3)],
        }
        truth.createIndex()
        judge = COCOeval(truth, truth.loadRes(results), "segm")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    assert one.evaluate()["mask_map50"] == pytest.approx(judge.stats[1], abs=1e-6) and 0.1 < judge.stats[1] < 0.95


def test_of_two_of_one_class_each_has_its_colour(data):
    (picture,) = probe(data, torch.zeros(TEST, 4, dtype=torch.long)).pictures()
    rows = unpacked(data.test.targets, 4, 3)[0][:4]
    colours = [box["colour"] for box in picture.payload["boxes"] if box["cell"] == 0]
    assert len(set(colours)) == len(colours) == (rows[0, :, 4] >= 0).sum()
    assert len(np.unique(picture.payload["masks"][:64])) - 1 >= len(colours)


def test_iou_of_masks_by_hand():
    a, b = torch.zeros(1, 4, 4, dtype=torch.bool), torch.zeros(2, 4, 4, dtype=torch.bool)
    a[0, :2], b[0, 1:3], b[1, :2] = True, True, True
    assert mask_iou(a, b).tolist() == [[pytest.approx(1 / 3), 1]]


def test_a_net_without_masks_is_refused():
    data = scenes(train_rows=10, test_rows=4).builtin()

    class Boxed(nn.Module):
        def forward(self, pictures):
            return pictures

    with pytest.raises(DltuiError, match="gives no masks"):
        build()(detect.build()(context(data, {"model": Boxed()})))
