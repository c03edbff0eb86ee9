"""Overlap tiles (Ronneberger et al. 2015, arXiv:1505.04597, figure 2): a large picture is predicted tile by tile, each
seen with a margin of which no prediction is kept; beyond its edge the picture is mirrored.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

AT_ONCE = 16  # windows that go through the net together


def mirrored(pictures: Tensor, margin: int) -> Tensor:
    """Pictures (N, C, H, W) -> (N, C, H + 2 margin, W + 2 margin): beyond each edge what lies inside it, turned."""
    return pad(pictures, [margin] * 4, mode="reflect")


def tiled(net: Callable[[Tensor], Tensor], pictures: Tensor, tile: int, margin: int) -> Tensor:
    """Pictures (N, C, H, W) -> the net's logits for their tiles, put together again (N, K, H, W).

    tile: side of a tile, which divides H and W; H and W take each picture as one.
    margin: pixels that are seen around a tile, less than H and W. As many as a pixel's logits depend on to each side,
        and the tiles are predicted as the whole picture would be; with 0 each is a picture of its own.
    """
    N, _, H, W = pictures.shape
    side, rows, columns = tile + 2 * margin, H // tile, W // tile
    windows = mirrored(pictures, margin).unfold(2, side, tile).unfold(3, side, tile)  # (N, C, rows, columns, ..)
    windows = windows.permute(0, 2, 3, 1, 4, 5).flatten(0, 2)
    inside = slice(margin, margin + tile)
    logits = torch.cat([net(part)[..., inside, inside] for part in windows.split(AT_ONCE)])  # (N rows columns, K, ..)
    logits = logits.unflatten(0, (N, rows, columns)).permute(0, 3, 1, 4, 2, 5)  # (N, K, rows, tile, columns, tile)
    return logits.reshape(N, -1, H, W)
