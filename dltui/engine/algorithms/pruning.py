"""Pruning: the weights that score lowest are cut, and stay cut while the others learn on (Han et al. 2015)."""

import torch
from torch import Tensor


def keep_best(scores: list[Tensor], share: float) -> list[Tensor]:
    """Returns masks of the scores' shapes, False for the lowest `share` of all of them together.

    A matrix has no share of its own: where its weights score low throughout, more of it is cut.
    """
    vmapped = torch.cat([score.flatten() for score in scores])
    cut = vmapped.argsort(stable=True)[: round(share * len(vmapped))]
    mask = torch.ones_like(vmapped, dtype=torch.bool)
    mask[cut] = False
    parts = mask.split([score.numel() for score in scores])
    return [part.view_as(score) for part, score in zip(parts, scores, strict=True)]
