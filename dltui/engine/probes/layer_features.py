"""Hidden layers as features: how well a linear classifier tells classes apart by what each layer of a net gives
(Yosinski et al. 2014, arXiv:1411.1792; linear probes: Alain and Bengio 2016, arXiv:1610.01644).

Two problems are solved with the same features: the classes that the net is trained on, and classes that it never sees.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cached_property, partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from dltui.engine.contracts.dataset import Split
from dltui.engine.contracts.rows import RowSplit
from dltui.engine.contracts.task import Picture
from dltui.engine.metrics.ridge_classifier import ridge_classifier
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

TASKS = ("classify",)
METRICS = {
    "new_pixels": Metric("accuracy of a linear classifier of the unseen classes on the pixels", range=(0, 1)),
    "new_first": Metric(
        "accuracy of a linear classifier of the unseen classes on the first layer", range=(0, 1), axis="new_pixels"
    ),
    "new_best": Metric(
        "accuracy for the unseen classes on the layer that is best on rows held out for this choice",
        better="higher",
        range=(0, 1),
        axis="new_pixels",
    ),
    "new_drop": Metric("accuracy for the unseen classes on that layer less that on the last hidden layer"),
    "new_gain": Metric(
        "accuracy for the unseen classes on trained weights less that on random ones: the least of all layers but the"
        " first",
        better="higher",
    ),
    "old_first": Metric(
        "accuracy of a linear classifier of the trained classes on the first layer", range=(0, 1), rows="test"
    ),
    "old_last": Metric(
        "accuracy of a linear classifier of the trained classes on the last hidden layer",
        better="higher",
        range=(0, 1),
        axis="old_first",
        rows="test",
    ),
    "old_drop": Metric(
        "accuracy for the trained classes on the best layer less that on the last hidden layer",
        axis="new_drop",
        rows="test",
    ),
}
LEAST = 2  # layers: a first one and a last one
AT_ONCE = 500  # rows that go through a net together
SHARES = 0.4, 0.2  # of the rows of the unseen classes: fitted, chosen by; the others judge


def build(*, rows: int = 800, grid: int = 2, ridge: float = 0.1) -> Callable[[Classify], "LayerFeatures"]:
    """A layer is what a ReLU gives; the data have rows of classes that the net is not trained on.

    rows: rows that a linear classifier is fitted to at most, at least 10.
    grid: each map of a layer is averaged to grid x grid numbers, at least 1; smaller maps stay as they are.
    ridge: penalty of the squared weights of the linear classifier, above 0.
    """
    return partial(LayerFeatures, rows=rows, grid=grid, ridge=ridge)


class Problem(NamedTuple):
    """Rows to fit a linear classifier to, and rows to judge it by."""

    fit: Split
    choose: Split
    judge: Split


class LayerFeatures:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify, rows: int, grid: int, ridge: float):
        self.net, self.rows = task.net, task.rows.pictures().labelled()
        self.most, self.grid, self.ridge = rows, grid, ridge
        if self.rows.data.base is None:
            raise DltuiError(
                "Layer features need rows of classes that the net is not trained on; these data have none.",
                "Set data.kind=cifar10 data.new_classes=6: the net is trained on the last six classes.",
                ExitStatus.USAGE,
            )
        self.random = copy.deepcopy(self.net)  # as it is drawn by the seed: a resumed run draws the same
        if sum(isinstance(layer, nn.ReLU) for layer in self.net.modules()) < LEAST:
            raise DltuiError(
                f"Layer features need a net with {LEAST} or more nn.ReLU; {type(self.net).__name__} has fewer.",
                "Set model.kind=vgg, or leave the probe out.",
                ExitStatus.USAGE,
            )

    @cached_property
    def old(self) -> Problem:
        """The classes that the net is trained on: fitted to training rows, judged by the test rows."""
        fit = _taken(self.rows.train, 0, min(self.most, len(self.rows.train)))
        return Problem(fit, fit, _taken(self.rows.test, 0, len(self.rows.test)))

    @cached_property
    def new(self) -> Problem:
        """The classes that the net never sees."""
        unseen = RowSplit(self.rows.data.base, self.rows.device)
        fit, choose = (max(1, min(round(share * len(unseen)), self.most)) for share in SHARES)
        ends = fit, fit + choose, min(len(unseen), 2 * fit + choose)
        return Problem(*(_taken(unseen, start, end) for start, end in zip((0, *ends), ends, strict=False)))

    @cached_property
    def at_random(self) -> tuple[Tensor, Tensor]:
        """Accuracies on the layers of the net with random weights: for the trained and for the unseen classes."""
        self.random.eval()
        _calibrate(self.random, self.old.fit.inputs[:AT_ONCE])
        return self.accuracies(self.random, self.old)[1], self.accuracies(self.random, self.new)[1]

    def accuracies(self, net: nn.Module, problem: Problem) -> tuple[Tensor, Tensor]:
        """Accuracy on each layer (layers,), pixels first: by the rows to choose by, and by those that judge."""
        fit, choose, judge = (self.features(net, part.inputs) for part in problem)
        found = []
        for x, *others in zip(fit, choose, judge, strict=True):
            classify = ridge_classifier(x, problem.fit.targets, self.ridge)
            parts = zip(others, (problem.choose, problem.judge), strict=True)
            found.append([(classify(rows) == part.targets).float().mean().item() for rows, part in parts])
        return tuple(torch.tensor(found).T)

    def features(self, net: nn.Module, pictures: Tensor) -> list[Tensor]:
        """pictures (N, C, H, W) -> of each layer (N, D): its maps averaged to grid x grid."""
        parts = [[pooled(x, self.grid) for x in layers(net, some)] for some in pictures.split(AT_ONCE)]
        return [torch.cat(of_layer) for of_layer in zip(*parts, strict=True)]

    def evaluate(self) -> dict[str, float]:
        (_, old), (by, new) = self.accuracies(self.net, self.old), self.accuracies(self.net, self.new)
        best = 1 + int(by[1:].argmax())
        return {
            "new_pixels": new[0].item(),
            "new_first": new[1].item(),
            "new_best": new[best].item(),
            "new_drop": (new[best] - new[-1]).item(),
            "new_gain": (new - self.at_random[1])[2:].min().item(),
            "old_first": old[1].item(),
            "old_last": old[-1].item(),
            "old_drop": (old.max() - old[-1]).item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """Accuracy over the layers, 0 being the pixels, for both problems, by trained and by random weights."""
        old_random, new_random = self.at_random
        found = {
            "unseen classes": self.accuracies(self.net, self.new)[1],
            "unseen, random weights": new_random,
            "trained classes": self.accuracies(self.net, self.old)[1],
            "trained, random weights": old_random,
        }
        curves = [Curve(name=name, x=list(range(len(y))), y=y.tolist()) for name, y in found.items()]
        yield Picture("layers", Lines(curves=curves, x_title="layer, 0 the pixels", y_title="accuracy by its outputs"))


def layers(net: nn.Module, inputs: Tensor) -> list[Tensor]:
    """inputs (N, ...) -> themselves, and what each ReLU of the net gives of them, in order."""
    found = [inputs]
    with ExitStack() as hooks:
        for layer in net.modules():
            if isinstance(layer, nn.ReLU):
                hook = layer.register_forward_hook(lambda _, __, outputs: found.append(outputs))
                hooks.callback(hook.remove)
        net(inputs)
    return found


def pooled(outputs: Tensor, grid: int) -> Tensor:
    """Maps (N, c, h, w) -> (N, c g g), each averaged to g x g numbers, g = min(grid, h, w); (N, D) as they are."""
    if outputs.dim() == 2:
        return outputs
    return adaptive_avg_pool2d(outputs, min(grid, *outputs.shape[2:])).flatten(1)


def _calibrate(net: nn.Module, pictures: Tensor) -> None:
    """Gives the batch normalisations of an untrained net the means and variances of their inputs."""
    norms = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    for layer in norms:
        layer.train().momentum = None  # a plain average
        layer.reset_running_stats()
    net(pictures)
    for layer in norms:
        layer.eval()


def _taken(rows: RowSplit, start: int, end: int) -> Split:
    return Split(rows.inputs[start:end], rows.targets[start:end])
