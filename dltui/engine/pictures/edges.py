"""Which way the edges run in each cell of a picture, drawn as strokes."""

import math

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from dltui.engine.pictures.montage import montage

SIZE = 8  # pixels of a cell that is drawn


def edges_picture(picture: Tensor, counts: Tensor, cell: int, captions: list[str], title: str) -> dict:
    """Returns the payload `image` of a picture (H, W) beside the histograms of its cells, counts (bins, h, w)."""
    drawn = strokes(counts, SIZE)
    covered = picture[: counts.shape[1] * cell, : counts.shape[2] * cell]
    same_size = interpolate(covered[None, None], size=drawn.shape)[0]
    return montage(torch.stack([same_size, drawn[None]]), columns=2, captions=captions, title=title)


def strokes(counts: Tensor, size: int) -> Tensor:
    """counts (bins, h, w) -> (h size, w size) in 0..1: in each cell a stroke for each bin, along the edge, which is
    across the gradient; the greatest count is white."""
    bins = len(counts)
    at = torch.arange(size).to(counts) - (size - 1) / 2
    angle = (torch.arange(bins).to(counts) + 0.5) * math.pi / bins  # clockwise, as rows go downwards
    across = angle.cos()[:, None, None] * at + angle.sin()[:, None, None] * at[:, None]  # (bins, size, size)
    line = (1.25 - across.abs()).clamp(0, 1) * (torch.hypot(at[:, None], at) <= size / 2)
    bright = (counts / counts.amax().clamp(min=1e-12)).sqrt()
    cells = (bright[:, :, None, :, None] * line[:, None, :, None, :]).amax(0)  # (h, size, w, size)
    return cells.flatten(0, 1).flatten(1)
