"""Feature selection: which columns of a table are worth keeping, told by an algorithm one iteration a step."""

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.data.planted import planted
from dltui.engine.pictures.columns import chosen_picture, ranks_picture, sets_picture, weights_picture
from dltui.recipes.metric import Metric

MODELS = ()
METRICS = {
    "score": Metric(
        "wrappers: share of the training rows that their nearest others classify rightly, in the best set",
        better="higher",
        range=(0, 1),
    ),
    "mean_score": Metric("genetic: the same, the mean of the population", better="higher", range=(0, 1)),
    "accuracy": Metric(
        "share of the test rows that the nearest training rows classify rightly, in the columns chosen",
        better="higher",
        range=(0, 1),
    ),
    "planted": Metric("wrappers: share of the planted columns that are chosen"),
    "columns": Metric("wrappers: columns chosen"),
    "evaluations": Metric("wrappers: sets of columns that were scored so far"),
    "rows": Metric("filters: rows that the measures have seen"),
    "rising": Metric(
        "filters: share of the columns that rise from class to class which all measures put above all noise"
    ),
    "pearson": Metric("share of the planted columns in the first places by the correlation with the class's number"),
    "spearman": Metric("the same by the correlation of ranks"),
    "distance": Metric("the same by the distance of the distributions in the classes"),
    "conditional_variance": Metric("the same by how far the class lowers the variance"),
    "information_gain": Metric("the same by how far the column lowers the entropy of the class"),
    "gini": Metric("the same by how far it lowers the Gini impurity"),
    "chi2": Metric("the same by the chi-square of bins and classes"),
}
K = 5  # neighbours that classify a test row


def build(
    *,
    algorithm: Literal["filters", "sfs", "genetic_selection", "svm_rfe"] = "filters",
    rows_a_step: int = 15,
    population: int = 40,
    mutation: float = 1.0,
    C: float = 0.1,
) -> Callable:
    """Returns (data, nets, device) -> Select.

    algorithm: a file of engine/algorithms; it takes those of the options below that are its own.
    rows_a_step: training rows that filters see more of with every step, at least 1.
    population: sets in a generation of genetic_selection, at least 2.
    mutation: bits that flip in a child of genetic_selection, on average, at least 0.
    C: price of a row inside the margin of svm_rfe, above 0.
    """
    given = {"rows_a_step": rows_a_step, "population": population, "mutation": mutation, "C": C}
    return partial(Select, algorithm=algorithm, options=given)


class Select:
    """A table (N, D) with classes (N,), on the host.

    An algorithm's module has `build(x, y, *, options)`; what it makes is a module of buffers with `step()`, `done`,
    `metrics()`, and either `measures()`, measure -> (D,), or `chosen` (D,) bool and the sets `bits()` (R, D); if it
    weighs columns, `weights` (D,) too.
    """

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, algorithm: str, options: dict):
        self.x, self.y = as_floats(data.train.inputs).flatten(1), data.train.targets
        self.tests, self.test_targets = as_floats(data.test.inputs).flatten(1), data.test.targets
        self.columns = data.columns or tuple(str(number + 1) for number in range(self.x.shape[1]))
        self.planted = torch.tensor(planted(data.columns), dtype=torch.bool)  # (D,), or (0,) where it is not known
        module = import_module(f"dltui.engine.algorithms.{algorithm}")
        own = inspect.signature(module.build).parameters
        self.algorithm = module.build(self.x, self.y, **{name: options[name] for name in options if name in own})
        nets["algorithm"] = self.algorithm
        self.ranks = hasattr(self.algorithm, "measures")

    def advance(self, step: int) -> dict[str, float]:
        """One iteration, as long as one changes something."""
        if not self.algorithm.done:
            self.algorithm.step()
        return {}

    def evaluate(self) -> dict[str, float]:
        """What the algorithm says, and how much it has found of what was planted."""
        values = self.algorithm.metrics()
        if self.ranks:
            return values | self._found() if self.planted.any() else values
        chosen = self.algorithm.chosen
        values |= {"accuracy": self._accuracy(chosen), "columns": float(chosen.sum())}
        if self.planted.any():
            values["planted"] = chosen[self.planted].float().mean().item()
        return values

    def _found(self) -> dict[str, float]:
        """The share of planted columns among as many first places, by each measure."""
        scores, count = self.algorithm.measures(), int(self.planted.sum())
        values = {
            name: self.planted[score.argsort(descending=True)[:count]].float().mean().item()
            for name, score in scores.items()
        }
        rising = torch.tensor([name.startswith("rise") for name in self.columns])
        if rising.any():
            above = [score[rising] > score[~self.planted].max() for score in scores.values()]
            values["rising"] = torch.stack(above).all(0).float().mean().item()
        return values

    def _accuracy(self, chosen: Tensor) -> float:
        """Of the test rows, by a vote of the K nearest training rows in the columns chosen (D,) bool."""
        near = torch.cdist(self.tests[:, chosen], self.x[:, chosen]).topk(min(K, len(self.x)), largest=False).indices
        return (self.y[near].mode(1).values == self.test_targets).float().mean().item()

    def pictures(self) -> Iterator[Picture]:
        """Ranks side by side; or the sets as bits, and how many of them hold each column."""
        if self.ranks:
            yield Picture("ranks", ranks_picture(self.algorithm.measures(), self.columns, self.planted))
            return
        yield Picture("sets", sets_picture(self.algorithm.bits(), self.planted))
        if hasattr(self.algorithm, "weights"):
            yield Picture("weights", weights_picture(self.algorithm.weights, self.columns, self.planted))
            return
        yield Picture("columns", chosen_picture(self.algorithm.bits(), self.columns, self.planted))
