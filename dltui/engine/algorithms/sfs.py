"""Sequential forward selection: the column that helps most joins (Whitney 1971, doi:10.1109/T-C.1971.223410)."""

from collections.abc import Callable

import torch
from torch import nn

from dltui.engine.contracts.task import Context
from dltui.engine.metrics.nearest_neighbours import LeaveOneOut

RESULT = "subset"
METRICS = {}


def build() -> Callable[[Context], "SFS"]:
    """Each step adds the column that helps the nearest neighbours most."""

    def begin(context: Context) -> SFS:
        x, y = context.rows.labelled().train.table()
        return SFS(LeaveOneOut(x, y), x.shape[1])

    return begin


class SFS(nn.Module):
    """`sets` (D + 1, D) holds the set of each size, `worth` (D + 1,) what it is worth; NaN where not yet known.

    criterion: sets (P, D) -> (P,).
    """

    def __init__(self, criterion: nn.Module, D: int):
        super().__init__()
        self.criterion = criterion
        sets, worth = torch.zeros(D + 1, D, dtype=torch.bool), torch.full((D + 1,), torch.nan, dtype=torch.float64)
        worth[0] = criterion(sets[:1])[0]
        self.register_buffer("sets", sets)
        self.register_buffer("worth", worth)
        self.register_buffer("size", torch.tensor(0))
        self.register_buffer("evaluations", torch.tensor(0))

    def step(self) -> None:
        """Tries each column that is not in the set beside those that are, and takes the best."""
        size = int(self.size)
        free = (~self.sets[size]).nonzero()[:, 0]
        tried = self.sets[size].repeat(len(free), 1)
        tried[torch.arange(len(free)), free] = True
        worth = self.criterion(tried)  # (free,)
        best = int(worth.argmax())
        self.sets[size + 1], self.worth[size + 1] = tried[best], worth[best]
        self.size += 1
        self.evaluations += len(free)

    @property
    def done(self) -> bool:
        """Whether every column is in the set."""
        return int(self.size) == self.sets.shape[1]
