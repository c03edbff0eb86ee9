"""Segmentation: its loss and its measures by hand, what its pictures show, and tiles that predict as the whole does."""

import numpy as np
import pytest
import torch
from torch import nn

from dltui.engine.data.cells import build as cells
from dltui.engine.data.scene_masks import build as scene_masks
from dltui.engine.layers.overlap_tiles import mirrored, tiled
from dltui.engine.losses import weighted_cross_entropy
from dltui.engine.losses.weighted_cross_entropy import weight_map
from dltui.engine.metrics.borders import border_iou, count_regions, lines_between
from dltui.engine.tasks.segment import SHOWN, build
from dltui.errors import DltuiError
from tests.engine.conftest import context

OF_BORDERS = {"wall_iou", "pixel_iou", "recall", "precision", "count_error"}
SEAMS = {"seams", "cut_seams"}
REACH = 3  # pixels on which a prediction of `net` depends to each side


class Knows(nn.Module):
    """Gives the logits of given walls, whatever the picture."""

    def __init__(self, walls):
        super().__init__()
        self.logits = nn.Parameter(torch.stack([1.0 - walls, walls * 1.0], 1) * 4)  # (N, 2, H, W)

    def forward(self, pictures):
        return self.logits[: len(pictures)]


@pytest.fixture(scope="module")
def data():
    return cells(rows=10).builtin()


def made(data, net, margin=0, **options):
    return build(margin=margin)(context(data, {"model": net}, loss=weighted_cross_entropy.build(**options)))


def task(data, walls, **options):
    return made(data, Knows(walls), **options)


def test_who_knows_the_walls_gets_everything_right(data):
    values = task(data, data.test.targets).evaluate()
    assert set(values) == OF_BORDERS
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
    assert picture.pane == "walls" and picture.payload["classes"] == ["wall found", "wall missed", "wall made up"]
    assert (masks[:10] == 2 * true[:10]).all() and (masks[20:] == true[20:]).all()
    assert (masks[10:20] == torch.where(true[10:20] == 1, 1, 3)).all()


def test_the_map_of_weights_is_shown_where_there_is_one(data):
    _, picture = task(data, data.test.targets, w0=3.0, sigma=2.0).pictures()
    wanted = weight_map(data.test.targets[0].numpy(), 3.0, 2.0)[:SHOWN, :SHOWN]
    assert picture.pane == "weights" and (picture.payload["values"] == wanted).all() and wanted.max() > 1
    assert [picture.pane for picture in task(data, data.test.targets, w0=0.0).pictures()] == ["walls"]


@pytest.fixture
def net():
    """Three convolutions, so that an answer depends on three pixels to each side; sizes shrink by none."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(a, b, 3, padding=1) for a, b in ((1, 4), (4, 4), (4, 2))]
    return nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2]).requires_grad_(False)


@pytest.fixture(scope="module")
def whole():
    return cells(rows=40, size=32, whole=True).builtin()


def test_large_pictures_are_predicted_by_tiles_whose_margin_leaves_no_seam(whole, net):
    """Three convolutions look three pixels far. Guards against tiles that are cut, and that nobody notices."""
    with torch.no_grad():  # so that both classes are met
        logits = net(whole.test.inputs.float() / 255)
        net[-1].bias[1] += (logits[:, 0] - logits[:, 1]).median()
    found = [made(whole, net, margin).evaluate() for margin in (3, 1)]
    assert found[0]["seams"] == 0 and found[0]["cut_seams"] > 0.002 and found[1]["seams"] > 0
    assert set(found[0]) == OF_BORDERS | SEAMS


def test_the_tiles_are_shown_with_what_is_seen_for_one(whole):
    net = nn.Conv2d(1, 2, 1).requires_grad_(False)
    picture = list(made(whole, net, 8).pictures())[-1]
    boxes = [box["box"] for box in picture.payload["boxes"]]
    assert picture.pane == "tiles" and picture.payload["pixels"].shape == picture.payload["masks"].shape == (80, 80)
    assert boxes[:4] == [[x, y, x + 32, y + 32] for y in (8, 40) for x in (8, 40)]
    assert boxes[4:] == [[0, 0, 48, 48], [8, 8, 40, 40]]


def test_a_margin_wider_than_the_picture_is_told(whole):
    with pytest.raises(DltuiError, match="margin 64 is too wide: test pictures of 64 pixels"):
        made(whole, nn.Conv2d(1, 2, 1), 64)


def test_it_wants_masks_of_two_classes(data):
    wrong = data._replace(train=data.train._replace(targets=torch.zeros(8)))
    with pytest.raises(DltuiError, match="needs masks"):
        made(wrong, None)
    with pytest.raises(DltuiError, match="there are 3 classes"):
        made(data._replace(classes=("a", "b", "c")), None)


@pytest.fixture
def pictures():
    return torch.rand(3, 1, 12, 24, generator=torch.Generator().manual_seed(1))


def test_with_a_margin_of_the_reach_tiles_answer_as_the_whole_picture_and_not_with_less(net, pictures):
    """Guards against a margin that is cut off the wrong side, and tiles put together in the wrong order."""
    whole = net(mirrored(pictures, REACH))[..., REACH:-REACH, REACH:-REACH]
    assert torch.allclose(tiled(net, pictures, 4, REACH), whole, atol=1e-6)
    for margin in (0, REACH - 1):
        apart = (tiled(net, pictures, 4, margin) - whole).abs().amax((0, 1))
        assert (apart > 1e-4).any()


def test_without_a_margin_each_tile_is_a_picture_of_its_own(net, pictures):
    found = tiled(net, pictures, 4, 0)
    assert torch.allclose(found[:, :, 4:8, 8:12], net(pictures[:, :, 4:8, 8:12]), atol=1e-6)


def test_beyond_the_edge_the_picture_is_mirrored():
    """Guards against a black frame, and against an edge that is repeated: the pixel at the edge stands once."""
    row = torch.arange(4.0).expand(1, 1, 4, 4)
    assert mirrored(row, 2)[0, 0, 0].tolist() == [2, 1, 0, 1, 2, 3, 2, 1]


def test_walls_part_cells_and_a_gap_joins_two():
    walls = np.zeros((12, 12), np.uint8)
    walls[:, 6] = 1
    assert count_regions(walls) == 2
    walls[5, 6] = 0
    assert count_regions(walls) == 1


def halves(thick=1, at=8, gap=False):
    """Two cells and the wall between them (16, 16)."""
    walls = np.zeros((16, 16), np.uint8)
    walls[:, at : at + thick] = 1
    walls[5, :] *= not gap
    return walls


def test_a_border_is_a_line_in_the_middle_however_thick_the_wall_is():
    """Guards against judging thickness: the cells on both sides grow until they meet."""
    for thick, at in ((1, 8), (3, 7), (5, 6)):
        lines = lines_between(halves(thick, at))
        assert (lines.sum(1) == 1).all() and set(np.nonzero(lines)[1].tolist()) <= {7, 8}
    assert border_iou(halves(5, 6)[None], halves()[None]) == 1


def test_a_wall_with_a_gap_is_worth_nothing_and_one_made_up_costs():
    """Guards against pixels counted instead of borders: 15 of 16 wall pixels part nothing."""
    true = halves()[None]
    assert border_iou(halves(gap=True)[None], true) == 0
    assert border_iou(halves(at=9)[None], true) == 1 and border_iou(halves(at=11)[None], true) == 0
    both = np.maximum(halves(), halves(at=13))[None]
    assert border_iou(both, true) == pytest.approx(0.5) and border_iou(true, both) == pytest.approx(0.5)


def test_specks_and_cells_below_the_least_size_draw_no_border():
    walls = halves()
    speckled = walls.copy()
    speckled[2:6, 2:6] = 1
    speckled[3:5, 3:5] = 0  # four pixels in a ring: no cell
    assert count_regions(speckled) == 2 and (lines_between(speckled) == lines_between(walls)).all()


def test_where_all_is_wall_or_all_is_cell_there_is_no_border():
    assert not lines_between(np.ones((5, 5))).any() and not lines_between(np.zeros((5, 5))).any()
    assert count_regions(np.zeros((5, 5))) == 1 and count_regions(np.ones((5, 5))) == 0


# -- any number of classes ---------------------------------------------------------------------------------------------


class Labels(nn.Module):
    """Gives the logits of given class numbers (N, H, W), whatever the picture."""

    def __init__(self, labels):
        super().__init__()
        self.logits = nn.Parameter(nn.functional.one_hot(labels.long(), 4).permute(0, 3, 1, 2) * 4.0)

    def forward(self, pictures):
        return self.logits[: len(pictures)]


@pytest.fixture(scope="module")
def scenes():
    return scene_masks(train_rows=10, test_rows=8).builtin()


def classed(scenes, labels, **more):
    return build(judge="classes")(context(scenes, {"model": Labels(labels)}, **more))


def test_who_knows_all_classes_gets_everything_right(scenes):
    values = classed(scenes, scenes.test.targets).evaluate()
    assert values == dict.fromkeys(("mean_iou", "iou_borders", "iou_small", "iou_large"), 1.0)


def test_what_is_missed_lowers_the_measure_of_its_size_alone(scenes):
    """Guards against small and large changed about, and a mean over pixels that small things hardly move."""
    knows = classed(scenes, scenes.test.targets)
    labels = scenes.test.targets.clone()
    for thing in knows.things:
        if thing.small:
            labels[thing.picture][thing.window][torch.from_numpy(thing.own)] = 0
    values = classed(scenes, labels).evaluate()
    assert values["iou_small"] == 0 and values["iou_large"] == 1 and 0.8 < values["mean_iou"] < 1


def test_where_there_is_nothing_of_a_size_nothing_is_measured(scenes):
    walls = (scenes.test.targets == 1).to(torch.uint8)
    values = classed(scenes._replace(test=scenes.test._replace(targets=walls)), walls).evaluate()
    assert values == {"mean_iou": 1.0, "iou_borders": 1.0}


def test_a_loss_without_weights_is_given_none(scenes):
    """Its pixels are turned with their pictures: all rows show one class, so the loss knows it."""
    loss = classed(scenes, torch.full((4, 40, 40), 2), loss=nn.functional.cross_entropy).loss(torch.arange(4))
    wanted = classed(scenes, torch.full((4, 40, 40), 2)).loss(torch.arange(4))
    shares = torch.bincount(scenes.train.targets[:4].flatten().long(), minlength=4) / (4 * 40 * 40)
    assert loss.item() == pytest.approx(wanted.item())
    assert loss.item() == pytest.approx((4 - 4 * shares[2] + np.log(1 + 3 * np.exp(-4))).item(), rel=1e-4)


def test_its_pictures_are_those_of_the_probe(scenes):
    assert list(classed(scenes, scenes.test.targets).pictures()) == []


def test_of_two_classes_it_is_told_how_much_of_the_second_is_found():
    data = scene_masks(scene="lines", train_rows=10, test_rows=2, size=32).builtin()
    truth = data.test.targets.long()
    half = truth.clone()
    half[:, ::2] = 0
    for labels, iou in ((torch.zeros_like(truth), 0), (truth, 1), (half, half.sum().item() / truth.sum().item())):
        values = classed(data, labels).evaluate()
        assert values["foreground_iou"] == pytest.approx(iou) and values["foreground_ratio"] == pytest.approx(iou)
