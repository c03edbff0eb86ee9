"""Grad-CAM: the class activation map where that exists, the quarter of a peak, and a net that cannot point."""

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import mlp, mobilenet, small_cnn
from dltui.engine.probes.grad_cam import (
    METRICS,
    build,
    class_map,
    drawn_grids,
    features_and_gradient,
    joined,
    quarter_of_peak,
    redrawn,
)
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context


class ByColour(nn.Module):
    """The logit of a channel is its mean: a net that knows four colours by hand, and pictures of any size."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Conv2d(4, 4, 1, bias=False)
        with torch.no_grad():
            self.maps.weight.copy_(torch.eye(4)[..., None, None])

    def forward(self, pictures):
        return self.maps(pictures).mean((2, 3))


@pytest.fixture
def data() -> Dataset:
    """Pictures of four classes, each bright in the channel of its own."""
    targets = torch.arange(40) % 4
    pictures = torch.zeros(40, 4, 8, 8, dtype=torch.uint8)
    pictures[torch.arange(40), targets] = 200
    rows = Split(pictures, targets)
    return Dataset(rows, rows, ("a", "b", "c", "d"), "builtin", "", {"channels": 4, "size": 8, "classes": 4})


def test_after_a_global_mean_it_is_the_class_activation_map():
    """Selvaraju, section 3.1: CAM's weights (Zhou et al. 2016) are those of the linear layer, but for 1 / Z."""
    torch.manual_seed(0)
    net = mobilenet.build(width=2, stages=2, channels=1).eval()
    x, classes = torch.rand(3, 1, 24, 24), torch.tensor([1, 7, 4])
    features, gradient = features_and_gradient(net, x, classes)
    cam = torch.einsum("bk,bkhw->bhw", net.head.weight[classes], features) / features[0, 0].numel()
    assert features.shape[2:] == (6, 6)
    torch.testing.assert_close(class_map(features, gradient), cam.clamp(min=0).detach())


def test_the_weight_of_a_map_is_the_slope_of_the_logit():
    """What a small step along the map changes, measured."""
    torch.manual_seed(0)
    head, features = nn.Sequential(nn.Flatten(), nn.Linear(5 * 16, 3)), torch.rand(1, 5, 4, 4)
    net = nn.Sequential(nn.Identity(), head)
    _, gradient = features_and_gradient(net, features, torch.tensor([2]))
    step = torch.zeros_like(features)
    step[:, 3] = 1e-2
    slope = (net(features + step) - net(features))[0, 2] / 1e-2 / 16
    assert gradient.mean((2, 3))[0, 3] == pytest.approx(slope.item(), abs=1e-4)


def test_four_pictures_make_one_and_a_peak_has_its_quarter():
    parts = torch.arange(4.0).view(1, 4, 1, 1, 1).expand(1, 4, 1, 3, 3)
    grid = joined(parts)
    assert grid[0, 0, 0].tolist() == [0, 0, 0, 1, 1, 1] and grid[0, 0, 5].tolist() == [2, 2, 2, 3, 3, 3]
    maps = torch.zeros(5, 6, 6)
    for number, (row, column) in enumerate(((0, 2), (2, 3), (3, 0), (5, 5))):
        maps[number, row, column] = 1
    assert quarter_of_peak(maps).tolist() == [0, 1, 2, 3, -1]


def test_grids_have_four_different_classes_and_rows_of_them():
    targets = torch.arange(60) % 6
    numbers, classes = drawn_grids(targets, 30)
    assert torch.equal(targets[numbers], classes) and all(len(row.unique()) == 4 for row in classes)
    assert len(classes.unique()) == 6


@torch.no_grad()
def test_a_net_that_knows_points_and_one_without_weights_by_class_cannot(data):
    def pointing(**options):
        return build(grids=20, **options)(classify.build()(context(data, {"model": ByColour()}))).evaluate()

    found = pointing()
    assert set(found) == set(METRICS)
    assert found["pointing"] == 1 and found["random_pointing"] < 0.9
    assert pointing(weighted_by="nothing")["pointing"] == 0.25, "the same map for all four classes"


@torch.no_grad()
def test_the_net_is_left_as_it_was_and_its_maps_are_shown(data):
    net = ByColour()
    probe = build(grids=3)(classify.build()(context(data, {"model": net})))
    (picture,) = probe.pictures()
    assert picture.payload["columns"] == 5 and len(picture.payload["boxes"]) == 4
    other, again = redrawn(net), redrawn(net)
    assert torch.equal(net.maps.weight[..., 0, 0], torch.eye(4)) and net.maps.weight.grad is None
    assert not torch.equal(other.maps.weight, net.maps.weight) and torch.equal(other.maps.weight, again.maps.weight)


@pytest.mark.parametrize(
    "net", [mlp.build(hidden=[4], inputs=1024, outputs=4), small_cnn.build(width=2, channels=4, size=8, classes=4)]
)
def test_a_net_without_feature_maps_or_for_one_size_is_refused(data, net):
    probe = build(grids=3)(classify.build()(context(data, {"model": net.eval()})))
    with pytest.raises(DltuiError, match="convolutions"):
        probe.evaluate()


def test_fewer_classes_than_quarters_are_refused():
    with pytest.raises(DltuiError, match="the test rows have 3"):
        drawn_grids(torch.tensor([0, 1, 2, 2]), 5)
