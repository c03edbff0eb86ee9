"""The soft arg max: where a heat map lies, in a way that lets gradients through (Sun et al. 2018, arXiv:1711.08229)."""

import torch
from torch import Tensor


def soft_argmax(logits: Tensor) -> tuple[Tensor, Tensor]:
    """logits (..., H, W) -> points (..., 2), x and y in parts of the map's width and height, and heat maps (..., H, W).

    H = softmax of all cells of a map, which adds up to 1; J = sum_p p H(p), the mean place p of a cell's middle under
    it. The arg max, the cell that is hottest, would move in jumps and have no gradient.
    """
    heat = logits.flatten(-2).softmax(-1).view(logits.shape)
    high, wide = logits.shape[-2:]
    y, x = (((torch.arange(cells, device=heat.device) + 0.5) / cells).to(heat.dtype) for cells in (high, wide))
    return torch.stack([heat.sum(-2) @ x, heat.sum(-1) @ y], -1), heat
