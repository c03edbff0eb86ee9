"""Overlap tiles (Ronneberger et al. 2015, figure 2): a picture too large for one look is answered tile by tile.

Around each tile the net sees a margin, of which no answer is kept; beyond the picture's edge it is mirrored.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

AT_ONCE = 16  # windows in one look


def mirrored(pictures: Tensor, margin: int) -> Tensor:
    """Pictures (N, C, H, W) -> (N, C, H + 2 margin, W + 2 margin): beyond each edge what lies inside it, turned."""
    return pad(pictures, [margin] * 4, mode="reflect")


def tiled(net: Callable[[Tensor], Tensor], pictures: Tensor, tile: int, margin: int) -> Tensor:
    """Pictures (N, C, H, W) -> what the net answers to their tiles, put together again (N, K, H, W).

    tile: side of a tile, which divides H and W; H and W take each picture as one.
    margin: pixels that are seen around a tile, less than H and W. As many as a pixel's answer depends on to each
    side, and the tiles answer as the whole picture would; with 0 each is a picture of its own.
    """
    N, _, H, W = pictures.shape
    side, rows, columns = tile + 2 * margin, H // tile, W // tile
    windows = mirrored(pictures, margin).unfold(2, side, tile).unfold(3, side, tile)  # (N, C, rows, columns, ..)
    windows = windows.permute(0, 2, 3, 1, 4, 5).flatten(0, 2)
    inside = slice(margin, margin + tile)
    answers = torch.cat([net(part)[..., inside, inside] for part in windows.split(AT_ONCE)])  # (N rows columns, K, ..)
    answers = answers.unflatten(0, (N, rows, columns)).permute(0, 3, 1, 4, 2, 5)  # (N, K, rows, tile, columns, tile)
    return answers.reshape(N, -1, H, W)
