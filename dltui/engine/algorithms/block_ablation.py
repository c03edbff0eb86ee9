"""Blocks of a residual net taken out whole (Veit, Wilber, Belongie 2016, arXiv:1605.06431).

A block makes y = relu(F(x) + s(x)) of x: `residual` is F, `skip` is s, x itself but where the shape changes. Taken out
it hands x through, and those behind it hardly notice if F(x) was small.
"""

import torch
from torch import Tensor, nn


def may_go(block: nn.Module) -> bool:
    """Whether the net can do without the block: not where its shortcut changes the shape of x."""
    return isinstance(block.skip, nn.Identity)


def through(blocks: list[nn.Module], kept: list[bool], x: Tensor) -> Tensor:
    """x (B, C, H, W) -> what comes out of the last block, those not kept being taken out."""
    for block, keep in zip(blocks, kept, strict=True):
        x = block(x) if keep else x
    return x


def returned(blocks: list[nn.Module], kept: list[bool], x: Tensor) -> Tensor:
    """Returns |F(x)| / |s(x)| of each block (blocks,), the mean over the rows x (B, C, H, W); NaN where not kept."""
    found = torch.full((len(blocks),), torch.nan)
    for number, (block, keep) in enumerate(zip(blocks, kept, strict=True)):
        if not keep:
            continue
        F, s = block.residual(x), block.skip(x)  # both (B, C', H', W')
        found[number] = (F.flatten(1).norm(dim=1) / s.flatten(1).norm(dim=1).clamp(min=1e-9)).mean()
        x = torch.relu(F + s)
    return found
