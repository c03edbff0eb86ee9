"""RoI align and RoI max pooling against the same by hand, value by value."""

from math import ceil, floor

import torch

from dltui.engine.layers.roi_align import roi_align, roi_pool

STRIDE = 4.0


def drawn(count: int = 7) -> tuple[torch.Tensor, torch.Tensor]:
    """Maps (2, 3, 9, 12) and regions (2, count, 4) of pictures of 36 x 48 pixels."""
    torch.manual_seed(0)
    corner = torch.rand(2, count, 2) * torch.tensor([30.0, 20.0])
    return torch.randn(2, 3, 9, 12), torch.cat([corner, corner + 2 + torch.rand(2, count, 2) * 14], -1)


def interpolated(plane: torch.Tensor, x: float, y: float) -> float:
    """The middle of the first cell is 0.5, 0.5; beyond the outer middles the edge goes on."""
    height, width = plane.shape
    x, y = min(max(x - 0.5, 0), width - 1), min(max(y - 0.5, 0), height - 1)
    left, top = min(floor(x), width - 2), min(floor(y), height - 2)
    u, v = x - left, y - top
    a, b = (
        plane[top, left] * (1 - u) + plane[top, left + 1] * u,
        plane[top + 1, left] * (1 - u) + plane[top + 1, left + 1] * u,
    )
    return (a * (1 - v) + b * v).item()


def test_align_is_the_mean_of_interpolated_values():
    maps, regions = drawn()
    bins, samples = 3, 2
    found = roi_align(maps, regions, bins, STRIDE, samples)
    assert found.shape == (2, 7, 3, bins, bins)
    for n, k, c, i, j in [(0, 0, 0, 0, 0), (1, 3, 2, 2, 1), (0, 6, 1, 1, 2), (1, 5, 0, 2, 2)]:
        x1, y1, x2, y2 = (regions[n, k] / STRIDE).tolist()
        values = [
            interpolated(
                maps[n, c],
                x1 + (j + (b + 0.5) / samples) * (x2 - x1) / bins,
                y1 + (i + (a + 0.5) / samples) * (y2 - y1) / bins,
            )
            for a in range(samples)
            for b in range(samples)
        ]
        assert torch.isclose(found[n, k, c, i, j], torch.tensor(values).mean(), atol=1e-5)


def test_pool_is_the_maximum_of_whole_cells():
    maps, regions = drawn(20)
    bins = 3
    found = roi_pool(maps, regions, bins, STRIDE)
    for n in range(2):
        for k in range(20):
            x1, y1, x2, y2 = (regions[n, k] / STRIDE).round().int().tolist()
            x1, y1 = min(x1, 11), min(y1, 8)
            wide, high = max(min(x2, 12) - x1, 1), max(min(y2, 9) - y1, 1)
            for i in range(bins):
                for j in range(bins):
                    rows = slice(y1 + floor(i * high / bins), y1 + ceil((i + 1) * high / bins))
                    columns = slice(x1 + floor(j * wide / bins), x1 + ceil((j + 1) * wide / bins))
                    assert torch.equal(found[n, k, :, i, j], maps[n, :, rows, columns].amax((1, 2)))


def test_pooling_a_whole_map_to_one_bin_is_its_maximum():
    maps, _ = drawn()
    whole = torch.tensor([0.0, 0.0, 48.0, 36.0]).expand(2, 1, 4)
    assert torch.equal(roi_pool(maps, whole, 1, STRIDE)[:, 0, :, 0, 0], maps.amax((2, 3)))


def test_a_quarter_of_a_cell_changes_align_and_not_pool():
    maps, _ = drawn()
    region = torch.tensor([8.0, 8.0, 24.0, 24.0]).expand(2, 1, 4)
    moved = region + STRIDE / 4
    assert torch.equal(roi_pool(maps, region, 4, STRIDE), roi_pool(maps, moved, 4, STRIDE))
    assert (roi_align(maps, region, 4, STRIDE) - roi_align(maps, moved, 4, STRIDE)).abs().min() > 0


def test_gradients_reach_the_map():
    maps, regions = drawn()
    for pooled in (roi_align, roi_pool):
        x = maps.clone().requires_grad_()
        pooled(x, regions, 3, STRIDE).sum().backward()
        assert x.grad.abs().sum() > 0
