"""A linear classifier on embeddings, fitted to a few labels: what an encoder has learned without them (Zhang et al.
2016, arXiv:1603.08511, section 3.2)."""

import copy
from collections.abc import Callable
from functools import cached_property, partial

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Task
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

TASKS = ("pretext",)
METRICS = {
    "probe_accuracy": Metric(
        "accuracy on the test rows of a linear classifier on embeddings, fitted to a few labels",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "untrained_accuracy": Metric(
        "accuracy on the test rows of the same classifier on embeddings of the net before training",
        better="higher",
        range=(0, 1),
        axis="probe_accuracy",
        rows="test",
    ),
}
SEEN = 500  # training rows, without their labels, by which embeddings are standardised
ROWS = 500  # looked at together
DECAY = 0.01  # of the classifier's weights: 100 rows of hundreds of features can be separated in many ways
FITTED = 1000  # steps of L-BFGS at most


def build(*, labels: int = 100) -> Callable[[Task], "LinearProbe"]:
    """Compares the trained encoder with the one it began as, by the same few labels.

    labels: training rows whose labels are used, as many of each class, at least 2.
    """
    return partial(LinearProbe, labels=labels)


class LinearProbe:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task, labels: int):
        self.net, self.rows, self.seen = task.net, task.rows.labelled(), task.seen
        self.few = first_of_each(self.rows.train.targets, len(self.rows.classes), labels)
        self.before = copy.deepcopy(task.net).eval()  # made of the seed alone: a resumed run has the same

    def evaluate(self) -> dict[str, float]:
        return {"probe_accuracy": self.accuracy(self.net), "untrained_accuracy": self.untrained_accuracy}

    @cached_property
    def untrained_accuracy(self) -> float:
        """Computed once, as neither this net nor the rows change."""
        return self.accuracy(self.before)

    def accuracy(self, net: nn.Module) -> float:
        """Of the test rows, by a classifier that is fitted to the few labels."""
        from sklearn.linear_model import LogisticRegression  # 1.8 s

        several = embedded(net, self.seen(self.rows.train.inputs[:SEEN]))
        mean, deviation = several.mean(0), several.std(0).clamp(min=1e-6)
        known = (embedded(net, self.seen(self.rows.train.batch(self.few))) - mean) / deviation
        asked = (embedded(net, self.seen(self.rows.test.inputs)) - mean) / deviation
        labels = self.rows.train.targets[self.few].cpu()
        classifier = LogisticRegression(C=1 / (len(known) * DECAY), max_iter=FITTED).fit(known.cpu(), labels)
        return float(classifier.score(asked.cpu(), self.rows.test.targets.cpu()))


def first_of_each(targets: Tensor, classes: int, labels: int) -> Tensor:
    """targets (N,) -> the first rows of each class, labels / classes of each. Raises DltuiError (2) if that is none."""
    each = labels // classes
    if each < 1:
        raise DltuiError(
            f"labels = {labels} is less than one label for each of {classes} classes.",
            f"Example: probe.linear.labels={10 * classes}",
            ExitStatus.USAGE,
        )
    return torch.cat([(targets == number).nonzero()[:each, 0] for number in range(classes)])


def embedded(net: nn.Module, inputs: Tensor) -> Tensor:
    """inputs (N, ...) -> embeddings (N, d)."""
    return torch.cat([net.embed(part).float() for part in inputs.split(ROWS)])
