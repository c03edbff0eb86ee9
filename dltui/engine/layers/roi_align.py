"""What a map shows in each region, in a grid of one size: RoI align (He et al. 2017, "Mask R-CNN"), which does not
round, and RoI max pooling (Girshick 2015, "Fast R-CNN"), which rounds to whole cells. Neither waits for the host."""

from math import ceil

import torch
from torch import Tensor
from torch.nn.functional import grid_sample


def roi_align(maps: Tensor, regions: Tensor, bins: int, stride: float = 1.0, samples: int = 2) -> Tensor:
    """Maps (N, C, h, w) and regions (N, K, 4) -> (N, K, C, bins, bins): of each bin the mean of samples x samples
    values, each interpolated between the four cells around it. A cell is `stride` units of a region wide."""
    (N, K), C = regions.shape[:2], maps.shape[1]
    side = bins * samples
    at = (torch.arange(side, device=maps.device) + 0.5) / side
    ends = regions / (stride * regions.new_tensor([maps.shape[3], maps.shape[2]] * 2)) * 2 - 1  # -1..1 in the map
    places = ends[..., None, :2] + at[:, None] * (ends[..., 2:] - ends[..., :2])[..., None, :]  # (N, K, side, 2)
    x = places[..., 0][:, :, None].expand(N, K, side, side)
    y = places[..., 1][:, :, :, None].expand(N, K, side, side)
    grid = torch.stack([x, y], -1).view(N, K * side, side, 2)
    values = grid_sample(maps, grid.to(maps.dtype), padding_mode="border", align_corners=False)  # (N, C, K side, side)
    return values.view(N, C, K, bins, samples, bins, samples).mean((4, 6)).transpose(1, 2)


def roi_pool(maps: Tensor, regions: Tensor, bins: int, stride: float = 1.0) -> Tensor:
    """As `roi_align`, but of each bin the greatest value of its cells: a region is rounded to cells, bins as well."""
    (N, K), C = regions.shape[:2], maps.shape[1]
    cells = regions.div(stride).round().long()
    columns = _cells(cells[..., 0], cells[..., 2], maps.shape[3], bins)  # (N, K, bins, most)
    rows = _cells(cells[..., 1], cells[..., 3], maps.shape[2], bins)
    place = rows.flatten(2)[..., None] * maps.shape[3] + columns.flatten(2)[:, :, None]  # (N, K, bins most, bins most)
    values = maps.flatten(2).gather(2, place.view(N, 1, -1).expand(N, C, -1))
    return values.view(N, C, K, bins, rows.shape[-1], bins, columns.shape[-1]).amax((4, 6)).transpose(1, 2)


def _cells(start: Tensor, end: Tensor, size: int, bins: int) -> Tensor:
    """From cell `start` (N, K) to before `end` -> those of each bin (N, K, bins, most), some of them several times."""
    start = start.clamp(0, size - 1)
    length = (end.clamp(max=size) - start).clamp(min=1)  # (N, K)
    edge = torch.arange(bins + 1, device=start.device) * length[..., None]  # (N, K, bins + 1), in shares of `bins`
    first = edge[..., :-1] // bins
    last = (edge[..., 1:] + bins - 1) // bins - 1
    along = torch.arange(ceil(size / bins) + 1, device=start.device)
    return start[..., None, None] + torch.minimum(first[..., None] + along, last[..., None])
