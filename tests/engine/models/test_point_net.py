"""Key points by heat maps: their mean place, blobs on the truth, the divergence of both; and both heads of the net."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import center_of_mass
from scipy.spatial.distance import jensenshannon
from torch.nn.functional import one_hot

from dltui.engine.models.point_net import blob, build, jensen_shannon, soft_argmax


@pytest.mark.parametrize(("head", "mapped"), [("heatmaps", True), ("dense", False)])
def test_both_heads_give_points_and_one_of_them_maps(head, mapped):
    net = build(head=head, size=32, points=5, channels=1).eval()
    points, heat = net.detect(torch.rand(2, 1, 32, 32))
    assert points.shape == (2, 5, 2) and ((points > 0) & (points < 1)).all()
    assert heat.shape == (2, 5, 16, 16) if mapped else heat is None


@torch.no_grad()
def test_heat_moves_with_what_it_sees():
    """The lesson's reason for heat maps: shifted by a cell of the coarsest map, a picture has its heat shifted so."""
    torch.manual_seed(0)
    net = build(width=4, size=96).eval()
    picture = torch.zeros(1, 3, 96, 96)
    picture[:, :, 40:48, 32:40] = torch.rand(3, 8, 8)
    here, there = (net.head(net.features(p)) for p in (picture, picture.roll((8, 16), (2, 3))))
    inner = (slice(None), slice(None), slice(20, 40), slice(20, 40))
    assert torch.allclose(here.roll((4, 8), (2, 3))[inner], there[inner], atol=1e-5)


@torch.no_grad()
def test_the_loss_is_the_normalised_error_and_what_maps_differ_from_blobs():
    net = build(size=32, points=2).eval()
    pictures, points, scales = torch.rand(3, 3, 32, 32), torch.rand(3, 2, 2), torch.tensor([0.5, 0.25, 1.0])
    found, heat = net.detect(pictures)
    error = ((found - points).square().sum(2).sqrt() / scales[:, None]).mean()
    divergence = jensen_shannon(heat, blob(points, 16, 16)).mean()
    assert net.loss(pictures, points, scales).item() == pytest.approx((error + divergence).item())
    net.blob_weight = 0.0
    assert net.loss(pictures, points, scales).item() == pytest.approx(error.item())
    dense = build(size=32, points=2, head="dense").eval()
    error = ((dense(pictures) - points).norm(dim=2) / scales[:, None]).mean()
    assert dense.loss(pictures, points, scales).item() == pytest.approx(error.item())


def test_the_soft_arg_max_is_the_centre_of_mass_of_the_softmax():
    """Maps that are wider than high: guards against x and y changed about."""
    logits = torch.randn(3, 2, 5, 9, dtype=torch.float64)
    points, heat = soft_argmax(logits)
    assert torch.allclose(heat.sum((2, 3)), torch.ones(3, 2, dtype=torch.float64))
    assert torch.allclose(heat.log().diff(dim=3), logits.diff(dim=3))
    for of_map, (x, y) in zip(heat.flatten(0, 1).numpy(), points.flatten(0, 1).tolist(), strict=True):
        row, column = center_of_mass(of_map)
        assert np.allclose([x * 9 - 0.5, y * 5 - 0.5], [column, row])


def test_a_steep_map_gives_the_middle_of_its_hottest_cell():
    hottest = one_hot(torch.tensor(2 * 7 + 4), 35).view(5, 7) * 100.0
    points, _ = soft_argmax(hottest)
    assert torch.allclose(points, torch.tensor([4.5 / 7, 2.5 / 5]))


def test_heat_moves_towards_where_the_point_should_be():
    """Too far left: the gradient cools what lies left of the answer and heats what lies right of it."""
    logits = torch.zeros(1, 6, requires_grad=True)
    (0.9 - soft_argmax(logits)[0][0]).backward()
    assert (logits.grad[0, :3] > 0).all() and (logits.grad[0, 3:] < 0).all()


def test_a_blob_lies_on_its_point_between_cells_too():
    """Maps that are wider than high: guards against x and y changed about."""
    points = torch.tensor([[[0.4, 0.5], [0.63, 0.37]]])
    maps = blob(points, 20, 32)
    assert maps.shape == (1, 2, 20, 32) and torch.allclose(maps.sum((2, 3)), torch.ones(1, 2))
    assert torch.allclose(soft_argmax(maps.log().clamp(min=-80))[0], points, atol=1e-3)


def test_a_blob_is_as_wide_as_it_is_said_to_be():
    cells = torch.arange(30) + 0.5
    across = blob(torch.tensor([0.5, 0.5]), 30, 30, sigma=2.0).sum(0)
    assert ((cells - 15).square() @ across).sqrt().item() == pytest.approx(2, rel=1e-3)


def test_the_divergence_is_scipys():
    p, q = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    p, q = (maps / maps.sum((1, 2), keepdim=True) for maps in (p, q))
    want = [jensenshannon(a.flatten(), b.flatten()) ** 2 for a, b in zip(p, q, strict=True)]
    assert jensen_shannon(p, q).tolist() == pytest.approx(want)
    assert jensen_shannon(blob(torch.tensor([0.1, 0.1]), 24, 24), blob(torch.tensor([0.9, 0.9]), 24, 24)).item() == (
        pytest.approx(math.log(2), rel=1e-4)
    )
