"""Reduction: rows of many numbers become points of two, one iteration a step."""

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

MODELS = ()
METRICS = {
    "share": Metric("PCA: share of the variance that the components taken keep"),
    "rebuild_error": Metric("mean squared error of test rows rebuilt from their few coordinates", better="lower"),
    "trustworthiness": Metric("t-SNE: 1 where neighbours on the map are neighbours in the data"),
    "sklearn_trustworthiness": Metric("t-SNE: the same of scikit-learn's map"),
    "kl": Metric("t-SNE: KL(P||Q) of the neighbourhoods in the data and on the map"),
    "sklearn_difference": Metric("PCA: greatest difference of a coordinate from scikit-learn's"),
    "knn": Metric("share of the rows whose nearest rows on the map vote for their class"),
}
NEIGHBOURS = 10
POINTS = 2000  # rows shown on the map, and asked for their neighbours
SHOWN = 10  # pictures rebuilt
MOST_COMPONENTS = 24
MOST_COLOURS = 10  # of the map; two classes of one colour would mislead


def build(
    *,
    algorithm: Literal["pca", "tsne"] = "pca",
    rows: int = 0,
    perplexity: float = 30.0,
    tails: Literal["student", "gaussian"] = "student",
) -> Callable:
    """Returns (data, nets, device) -> Embed.

    algorithm: a file of engine/algorithms; it takes those of the options below that are its own.
    rows: training rows that are put on the map, at least 0; 0 takes all.
    perplexity: about how many neighbours a row has, for tsne, above 1.
    tails: how q falls with the distance on the map, for tsne: student is t-SNE, gaussian is symmetric SNE.
    """
    return partial(Embed, algorithm=algorithm, rows=rows, options={"perplexity": perplexity, "tails": tails})


class Embed:
    """Training rows (N, D), flattened, on a map (N, 2).

    An algorithm's module has `build(x, *, options)`; what it makes is a module of buffers with `step()`, `done`,
    `map()` (N, 2) and `metrics()`; and where rows can be rebuilt `rebuilt(rows)` and `components()`.
    """

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        algorithm: str,
        rows: int,
        options: dict,
    ):
        self.classes, self.shape = data.classes, data.train.inputs.shape[1:]
        module = import_module(f"dltui.engine.algorithms.{algorithm}")
        own = inspect.signature(module.build).parameters
        x = as_floats(data.train.inputs[: rows or None]).flatten(1).to(device)
        self.targets = data.train.targets[: len(x)].to(device)
        self.tests = as_floats(data.test.inputs).flatten(1).to(device)
        self.algorithm = module.build(x, **{name: options[name] for name in options if name in own})
        nets["algorithm"] = self.algorithm

    def advance(self, step: int) -> dict[str, float]:
        """One iteration, as long as one changes something."""
        if not self.algorithm.done:
            self.algorithm.step()
        return {}

    def evaluate(self) -> dict[str, float]:
        """What the algorithm says of its map; whether classes part on it; what is lost of the test rows."""
        values = self.algorithm.metrics()
        if self.classes:
            values["knn"] = self._neighbours_right(self.algorithm.map())
        if hasattr(self.algorithm, "rebuilt"):
            values["rebuild_error"] = (self.algorithm.rebuilt(self.tests) - self.tests).square().mean().item()
        return values

    def _neighbours_right(self, y: Tensor) -> float:
        """Share of the rows y (N, 2) whose class most of their NEIGHBOURS have, they themselves left out."""
        y, targets = y[:POINTS], self.targets[:POINTS]
        near = torch.cdist(y, y).fill_diagonal_(torch.inf).topk(NEIGHBOURS, largest=False).indices
        return (targets[near].mode(1).values == targets).float().mean().item()

    def pictures(self) -> Iterator[Picture]:
        """The map; where rows are rebuilt and are pictures, those and the components."""
        y = self.algorithm.map()[:POINTS].cpu().numpy()
        label, classes = self.targets[:POINTS].cpu().numpy(), list(self.classes)
        if len(classes) > MOST_COLOURS:
            label, classes = label * 0, ["rows"]
        yield Picture("map", {"type": "scatter", "x": y[:, 0], "y": y[:, 1], "label": label, "classes": classes})
        if hasattr(self.algorithm, "rebuilt") and len(self.shape) == 3:
            given = self.tests[torch.linspace(0, len(self.tests) - 1, SHOWN).long()]  # of all classes
            pairs = torch.cat([given, self.algorithm.rebuilt(given)]).view(-1, *self.shape)
            yield Picture("rebuilt", montage(pairs, columns=SHOWN, title="above: given, below: rebuilt"))
            parts = self.algorithm.components()[:MOST_COMPONENTS]
            if len(parts):
                scaled = 0.5 + 0.5 * parts / parts.abs().amax(1, keepdim=True)  # grey is 0
                yield Picture("components", montage(scaled.view(-1, *self.shape), columns=8, title="components"))
