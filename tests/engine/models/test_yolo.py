"""The grid that a small YOLO gives; its boxes and the paper's loss, by hand."""

import pytest
import torch

from dltui.engine.layers.boxes import iou
from dltui.engine.models.yolo import COORD, NO_OBJECT, Grid, build, corners, detected, loss

SIZE, S, B, C = 64, 8, 2, 3
OBJECT = torch.tensor([[[20.0, 8.0, 36.0, 24.0, 2.0], [0, 0, 0, 0, -1]]])  # its middle: column 3.5, row 2


def test_a_grid_of_cells_with_boxes_in_the_picture_and_gradients_everywhere():
    torch.manual_seed(0)
    net = build(classes=4, boxes=3, depth=3)
    grid = net(torch.rand(5, 3, 64, 64))
    assert grid.boxes.shape == (5, 8, 8, 3, 4) and grid.confidence.shape == (5, 8, 8, 3)
    assert grid.scores.shape == (5, 8, 8, 4) and torch.allclose(grid.scores.sum(-1), torch.ones(5, 8, 8))
    assert grid.boxes.min() > 0 and grid.boxes.max() < 1
    sum(part.square().sum() for part in grid).backward()
    assert all(p.grad.abs().sum() > 0 for p in net.parameters())


def test_what_a_cell_gives_comes_from_where_it_lies():
    """Guards against rows and columns changed about: a mark at the right top moves the cells there most."""
    net = build().eval()
    picture = torch.zeros(1, 3, 64, 64)
    marked = picture.clone()
    marked[..., :8, 56:] = 5
    moved = (net(marked).scores - net(picture).scores).abs().sum(-1)[0]
    assert divmod(moved.argmax().item(), 8)[0] <= 2 and moved.argmax().item() % 8 >= 5


def perfect() -> Grid:
    """What cells say that know the object: its second box is it, its first one is far too small."""
    boxes = torch.full((1, S, S, B, 4), 0.1)
    boxes[0, 2, 3, 1] = torch.tensor([0.5, 0.0, 0.5, 0.5])  # sides: 16 / 64, square root 0.5
    confidence = torch.zeros(1, S, S, B)
    confidence[0, 2, 3, 1] = 1
    scores = torch.zeros(1, S, S, C)
    scores[0, 2, 3, 2] = 1
    return Grid(boxes, confidence, scores)


def test_a_cells_box_lies_where_the_paper_says():
    """Guards against row and column changed about and against sides without their square."""
    assert corners(perfect()[0], SIZE)[0, 2, 3, 1].tolist() == pytest.approx(OBJECT[0, 0, :4].tolist())


def test_who_knows_everything_loses_nothing():
    """Guards the roots of width and height, the box that answers for an object, and rows taken for columns."""
    assert loss(perfect(), OBJECT, SIZE).item() == pytest.approx(0, abs=1e-9)


def test_each_mistake_costs_what_the_paper_says():
    """Guards against a wrong lambda, and against an answer asked of the box that fits worse."""
    boxes, confidence, scores = perfect()
    elsewhere = confidence.clone()
    elsewhere[0, 0, 0, 0] = 1
    assert loss(Grid(boxes, elsewhere, scores), OBJECT, SIZE).item() == pytest.approx(NO_OBJECT)
    moved = boxes.clone()
    moved[0, 2, 3, 1, 0] = 0.6  # a tenth of a cell: 0.8 pixels
    to_be = iou(corners(moved, SIZE)[0, 2, 3, 1], OBJECT[0, 0, :4]).item()
    assert loss(Grid(moved, confidence, scores), OBJECT, SIZE).item() == pytest.approx(COORD * 0.01 + (1 - to_be) ** 2)
    wrong = scores.roll(1, -1)
    assert loss(Grid(boxes, confidence, wrong), OBJECT, SIZE).item() == pytest.approx(2)


def test_two_pixels_cost_a_small_box_more_than_a_large_one():
    """Guards against the missing square root: sides compared as they are would cost both the same."""
    costs = []
    for side in (8, 32):
        middle = torch.tensor([28.0, 36.0])  # column 3.5, row 4.5
        there = torch.cat([middle - side / 2, middle + side / 2, torch.tensor([2.0])])[None, None]
        boxes, confidence = torch.full((1, S, S, B, 4), 0.05), torch.zeros(1, S, S, B)
        boxes[0, 4, 3, 1] = torch.tensor([0.5, 0.5, ((side + 2) / SIZE) ** 0.5, (side / SIZE) ** 0.5])
        confidence[0, 4, 3, 1] = side / (side + 2)  # the IoU: only the place is wrong
        scores = torch.zeros(1, S, S, C)
        scores[0, 4, 3, 2] = 1
        costs.append(loss(Grid(boxes, confidence, scores), there, SIZE).item())
        wanted = COORD * (((side + 2) / SIZE) ** 0.5 - (side / SIZE) ** 0.5) ** 2
        assert costs[-1] == pytest.approx(wanted, rel=1e-3)
    assert costs[0] > 3 * costs[1]


def test_what_is_detected_is_the_object_and_its_twins_are_gone():
    boxes, confidence, scores = perfect()
    boxes[0, 2, 4, 0], confidence[0, 2, 4, 0] = torch.tensor([-0.4, 0.0, 0.5, 0.5]), 0.6  # the neighbour sees it too
    scores[0, 2, 4, 2] = 1
    (one,) = detected(Grid(boxes, confidence, scores), SIZE, 0.2, 0.5)
    assert one.classes.tolist() == [2] and one.scores.tolist() == [1]
    assert one.boxes[0].tolist() == pytest.approx(OBJECT[0, 0, :4].tolist())
    assert len(detected(Grid(boxes, confidence, scores), SIZE, 0.2, 1.0)[0].boxes) == 2


def test_a_picture_without_objects_has_only_the_confidences_to_lose():
    boxes, confidence, scores = perfect()
    assert loss(Grid(boxes, confidence, scores), OBJECT[:, 1:], SIZE).item() == pytest.approx(NO_OBJECT)
