"""The net for points: both heads answer in parts of the side, and only heat maps move as the picture does."""

import pytest
import torch

from dltui.engine.models.point_net import build


@pytest.mark.parametrize(("head", "mapped"), [("heatmaps", True), ("dense", False)])
def test_both_heads_give_points_and_one_of_them_maps(head, mapped):
    net = build(head=head, size=32, points=5, channels=1).eval()
    points, heat = net.found(torch.rand(2, 1, 32, 32))
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
