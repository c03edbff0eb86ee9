"""Embedding: the result of dimension reduction. Rows as points of a plane, their classes, and what is lost of rows."""

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.metrics.nearest_neighbours import leave_one_out_accuracy
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter

NEEDED = ("embedding",)  # of the algorithm
TAKES = ("table", "unlabelled")
METRICS = {
    "knn_accuracy": Metric(
        "leave-one-out accuracy of 10 nearest neighbours on the map", better="higher", range=(0, 1), rows="train"
    ),
    "reconstruction_error": Metric(
        "mean squared error of reconstructed test rows", better="lower", range=(0, None), rows="test"
    ),
}
NEIGHBOURS = 10
POINTS = 2000  # rows shown on the map, and asked for their neighbours
SHOWN = 10  # pictures reconstructed
MOST_COMPONENTS = 24
MOST_COLOURS = 10  # of the map; two classes of one colour would mislead


class Embedding(Protocol):
    """Places of the first N training rows, `context.rows.train.inputs.flatten(1)` (N, D), all or some of them."""

    embedding: Tensor  # (N, 2)

    def reconstruct(self, rows: Tensor) -> Tensor:
        """May be left out, then `components` is not asked for: rows (B, D) from their few coordinates -> (B, D)."""

    def components(self) -> Tensor:
        """The directions that coordinates are measured along (k, D)."""


def build() -> Callable[[Embedding, Context], "EmbeddingResult"]:
    """Returns what measures and draws an embedding."""
    return EmbeddingResult


class EmbeddingResult:
    """The rows on a map, coloured by classes that the algorithm has not seen."""

    def __init__(self, algorithm: Embedding, context: Context):
        self.algorithm, self.classes = algorithm, context.rows.classes
        self.targets = context.rows.train.targets[:POINTS].cpu()
        self.shape = context.rows.train.stored.shape[1:]
        self.test = context.rows.test.inputs.flatten(1)  # (M, D)
        self.reconstructs = hasattr(algorithm, "reconstruct")

    def _places(self) -> tuple[Tensor, Tensor]:
        """Rows on the map (n, 2), and their targets (n,)."""
        y = self.algorithm.embedding[:POINTS].cpu()
        return y, self.targets[: len(y)]

    def evaluate(self) -> dict[str, float]:
        """Whether classes stay apart; what is lost of the test rows."""
        values = {}
        if self.classes:
            values["knn_accuracy"] = leave_one_out_accuracy(*self._places(), NEIGHBOURS)
        if self.reconstructs:
            lost = self.algorithm.reconstruct(self.test) - self.test
            values["reconstruction_error"] = lost.square().mean().item()
        return values

    def pictures(self) -> Iterator[Picture]:
        """The map; where rows are reconstructed and are pictures, those and the components."""
        y, label = self._places()
        classes = list(self.classes)
        if len(classes) > MOST_COLOURS:
            label, classes = label * 0, ["rows"]
        titles = {"x_title": "map 1", "y_title": "map 2"}
        x, y = y.T.numpy()
        yield Picture("map", Scatter(x=x, y=y, label=label.numpy(), classes=classes, **titles))
        if self.reconstructs and len(self.shape) == 3:
            given = self.test[torch.linspace(0, len(self.test) - 1, SHOWN).long()]  # of all classes
            pairs = torch.cat([given, self.algorithm.reconstruct(given)]).view(-1, *self.shape)
            yield Picture("rebuilt", montage(pairs, columns=SHOWN, row_titles=["given", "rebuilt"]))
            parts = self.algorithm.components()[:MOST_COMPONENTS]
            if len(parts):
                scaled = 0.5 + 0.5 * parts / parts.abs().amax(1, keepdim=True)  # grey is 0
                yield Picture("components", montage(scaled.view(-1, *self.shape), columns=8, title="components"))
