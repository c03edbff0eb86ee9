"""The grid that a small YOLO gives."""

import torch

from dltui.engine.models.yolo import build


def test_a_grid_of_cells_with_boxes_in_the_picture_and_gradients_everywhere():
    torch.manual_seed(0)
    net = build(classes=4, boxes=3, depth=3)
    grid = net(torch.rand(5, 3, 64, 64))
    assert grid.boxes.shape == (5, 8, 8, 3, 4) and grid.confidence.shape == (5, 8, 8, 3)
    assert grid.scores.shape == (5, 8, 8, 4) and torch.allclose(grid.scores.sum(-1), torch.ones(5, 8, 8))
    assert grid.boxes.min() > 0 and grid.boxes.max() < 1
    sum(part.square().sum() for part in grid).backward()
    assert all(p.grad.abs().sum() > 0 for p in net.parameters())


def test_what_a_cell_says_comes_from_where_it_lies():
    """Guards against rows and columns changed about: a mark at the right top moves the cells there most."""
    net = build().eval()
    picture = torch.zeros(1, 3, 64, 64)
    marked = picture.clone()
    marked[..., :8, 56:] = 5
    moved = (net(marked).scores - net(picture).scores).abs().sum(-1)[0]
    assert divmod(moved.argmax().item(), 8)[0] <= 2 and moved.argmax().item() % 8 >= 5
