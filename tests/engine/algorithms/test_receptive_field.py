"""The receptive field: the arithmetic against the gradient, which knows what a unit sees; shown layer by layer."""

import numpy as np
import pytest
import torch
from torch import nn

from dltui.engine.algorithms.receptive_field import Field, build, cut_out, extent, field_of, slopes_of
from dltui.engine.models import lenet, small_cnn
from dltui.errors import DltuiError
from tests.engine.conftest import context

STACKS = {
    "lenet, first": lenet.build().features[:1],
    "lenet, second": lenet.build().features[:4],
    "lenet, pooled": lenet.build().features,
    "small_cnn, second": small_cnn.build(channels=1).features[:5],
    "small_cnn, third": small_cnn.build(channels=1).features,
}


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_it_is_where_the_gradient_is_not_zero(stack):
    """With average for max pooling and only positive weights, every pixel that a unit sees counts."""
    layers = [nn.AvgPool2d(2) if isinstance(layer, nn.MaxPool2d) else layer for layer in stack.eval()]
    layers = [layer for layer in layers if not isinstance(layer, nn.ReLU)]
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 0.1)
    field = field_of(stack)
    x = torch.zeros(1, 1, 48, 48, requires_grad=True)
    maps = nn.Sequential(*layers)(x)
    for row, column in ((0, 0), (maps.shape[2] // 2, maps.shape[3] // 2), (1, maps.shape[3] - 1)):
        (slope,) = torch.autograd.grad(maps[0, 0, row, column], x, retain_graph=True)
        rows, columns = (slope[0, 0] != 0).nonzero().unbind(1)
        for seen, place in ((rows, row), (columns, column)):
            first = place * field.stride + field.start
            assert (seen.min(), seen.max()) == (max(0, first), min(47, first + field.size - 1))


def test_lenets_by_hand():
    features = lenet.build().features
    assert field_of(features[:1]) == Field(5, 1, -2)
    assert field_of(features[:4]) == Field(14, 2, -2)  # 5, 6 after pooling, and four more units 2 pixels apart


def test_what_lies_beyond_the_edge_is_black():
    pictures = torch.arange(1.0, 33).view(2, 1, 4, 4)
    cut = cut_out(pictures, Field(3, 2, -1), torch.tensor([[0, 0], [1, 1]]))
    assert cut[0, 0].tolist() == [[0, 0, 0], [0, 1, 2], [0, 5, 6]]
    assert torch.equal(cut[1, 0], pictures[1, 0, 1:, 1:])


@pytest.mark.parametrize("d", [1, 2, 3])
def test_dilation_is_counted_as_the_gradient_counts_it(d):
    layers = nn.Sequential(nn.Conv2d(1, 1, 3, 2, dilation=d), nn.MaxPool2d(2, 1, dilation=d), nn.Conv2d(1, 1, 3))
    for layer in (layers[0], layers[2]):
        nn.init.constant_(layer.weight, 0.1)
    slope = slopes_of(layers, torch.randn(30, 1, 40, 40), 1, 2).sum(0)
    field = field_of(layers)
    first = [place * field.stride + field.start for place in (1, 2)]
    assert extent(slope) == (*first, *[f + field.size - 1 for f in first])


def test_a_slope_is_the_sum_of_absolute_derivatives():
    layer = nn.Conv2d(2, 1, 2, bias=False)
    want = layer.weight[0].abs().sum(0).expand(3, -1, -1)  # of each picture alike
    torch.testing.assert_close(slopes_of(nn.Sequential(layer), torch.randn(3, 2, 4, 4), 1, 2)[:, 1:3, 2:4], want)


def test_where_nothing_is_felt_there_is_no_extent():
    assert extent(torch.zeros(3, 4)) == (-1, -1, -1, -1)
    assert extent(torch.tensor([[0.0, 0, 0], [0, -1, 0]])) == (1, 1, 1, 1)


DOUBLED = ["conv 3", "conv 3 dilation 2", "conv 3 dilation 4"]


def made(layers, **options):
    torch.manual_seed(0)
    return build(layers=layers, **options)(context())


def end(walk):
    return walk.at(walk.length).metrics


def shown(walk):
    return {picture.pane: picture.payload for picture in walk.at(walk.length).pictures}


def test_three_small_kernels_reach_as_far_as_a_large_one_with_fewer_weights():
    three, one = end(made(["conv 3"] * 3)), end(made(["conv 7"]))
    assert (three["computed"], three["measured"], three["weights"]) == (7, 7, 27)
    assert (one["computed"], one["measured"], one["weights"]) == (7, 7, 49)
    assert three["wrong"] == one["wrong"] == 0 and three["middle"] > one["middle"]


@pytest.mark.parametrize(
    ("layers", "size"),
    [(DOUBLED, 15), (["conv 7 stride 2", "max 3 stride 2"], 11), (["max 2"] * 3 + ["conv 3"], 24), (["conv 4"] * 2, 7)],
)
def test_measured_is_computed(layers, size):
    """Strides, padding, dilation and even windows by hand, and by the gradient: the square's place too."""
    found = end(made(layers, pictures=30))
    assert (found["computed"], found["measured"], found["wrong"]) == (size, size, 0)


def test_wrong_falls_layer_by_layer():
    walk = made(["conv 3"] * 3)
    wrong = [walk.at(step).metrics["wrong"] for step in range(1, walk.length + 1)]
    assert wrong[0] >= 2 and wrong[7] == 2 and wrong[15] == 1 and wrong[23] == 0


def test_equal_dilations_leave_holes_that_doubled_ones_do_not():
    assert end(made(DOUBLED))["filled"] == 1
    found = end(made(["conv 3 dilation 2"] * 3))
    assert found["filled"] == pytest.approx((7 / 13) ** 2)


@pytest.mark.parametrize("layers", [DOUBLED, ["conv 3 dilation 2"] * 2, ["conv 3", "max 2", "conv 3"]])
def test_the_side_view_shows_the_pixels_that_are_felt(layers):
    walk = made(layers, pictures=30)
    view = shown(walk)["side view"]
    y, label, x = (np.asarray(view[key]) for key in ("y", "label", "x"))
    seen = np.sort(x[(y == 0) & (label == 0)])
    felt = walk.slopes[-1].sum((0, 1)).nonzero()[:, 0].numpy()
    assert (seen - seen[0] == felt - felt[0]).all() and len(seen) == len(felt)
    assert (y == len(layers)).sum() == 1  # one unit at the top
    for path in view["paths"]:  # a link joins a unit with one of the layer below
        assert path["y"][0] - path["y"][1] == 1 and path["x"][1] in x[y == path["y"][1]]


def test_the_box_is_around_what_is_felt():
    walk = made(DOUBLED)
    picture = shown(walk)["felt"]
    first, _, last, _ = picture["boxes"][0]["box"]
    rows = np.flatnonzero(picture["pixels"].any(1))
    assert (rows[0] - 1, rows[-1] + 2) == (first, last)
    assert len(shown(walk)["layers"]["boxes"]) == 3
    assert [picture.pane for picture in walk.at(9).pictures] == ["side view", "felt"]  # the second layer has begun


def test_the_run_s_seed_alone_draws_weights_and_pictures():
    assert torch.equal(made(DOUBLED).slopes, made(DOUBLED).slopes)


@pytest.mark.parametrize("layers", [["conf 3"], ["conv 0"], ["conv 3 stride 0"], [], ["conv 65"]])
def test_what_is_no_layer_or_sees_too_much_is_said(layers):
    with pytest.raises(DltuiError, match=r"algorithm\.layers"):
        made(layers)
