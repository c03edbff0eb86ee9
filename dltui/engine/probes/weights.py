"""A net's weights: how many are near 0, how they are spread, and what its first units look at."""

from collections.abc import Callable, Iterator

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.pictures.weights import first_units, spread
from dltui.engine.regularizers.elastic_net import near_zero
from dltui.recipes.metric import Metric

METRICS = {"near_zero": Metric("share of the weights within 0.001 of 0", range=(0, 1))}


def build() -> Callable[[Task], "Weights"]:
    """The weights of the task's one net."""
    return Weights


class Weights:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task):
        self.task = task

    def evaluate(self) -> dict[str, float]:
        return {"near_zero": near_zero(self.task.net)}

    def pictures(self) -> Iterator[Picture]:
        yield Picture("weights", spread(self.task.net))
        if units := first_units(self.task.net, self.task.rows.train.stored.shape[1:]):
            yield Picture("first units", units)
