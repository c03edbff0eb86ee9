"""A genetic algorithm over sets of columns: bits that are selected, crossed and flipped.

Holland 1975; Siedlecki and Sklansky 1989, "A note on genetic algorithms for large-scale feature selection".
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context
from dltui.engine.metrics.nearest_neighbours import LeaveOneOut
from dltui.recipes.metric import Metric

RESULT = "subset"
METRICS = {
    "mean_score": Metric("mean of what the population's sets are worth", better="higher", range=(0, 1), rows="train")
}


def build(
    *, population: int = 40, tournament: int = 3, mutation: float = 1.0, elite: int = 2
) -> Callable[[Context], "GeneticSelection"]:
    """Each step breeds the next generation of sets of columns.

    population: sets in a generation, at least 2.
    tournament: sets of which the best becomes a parent, at least 1.
    mutation: bits that flip in a child, on average, at least 0.
    elite: best sets that stay as they are, at least 0.
    """

    def begin(context: Context) -> GeneticSelection:
        x, y = context.rows.labelled().train.table()
        return GeneticSelection(LeaveOneOut(x, y), x.shape[1], population, tournament, mutation, elite)

    return begin


class GeneticSelection(nn.Module):
    """`sets` (P, D) bool, the population, the best first, and what each is worth, `worth` (P,).

    criterion: sets (P, D) -> (P,). mutation: bits that flip in a child, on average.
    """

    def __init__(self, criterion: nn.Module, D: int, P: int, tournament: int, mutation: float, elite: int):
        super().__init__()
        self.criterion, self.tournament, self.mutation, self.elite = criterion, tournament, mutation, min(elite, P)
        sets = torch.rand(P, D) < 0.5
        self.register_buffer("sets", sets)
        self.register_buffer("worth", criterion(sets))
        self.register_buffer("evaluations", torch.tensor(P))
        self._sort()

    done = False  # it may always go on

    def step(self) -> None:
        """One generation: parents win tournaments, children mix their bits and flip some; the best few stay."""
        P, D = self.sets.shape
        mothers, fathers = self.sets[self._winners(P)], self.sets[self._winners(P)]
        children = torch.where(torch.rand(P, D) < 0.5, mothers, fathers)  # uniform crossover
        children ^= torch.rand(P, D) < self.mutation / D
        children[: self.elite] = self.sets[: self.elite]
        self.sets, self.worth = children, self.criterion(children)
        self.evaluations += P
        self._sort()

    def _winners(self, count: int) -> Tensor:
        """Rows (count,): each the best of a few drawn; the population is sorted, so the least row is the best."""
        return torch.randint(len(self.worth), (count, self.tournament)).amin(1)

    def _sort(self) -> None:
        """The best first; of equally good ones the set of fewer columns."""
        order = torch.argsort(self.worth - 1e-6 * self.sets.sum(1), descending=True, stable=True)
        self.sets, self.worth = self.sets[order], self.worth[order]

    def evaluate(self) -> dict[str, float]:
        """What the sets are worth on average."""
        return {"mean_score": self.worth.mean().item()}
