"""Nearest pictures in several embeddings of the same test pictures, each trained by another idea of what is alike."""

from collections.abc import Callable, Iterator, Mapping

import torch

from dltui.engine.contracts.task import Picture
from dltui.engine.metrics.retrieval import found_first, precision_at
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.metric_learning import MetricLearning
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars

TASKS = ("metric_learning",)
SAME_ROWS = True
METRICS = {
    "precision_at_5": Metric(
        "share of the five nearest test pictures that are of the class of the one that asks, by the variant's classes",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "others_precision_at_5": Metric(
        "the greatest share of the five nearest that are of its class by the classes of another variant",
        range=(0, 1),
        rows="test",
    ),
    "pixel_precision_at_5": Metric(
        "share of the five nearest by their pixels that are of its class, by the variant's classes",
        range=(0, 1),
        rows="test",
    ),
}
K = 5


def build(*, first: int = 0, queries: int = 2) -> Callable[[Mapping[str, MetricLearning]], "Retrieval"]:
    """The variants have the same test pictures, in the same order, and classes of their own.

    first: number of the first test picture that asks in what is drawn, at least 0.
    queries: test pictures that ask in what is drawn, at least 1.
    """
    return lambda tasks: Retrieval(tasks, first, queries)


class Retrieval:
    """See contracts.probe.Comparison."""

    replaces_pictures = True

    def __init__(self, tasks: Mapping[str, MetricLearning], first: int, queries: int):
        self.tasks, self.asked = tasks, range(first, first + queries)
        self.classes = {name: task.rows.test.targets for name, task in tasks.items()}
        self.test = next(iter(tasks.values())).rows.test
        self.by_pixels = found_first(self.test.inputs.flatten(1), K)

    def evaluate(self) -> dict[str, dict[str, float]]:
        values = {}
        for name, task in self.tasks.items():
            found = found_first(task.embed(task.rows.test.inputs), K)
            shares = {other: precision_at(found, classes) for other, classes in self.classes.items()}
            values[name] = {
                "precision_at_5": shares.pop(name),
                "others_precision_at_5": max(shares.values(), default=0.0),
                "pixel_precision_at_5": precision_at(self.by_pixels, self.classes[name]),
            }
        return values

    def pictures(self) -> Iterator[Picture]:
        """For each query: the picture that asks, and what is nearest to it by pixels and in each embedding."""
        found = {"pixels": self.by_pixels} | {
            name: found_first(task.embed(task.rows.test.inputs), K) for name, task in self.tasks.items()
        }
        shown, captions, titles = [], [], []
        for query in self.asked:
            for name, rows in found.items():
                members = rows[query].tolist()
                shown += [query, *members]
                captions += ["query", *(self._alike(query, member) for member in members)]
                titles.append(name)
        sheet = montage(self.test.inputs[torch.tensor(shown)], columns=1 + K, row_titles=titles, captions=captions)
        yield Picture("nearest", sheet)
        names = list(self.tasks)
        values = self.evaluate()
        labels = [f"{kind} {name}" for name in names for kind in ("pixels, same", "net, same")]
        heights = [values[name][key] for name in names for key in ("pixel_precision_at_5", "precision_at_5")]
        yield Picture("precision", Bars(labels=labels, values=heights, title="share of the five nearest"))

    def _alike(self, query: int, member: int) -> str:
        """In which variants' classes the two are of one class."""
        same = [name for name, classes in self.classes.items() if classes[query] == classes[member]]
        return "+".join(same) or "-"
