"""Hill climbing over sets of columns: the best flip of one bit, from several starts (Kohavi and John 1997).

doi:10.1016/S0004-3702(97)00043-X
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.metrics.nearest_neighbours import LeaveOneOut
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric

RESULT = "subset"
METRICS = {
    "improving_flips": Metric("single flips that would improve the set of this step", whole=True),
    "ends": Metric("local maxima that were reached so far", counter=True),
    "fall": Metric("greatest fall of the score from one set of a climb to the next", range=(0, 1), rows="train"),
}
SHOWN = 5  # climbs


def build(*, starts: int = 10) -> Callable[[Context], "SelectionClimbing"]:
    """Each step tries every flip of one bit and makes the best, as long as it helps; else the next climb begins.

    starts: climbs, at least 1; the first begins with no column, each other one with a random half of the columns.
    """

    def begin(context: Context) -> SelectionClimbing:
        x, y = context.rows.labelled().train.table()
        return SelectionClimbing(LeaveOneOut(x, y), x.shape[1], starts)

    return begin


class SelectionClimbing(nn.Module):
    """`sets` (R, D) are all it has stood on, the newest first, `worth` (R,) their worth, `climb` (R,) their climb.

    criterion: sets (P, D) -> (P,).
    """

    def __init__(self, criterion: nn.Module, D: int, starts: int):
        super().__init__()
        self.criterion, self.starts = criterion, starts
        first = torch.zeros(1, D, dtype=torch.bool)
        self.register_buffer("sets", first)
        self.register_buffer("worth", criterion(first).double())
        self.register_buffer("climb", torch.tensor([0]))
        self.register_buffer("evaluations", torch.tensor(1))
        self.register_buffer("improving", torch.tensor(D))  # flips that improved the set which was tried last
        self.register_buffer("ends", torch.tensor(0))

    def step(self) -> None:
        """Makes the best of all flips, or ends the climb and begins another."""
        now, D = self.sets[0], self.sets.shape[1]
        tried = now ^ torch.eye(D, dtype=torch.bool)  # (D, D): a bit flipped in each
        worth = self.criterion(tried).double()
        self.evaluations += D
        self.improving = (worth > self.worth[0]).sum()
        if self.improving:
            self._stand_on(tried[worth.argmax()], worth.max(), int(self.climb[0]))
            return
        self.ends += 1
        if not self.done:
            start = torch.rand(D) < 0.5
            self._stand_on(start, self.criterion(start[None]).double()[0], int(self.ends))
            self.evaluations += 1

    def _stand_on(self, columns: Tensor, worth: Tensor, climb: int) -> None:
        self.sets = torch.cat([columns[None], self.sets])
        self.worth = torch.cat([worth[None], self.worth])
        self.climb = torch.cat([torch.tensor([climb]), self.climb])

    @property
    def done(self) -> bool:
        """Whether every climb has ended."""
        return int(self.ends) == self.starts

    def evaluate(self) -> dict[str, float]:
        """How many flips still help, how many ends there are, and whether a climb ever fell."""
        within = self.climb[1:] == self.climb[:-1]
        falls = (self.worth[1:] - self.worth[:-1])[within]
        return {
            "improving_flips": float(self.improving),
            "ends": float(self.ends),
            "fall": falls.max().clamp(min=0).item() if len(falls) else 0.0,
        }

    def pictures(self) -> Iterator[Picture]:
        """The score of the newest climbs by their flips."""
        curves = {}
        for number in self.climb.unique().tolist()[-SHOWN:]:
            worth = self.worth[self.climb == number].flip(0)
            curves[f"climb {number + 1}"] = (torch.arange(len(worth)), worth)
        yield Picture("climbs", lines(curves, x_title="flips", y_title="score on training rows"))
