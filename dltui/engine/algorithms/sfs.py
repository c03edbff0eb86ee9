"""Sequential selection: columns join (Whitney 1971), or leave (Marill and Green 1963), one by one.

Forward is SFS, doi:10.1109/T-C.1971.223410; backward is SBE, doi:10.1109/TIT.1963.1057810.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import nn

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.metrics.nearest_neighbours import LeaveOneOut
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric

RESULT = "subset"
METRICS = {
    "mean_score": Metric("mean score of the sets on the way so far", better="higher", range=(0, 1), rows="train"),
}


def build(*, direction: Literal["forward", "backward"] = "forward", stop: int = 0) -> Callable[[Context], "SFS"]:
    """Each step adds the column that helps the nearest neighbours most, or drops the one without which they do best.

    direction: forward, from no column; backward, from all of them.
    stop: columns at which it stops, at least 0; 0: goes on until all are in, or none.
    """

    def begin(context: Context) -> SFS:
        x, y = context.rows.labelled().train.table()
        return SFS(LeaveOneOut(x, y), x.shape[1], backward=direction == "backward", stop=stop)

    return begin


class SFS(nn.Module):
    """`sets` (R, D) are those on the way, `worth` (R,) what each is worth; NaN where not yet known.

    criterion: sets (P, D) -> (P,). backward: columns leave, which is SBE. stop: columns at which it stops; 0: at all
    of them, or at none.
    """

    def __init__(self, criterion: nn.Module, D: int, *, backward: bool = False, stop: int = 0):
        super().__init__()
        self.criterion, self.backward = criterion, backward
        self.steps = max(0, D - stop) if backward else min(stop or D, D)
        sets = torch.full((self.steps + 1, D), backward)
        worth = torch.full((self.steps + 1,), torch.nan, dtype=torch.float64)
        worth[0] = criterion(sets[:1])[0]
        self.register_buffer("sets", sets)
        self.register_buffer("worth", worth)
        self.register_buffer("moved", torch.tensor(0))
        self.register_buffer("evaluations", torch.tensor(0))

    def step(self) -> None:
        """Tries the set with each single column moved in, or out, and takes the best of these sets."""
        now = int(self.moved)
        movable = (self.sets[now] == self.backward).nonzero()[:, 0]
        tried = self.sets[now].repeat(len(movable), 1)
        tried[torch.arange(len(movable)), movable] = not self.backward
        worth = self.criterion(tried)  # (movable,)
        best = int(worth.argmax())
        self.sets[now + 1], self.worth[now + 1] = tried[best], worth[best]
        self.moved += 1
        self.evaluations += len(movable)

    @property
    def done(self) -> bool:
        """Whether every column has moved, or as many are in as it stops at."""
        return int(self.moved) == self.steps

    def evaluate(self) -> dict[str, float]:
        """What the sets on the way are worth on average."""
        return {"mean_score": self.worth.nanmean().item()}

    def pictures(self) -> Iterator[Picture]:
        """What a set is worth by how many columns it has; sizes that are to come are empty."""
        columns = torch.arange(self.steps + 1)
        columns = self.sets.shape[1] - columns if self.backward else columns
        curve = {"score": (columns, self.worth)}
        yield Picture("score by size", lines(curve, x_title="columns in the set", y_title="score on training rows"))
