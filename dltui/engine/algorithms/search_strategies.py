"""Where a search looks next: points of the unit cube, each coordinate one setting, proposed from those tried before.

Random search: Bergstra and Bengio 2012, "Random search for hyper-parameter optimization", JMLR 13. The genetic search
is steady: each child is judged before the next one is bred (Whitley 1989, "The GENITOR algorithm").
"""

from itertools import product

import torch
from torch import Tensor

POPULATION = 8  # the best so far, from which parents are drawn
TOURNAMENT = 2
MUTATION = 0.08  # standard deviation of what a coordinate is moved by
RESET = 0.05  # chance that a coordinate is drawn anew


def grid(levels: list[int]) -> Tensor:
    """Every point of a lattice (N, D), `levels` places a coordinate, each in the middle of its share of 0..1."""
    sides = [[(place + 0.5) / count for place in range(count)] for count in levels]
    return torch.tensor(list(product(*sides)), dtype=torch.float64).view(-1, len(levels))


def random(tried: Tensor, costs: Tensor) -> Tensor:
    """tried (n, D), costs (n,) -> a point (D,) anywhere: it learns nothing from them."""
    return torch.rand(tried.shape[1], dtype=torch.float64)


def genetic(tried: Tensor, costs: Tensor) -> Tensor:
    """tried (n, D), costs (n,), the least the best -> a child (D,) of two of the best, crossed and a little moved."""
    if len(costs) < POPULATION:
        return random(tried, costs)
    parents = tried[costs.argsort(stable=True)[:POPULATION]]  # the best first
    mother, father = parents[torch.randint(POPULATION, (2, TOURNAMENT)).amin(1)]
    child = torch.where(torch.rand(len(mother)) < 0.5, mother, father)
    child = child + MUTATION * torch.randn(len(child), dtype=torch.float64)
    child = 1 - (1 - child.abs()).abs()  # a wall throws it back
    return torch.where(torch.rand(len(child)) < RESET, torch.rand(len(child), dtype=torch.float64), child.clamp(0, 1))
