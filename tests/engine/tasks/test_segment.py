"""Segmentation: its loss by hand, its measures by hand, and what its picture shows."""

import pytest
import torch
from torch import nn

from dltui.engine.data.cells import build as cells
from dltui.engine.generators.cells import weight_map
from dltui.engine.tasks.segment import METRICS, SHOWN, VERDICTS, build
from dltui.errors import DltuiError

CPU = torch.device("cpu")


class Says(nn.Module):
    """Gives the logits it was told to give, whatever the picture."""

    def __init__(self, walls):
        super().__init__()
        self.logits = nn.Parameter(torch.stack([1.0 - walls, walls * 1.0], 1) * 4)  # (N, 2, H, W)

    def forward(self, pictures):
        return self.logits[: len(pictures)]


@pytest.fixture(scope="module")
def data():
    return cells(rows=10).builtin()


def task(data, walls, **options):
    return build(**options)(data, {"model": Says(walls)}, CPU)


def test_who_knows_the_walls_gets_everything_right(data):
    values = task(data, data.test.targets).evaluate()
    assert set(values) == set(METRICS) - {"loss", "seams", "cut_seams"}
    assert values.pop("count_error") == 0 and set(values.values()) == {1.0}


def test_half_the_walls_are_half_the_recall_and_cells_grow_together(data):
    """Guards against recall and precision changed about."""
    walls = data.test.targets.clone()
    walls[:, ::2] = 0
    values = task(data, walls).evaluate()
    assert values["precision"] == 1 and values["pixel_iou"] == pytest.approx(values["recall"])
    assert 0.4 < values["recall"] < 0.6 and values["count_error"] > 0.5 and values["wall_iou"] < 0.1


def test_a_missed_wall_costs_what_the_map_says(data):
    """The loss of a net that says "cell" everywhere is the weights' mean of two known errors."""
    stressed = task(data, torch.zeros(8, 64, 64), w0=2.0)
    weights = torch.stack([torch.from_numpy(weight_map(walls, 2.0, 5.0)) for walls in data.train.targets.numpy()])
    right = nn.functional.softplus(torch.tensor(-4.0))
    errors = torch.where(data.train.targets == 1, right + 4, right)
    assert stressed.loss(torch.arange(8)).item() == pytest.approx(((weights * errors).sum() / weights.sum()).item())
    assert task(data, torch.zeros(8, 64, 64), w0=0.0).loss(torch.arange(8)) < stressed.loss(torch.arange(8))


def test_its_picture_tells_what_was_found_missed_and_made_up(data):
    walls = data.test.targets.clone()
    walls[0, :10] = 0
    walls[0, 10:20] = 1
    picture, _ = task(data, walls).pictures()
    masks, true = torch.as_tensor(picture.payload["masks"]), data.test.targets[0, :SHOWN, :SHOWN]
    assert picture.payload["classes"] == list(VERDICTS)
    assert (masks[:10] == 2 * true[:10]).all() and (masks[20:] == true[20:]).all()
    assert (masks[10:20] == torch.where(true[10:20] == 1, 1, 3)).all()


def test_the_map_of_weights_is_shown_where_there_is_one(data):
    _, picture = task(data, data.test.targets, w0=3.0, sigma=2.0).pictures()
    wanted = weight_map(data.test.targets[0].numpy(), 3.0, 2.0)[:SHOWN, :SHOWN]
    assert picture.pane == "weights" and (picture.payload["values"] == wanted).all() and wanted.max() > 1
    assert [picture.pane for picture in task(data, data.test.targets, w0=0.0).pictures()] == ["walls"]


@pytest.fixture(scope="module")
def whole():
    return cells(rows=40, size=32, whole=True).builtin()


def test_large_pictures_are_judged_by_tiles_whose_margin_leaves_no_seam(whole):
    """Three convolutions look three pixels far. Guards against tiles that are cut, and that nobody notices."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(a, b, 3, padding=1) for a, b in ((1, 4), (4, 4), (4, 2))]
    net = nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2]).requires_grad_(False)
    with torch.no_grad():  # so that both classes are met
        logits = net(whole.test.inputs.float() / 255)
        net[-1].bias[1] += (logits[:, 0] - logits[:, 1]).median()
    found = [build(margin=margin)(whole, {"model": net}, CPU).evaluate() for margin in (3, 1)]
    assert found[0]["seams"] == 0 and found[0]["cut_seams"] > 0.002 and found[1]["seams"] > 0
    assert set(found[0]) == set(METRICS) - {"loss"}


def test_the_tiles_are_shown_with_what_is_seen_for_one(whole):
    net = nn.Conv2d(1, 2, 1).requires_grad_(False)
    picture = list(build(margin=8)(whole, {"model": net}, CPU).pictures())[-1]
    boxes = [box["box"] for box in picture.payload["boxes"]]
    assert picture.pane == "tiles" and picture.payload["pixels"].shape == picture.payload["masks"].shape == (80, 80)
    assert boxes[:4] == [[x, y, x + 32, y + 32] for y in (8, 40) for x in (8, 40)]
    assert boxes[4:] == [[0, 0, 48, 48], [8, 8, 40, 40]]


def test_a_margin_wider_than_the_picture_is_told(whole):
    with pytest.raises(DltuiError, match="margin 64 is too wide: test pictures of 64 pixels"):
        build(margin=64)(whole, {"model": nn.Conv2d(1, 2, 1)}, CPU)


def test_it_wants_maps(data):
    wrong = data._replace(train=data.train._replace(targets=torch.zeros(8)))
    with pytest.raises(DltuiError, match="a map of cells and walls"):
        build()(wrong, {}, CPU)
