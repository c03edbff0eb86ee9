"""Heat maps: Gaussians, the focal loss and peaks equal to loops; the radius keeps the IoU that it promises."""

from math import exp, log

import pytest
import torch

from dltui.engine.layers.boxes import iou
from dltui.engine.layers.heat_maps import focal, gaussians, peaks, radii

PLACES = torch.tensor([[[2, 1], [4, 4], [3, 1]], [[0, 5], [0, 0], [0, 0]]])
CLASSES = torch.tensor([[0, 1, 0], [1, -1, -1]])
SIGMA = torch.tensor([[0.6, 1.5, 1.0], [0.5, 1.0, 1.0]])


def test_maps_are_those_of_loops():
    """Guards against rows taken for columns, a sum where two meet, and padding that is drawn."""
    maps = gaussians(PLACES, SIGMA, CLASSES, 2, 6)
    for picture in range(2):
        for number in range(2):
            for y in range(6):
                for x in range(6):
                    wanted = 0.0
                    for m in range(3):
                        if CLASSES[picture, m] == number:
                            dx, dy = x - PLACES[picture, m, 0].item(), y - PLACES[picture, m, 1].item()
                            wanted = max(wanted, exp(-(dx * dx + dy * dy) / (2 * SIGMA[picture, m].item() ** 2)))
                    assert maps[picture, number, y, x].item() == pytest.approx(wanted, abs=1e-6)


def test_the_focal_loss_is_that_of_loops():
    maps = gaussians(PLACES, SIGMA, CLASSES, 2, 6)
    logits = torch.randn(maps.shape, generator=torch.Generator().manual_seed(0))
    total, count = 0.0, 0
    for y, logit in zip(maps.flatten().tolist(), logits.flatten().tolist(), strict=True):
        p = 1 / (1 + exp(-logit))
        if y == 1:
            total, count = total - (1 - p) ** 2 * log(p), count + 1
        else:
            total -= (1 - y) ** 4 * p**2 * log(1 - p)
    assert count == 4
    assert focal(logits, maps).item() == pytest.approx(total / count, rel=1e-4)


def test_the_focal_loss_is_finite_where_a_net_is_quite_wrong():
    maps = gaussians(PLACES, SIGMA, CLASSES, 2, 6)
    logits = (1 - 2 * maps) * 200
    logits.requires_grad_()
    loss = focal(logits, maps)
    loss.backward()
    assert loss.isfinite() and logits.grad.isfinite().all()


def test_peaks_are_the_cells_without_a_hotter_neighbour():
    heat = torch.rand(2, 3, 7, 7, generator=torch.Generator().manual_seed(1))
    found = peaks(heat)
    for place in torch.cartesian_prod(*(torch.arange(side) for side in heat.shape)).tolist():
        n, c, y, x = place
        around = heat[n, c, max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
        assert found[n, c, y, x] == (heat[n, c, y, x] if heat[n, c, y, x] == around.max() else 0)


@pytest.mark.parametrize("sides", [(10.0, 10.0), (30.0, 12.0), (7.0, 40.0)])
def test_corners_off_by_the_radius_keep_the_overlap(sides):
    w, h = sides
    r = radii(torch.tensor(sides)).item()
    box = torch.tensor([0.0, 0, w, h])
    moved = torch.tensor([[r, r, w + r, h + r], [r, r, w - r, h - r], [-r, -r, w + r, h + r]])
    overlaps = iou(moved, box)
    assert overlaps.min().item() == pytest.approx(0.7, abs=1e-3)  # and the worst of the three has just that
