"""What scores lowest is cut, in all matrices together, as torch.nn.utils.prune does it."""

import torch
from torch import nn
from torch.nn.utils import prune

from dltui.engine.algorithms.pruning import keep_best


def test_the_smallest_are_those_that_torch_cuts():
    """Guards a share of each matrix in the place of one of all: the second is ten times smaller, and loses more."""
    torch.manual_seed(0)
    layers = [nn.Linear(20, 30), nn.Linear(30, 10)]
    with torch.no_grad():
        layers[1].weight *= 0.1
    masks = keep_best([layer.weight.detach().abs() for layer in layers], 0.4)
    prune.global_unstructured([(layer, "weight") for layer in layers], prune.L1Unstructured, amount=0.4)
    assert all(torch.equal(mask.float(), layer.weight_mask) for mask, layer in zip(masks, layers, strict=True))
    assert masks[1].float().mean() < 0.3 < masks[0].float().mean()


def test_equal_scores_are_cut_to_the_very_share():
    [mask] = keep_best([torch.zeros(4, 5)], 0.35)
    assert (~mask).sum() == 7
