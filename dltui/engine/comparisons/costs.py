"""What variants cost beside what they can do: weights and multiply-adds of each part of the nets, and of the whole."""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import median
from typing import Literal

from torch import Tensor, nn

from dltui.engine.contracts.task import Picture
from dltui.engine.metrics.operations import Cost, costs, layer_costs
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Table

TASKS = ("classify",)
METRICS = {
    "weights": Metric("weights that are learned", better="lower", range=(0, None), whole=True),
    "operations": Metric(
        "multiply-adds of convolutions and linear layers for one row",
        better="lower",
        range=(0, None),
        whole=True,
        log=True,
    ),
}
ROWS = 500  # test rows that the table's accuracy is of
TIMED_ROWS, TIMES = 64, 5


def build(
    *, cost: Literal["weights", "operations"] = "operations", watched: list[str] = (), timed: bool = False
) -> Callable[[Mapping[str, Classify]], "Costs"]:
    """Bars for the parts of the nets, and a table of the whole with the accuracy on some test rows.

    cost: what the bars are of.
    watched: variants that have bars; none named: all.
    timed: whether the table has the milliseconds that a test row takes, a few dozen of them together.
    """
    return partial(Costs, cost=cost, watched=list(watched), timed=timed)


class Costs:
    """See contracts.probe.Comparison."""

    def __init__(self, tasks: Mapping[str, Classify], cost: str, watched: list[str], timed: bool):
        self.tasks, self.cost, self.timed = tasks, cost, timed
        self.watched = watched or list(tasks)

    def layers(self, name: str) -> list[Cost]:
        """The layers of a variant's net, as one test row goes through them."""
        task = self.tasks[name]
        return layer_costs(task.net, task.rows.test.inputs[:1])

    def evaluate(self) -> dict[str, dict[str, float]]:
        return {name: costs(task.net, task.rows.test.inputs[:1]) for name, task in self.tasks.items()}

    def pictures(self) -> Iterator[Picture]:
        """Bars, the variants' beside one another; and the table."""
        found = {name: by_part(self.layers(name), self.cost) for name in self.watched}
        parts = dict.fromkeys(part for of_one in found.values() for part in of_one)
        bars = [(f"{part} {name}", of_one[part]) for part in parts for name, of_one in found.items() if part in of_one]
        labels, values = zip(*bars, strict=True)
        yield Picture(self.cost, Bars(labels=list(labels), values=list(values), title=f"{self.cost} of each part"))
        yield Picture("costs", self._table())

    def _table(self) -> Table:
        rows = []
        for name, found in self.evaluate().items():
            task = self.tasks[name]
            cells = [name, f"{found['weights']:,}", f"{found['operations']:,}"]
            rows.append([*cells, *[f"{milliseconds(task):.2g}"] * self.timed, accuracy(task)])
        return Table(columns=["", "weights", "operations", *["ms a row"] * self.timed, "accuracy"], rows=rows)


def accuracy(task: Classify) -> float:
    """The share of the first few hundred test rows classified rightly: pictures are drawn often."""
    test = task.rows.test
    return (task.predictions(task.net(test.inputs[:ROWS])) == test.targets[:ROWS]).float().mean().item()


def by_part(layers: list[Cost], cost: str) -> dict[str, int]:
    """The cost of each part of a net, in order: a part is what has the first two names of a layer in common."""
    found: dict[str, int] = {}
    for layer in layers:
        part = ".".join(layer.name.split(".")[:2])
        found[part] = found.get(part, 0) + getattr(layer, cost)
    return found


def milliseconds(task: Classify) -> float:
    """The median of a few measurements of what one of some test rows takes."""
    rows, net = task.rows.test.inputs[:TIMED_ROWS], task.net
    return median(_seconds(net, rows) for _ in range(TIMES)) * 1000 / len(rows)


def _seconds(net: nn.Module, rows: Tensor) -> float:
    began = time.perf_counter()
    net(rows)
    return time.perf_counter() - began
