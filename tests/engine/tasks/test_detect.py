"""Detection: who knows the objects is worth 1, and the picture shows what was found."""

import pytest
import torch
from torch import nn

from dltui.engine.data.scenes import build as scenes
from dltui.engine.models.yolo import Grid, detected, loss
from dltui.engine.tasks.detect import METRICS, build
from dltui.errors import DltuiError
from tests.engine.conftest import context

SIZE, S = 64, 16


class Knows(nn.Module):
    """The grid of a net that knows the objects (N, M, 5) of the test; a fine grid, so that no two share a cell."""

    def __init__(self, objects):
        super().__init__()
        boxes = torch.full((len(objects), S, S, 1, 4), 0.1)
        sure, scores = torch.zeros(len(objects), S, S, 1), torch.zeros(len(objects), S, S, 3)
        for picture, rows in enumerate(objects):
            for *box, of_class in rows[rows[:, 4] >= 0].tolist():
                x, y = (box[0] + box[2]) / 2 * S / SIZE, (box[1] + box[3]) / 2 * S / SIZE
                sides = (box[2] - box[0]) / SIZE, (box[3] - box[1]) / SIZE
                boxes[picture, int(y), int(x), 0] = torch.tensor([x % 1, y % 1, sides[0] ** 0.5, sides[1] ** 0.5])
                sure[picture, int(y), int(x)] = 1
                scores[picture, int(y), int(x), int(of_class)] = 1
        self.grid = Grid(boxes, sure, scores)

    def forward(self, pictures):
        return Grid(*(part[: len(pictures)] for part in self.grid))

    def loss(self, pictures, objects):
        return loss(self(pictures), objects, SIZE)

    def detect(self, pictures, min_score, nms_iou):
        return detected(self(pictures), SIZE, min_score, nms_iou)


def made(data, objects):
    return build()(context(data, {"model": Knows(objects)}))


@pytest.fixture(scope="module")
def data():
    return scenes(train_rows=32, test_rows=8).builtin()


def test_who_knows_the_objects_is_worth_1(data):
    values = made(data, data.test.targets).evaluate()
    assert values == {"test_loss": pytest.approx(0, abs=1e-6), "map50": pytest.approx(1), "best_iou": pytest.approx(1)}
    assert set(values) == set(METRICS) - {"loss"}


def test_who_knows_the_places_but_not_the_classes_is_worth_little(data):
    objects = data.test.targets.clone()
    known = objects[..., 4] >= 0
    objects[..., 4][known] = (objects[..., 4][known] + 1) % 3
    values = made(data, objects).evaluate()
    assert values["map50"] == 0 and values["best_iou"] == pytest.approx(1)


def test_its_picture_holds_objects_and_predicted_boxes(data):
    picture, _ = made(data, data.test.targets).pictures()
    boxes = picture.payload["boxes"]
    dashed = [box["box"] for box in boxes if box.get("dashed")]
    assert sorted(dashed) == sorted(box["box"] for box in boxes if not box.get("dashed"))
    assert len(dashed) == (data.test.targets[:6, :, 4] >= 0).sum()


def test_the_grid_shows_the_class_of_each_cell_and_where_it_is_sure(data):
    """Guards against rows and columns of the grid changed about."""
    _, picture = made(data, data.test.targets).pictures()
    masks, pixels = picture.payload["masks"], picture.payload["pixels"].astype(float)
    assert picture.pane == "grid" and masks.shape == pixels.shape[:2] == (SIZE, 2 * SIZE) and not masks[:, SIZE:].any()
    lit = pixels[:, SIZE:].sum(-1) > 0.5 * pixels[:, :SIZE].sum(-1)
    objects = data.test.targets[0]
    for x1, y1, x2, y2, of_class in objects[objects[:, 4] >= 0].tolist():
        x, y = int((x1 + x2) / 2), int((y1 + y2) / 2)
        assert masks[y, x] == of_class + 1 and lit[y, x]
    assert lit.mean() < 0.1


def test_a_crowd_of_boxes_has_no_names(data):
    """Names on twenty blood cells would hide the cells; colours and the key still tell the class."""
    crowded = torch.stack([torch.tensor([x, x, x + 6.0, x + 6.0, 1.0]) for x in range(0, 56, 7)])  # (8, 5)
    objects = data.test.targets.new_full((len(data.test.targets), 8, 5), -1)
    objects[0], objects[1, :6] = crowded, crowded[:6]
    full = data._replace(test=data.test._replace(targets=objects))
    picture, _ = made(full, objects).pictures()
    named = [("label" in box) for box in picture.payload["boxes"] if not box.get("dashed")]
    assert named == [False] * 8 + [True] * 6


def test_it_wants_boxes(data):
    wrong = data._replace(train=data.train._replace(targets=torch.zeros(8)))
    with pytest.raises(DltuiError, match=r"needs boxes.*Data that have them: scenes"):
        build()(context(wrong, {"model": None}))
