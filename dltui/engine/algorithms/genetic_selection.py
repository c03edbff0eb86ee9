"""A genetic algorithm over sets of columns: bits that are selected, crossed and flipped.

Holland 1975; Siedlecki and Sklansky 1989, "A note on genetic algorithms for large-scale feature selection".
"""

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.leave_one_out import LeaveOneOut


def build(
    x: Tensor, y: Tensor, *, population: int = 40, tournament: int = 3, mutation: float = 1.0, elite: int = 2
) -> "GeneticSelection":
    """Returns the search among columns x (N, D) for classes y (N,), with its first, random population."""
    return GeneticSelection(LeaveOneOut(x, y), x.shape[1], population, tournament, mutation, elite)


class GeneticSelection(nn.Module):
    """`population` (P, D) bool, the best first, and what each is worth, `scores` (P,).

    score: bits (P, D) -> (P,). mutation: bits that flip in a child, on average.
    """

    def __init__(self, score: nn.Module, D: int, P: int, tournament: int, mutation: float, elite: int):
        super().__init__()
        self.score, self.tournament, self.mutation, self.elite = score, tournament, mutation, min(elite, P)
        bits = torch.rand(P, D) < 0.5
        self.register_buffer("population", bits)
        self.register_buffer("scores", score(bits))
        self.register_buffer("evaluations", torch.tensor(P))
        self._sort()

    done = False  # it may always go on

    def step(self) -> None:
        """One generation: parents win tournaments, children mix their bits and flip some; the best few stay."""
        P, D = self.population.shape
        mothers, fathers = self.population[self._winners(P)], self.population[self._winners(P)]
        children = torch.where(torch.rand(P, D) < 0.5, mothers, fathers)  # uniform crossover
        children ^= torch.rand(P, D) < self.mutation / D
        children[: self.elite] = self.population[: self.elite]
        self.population, self.scores = children, self.score(children)
        self.evaluations += P
        self._sort()

    def _winners(self, count: int) -> Tensor:
        """Rows (count,): each the best of a few drawn; the population is sorted, so the least row is the best."""
        return torch.randint(len(self.scores), (count, self.tournament)).amin(1)

    def _sort(self) -> None:
        """The best first; of equally good ones the set of fewer columns."""
        order = torch.argsort(self.scores - 1e-6 * self.population.sum(1), descending=True, stable=True)
        self.population, self.scores = self.population[order], self.scores[order]

    @property
    def chosen(self) -> Tensor:
        """The best set of all (D,) bool: an elite never leaves."""
        return self.population[0]

    def bits(self) -> Tensor:
        """The population (P, D) as 0 and 1, the best first."""
        return self.population.float()

    def metrics(self) -> dict[str, float]:
        return {
            "score": self.scores[0].item(),
            "mean_score": self.scores.mean().item(),
            "evaluations": float(self.evaluations),
        }
