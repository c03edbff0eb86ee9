"""Calibration: does a classifier that is 80 % sure get 80 % right? Reliability diagram, expected calibration error, and
temperature scaling (Guo et al. 2017, "On calibration of modern neural networks", arXiv:1706.04599)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from dltui.engine.contracts.rows import RowSplit
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.lines import lines
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

TASKS = ("classify",)
METRICS = {
    "ece": Metric(
        "expected calibration error: gap between confidence and accuracy, the mean over the bins by their test rows",
        better="lower", range=(0, 1), rows="test",
    ),
    "scaled_ece": Metric(
        "expected calibration error with the logits divided by the temperature",
        better="lower", range=(0, 1), axis="ece", rows="test",
    ),
    "scaled_accuracy": Metric(
        "accuracy with the logits divided by the temperature", range=(0, 1), axis="accuracy", rows="test"
    ),
    "temperature": Metric(
        "what the logits are divided by: that of the lowest cross-entropy; above 1 for a net that is too sure",
        range=(0, None), log=True, rows="validation",
    ),
}  # fmt: skip
HALVINGS = 40  # of the interval that holds 1 / T
SMALLEST, LARGEST = 1e-3, 1e3  # 1 / T, its ends: for rows all known by heart it would grow without end
CURVE = torch.linspace(-1, 1, 41).mul(1.5).exp()  # temperatures of the picture


def build(
    *, bins: int = 15, fitted_on: Literal["validation", "train"] = "validation"
) -> Callable[[Classify], "Calibration"]:
    """For rows with one class each; the confidence is the probability of the class that is predicted.

    bins: equal intervals of confidence, at least 1.
    fitted_on: rows that the temperature is fitted on; train, those that the net has seen, is the mistake to avoid.
    """
    return partial(Calibration, bins=bins, fitted_on=fitted_on)


class Calibration:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify, bins: int, fitted_on: str):
        self.task, self.bins, self.fitted_on = task, bins, fitted_on
        self.rows = task.rows.labelled().validated()
        if not len(self.rows.validation):
            what = "The temperature is fitted on validation rows, and none is left of these data."
            raise DltuiError(what, "Take more rows, or a larger train.validation.", ExitStatus.DATA)

    def log_probabilities(self, rows: RowSplit) -> Tensor:
        """(N, classes) float64: as good as logits, whatever the loss makes probabilities of."""
        probabilities = self.task.criterion.probabilities(self.task.logits(rows.inputs).double())
        return probabilities.clamp(min=torch.finfo(torch.double).tiny).log()

    def fitted(self) -> float:
        """The temperature."""
        rows = getattr(self.rows, self.fitted_on)
        return temperature(self.log_probabilities(rows), rows.targets).item()

    def evaluate(self) -> dict[str, float]:
        test, found = self.rows.test, self.fitted()
        logits = self.log_probabilities(test)
        scaled = logits / found
        return {
            "ece": ece(logits.softmax(1), test.targets, self.bins).item(),
            "scaled_ece": ece(scaled.softmax(1), test.targets, self.bins).item(),
            "scaled_accuracy": (scaled.argmax(1) == test.targets).float().mean().item(),
            "temperature": found,
        }

    def pictures(self) -> Iterator[Picture]:
        """The reliability diagram, how many rows each bin has, and the loss at other temperatures."""
        test, found = self.rows.test, self.fitted()
        logits = self.log_probabilities(test)
        diagram, counts = {"calibrated": ([0, 1], [0, 1])}, {}
        for name, scaled in (("before", logits), (f"T = {found:.2f}", logits / found)):
            share, confidence, accuracy = binned(scaled.softmax(1), test.targets, self.bins)
            filled = share > 0
            diagram[name] = (confidence[filled], accuracy[filled])
            counts[name] = ((torch.arange(self.bins) + 0.5) / self.bins, share)
        yield Picture("reliability", lines(diagram, x_title="confidence", y_title="accuracy"))
        yield Picture("confidences", lines(counts, x_title="confidence", y_title="share of the test rows"))
        losses = {name: (CURVE, self._losses(getattr(self.rows, name))) for name in ("train", "validation", "test")}
        axes = {"x_title": "temperature", "y_title": "cross-entropy", "log_x": True, "log_y": True}
        yield Picture("temperature", lines(losses, **axes))

    def _losses(self, rows: RowSplit) -> Tensor:
        """(T,): the cross-entropy at each temperature of the picture."""
        logits = self.log_probabilities(rows)
        true = rows.targets[:, None]
        return torch.stack([-(logits / t).log_softmax(1).gather(1, true).mean() for t in CURVE.tolist()])


def temperature(logits: Tensor, targets: Tensor) -> Tensor:
    """Logits (N, classes), targets (N,) -> the T that makes the cross-entropy of logits / T least, a scalar.

    The cross-entropy is convex in beta = 1 / T, and its slope there is E_p[logit] - logit of the true class: the
    interval in which the slope changes its sign is halved, on a scale of logarithms.
    """
    true = logits.gather(1, targets[:, None])[:, 0]
    low, high = (logits.new_tensor(end).log() for end in (SMALLEST, LARGEST))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        expected = ((middle.exp() * logits).softmax(1) * logits).sum(1)  # (N,)
        rising = (expected - true).mean() > 0
        low, high = torch.where(rising, low, middle), torch.where(rising, middle, high)
    return (-(low + high) / 2).exp()


def binned(probabilities: Tensor, targets: Tensor, bins: int) -> tuple[Tensor, Tensor, Tensor]:
    """Probabilities (N, classes) -> of each interval of confidence (bins,): the share of the rows that it has, their
    mean confidence and their accuracy, both 0 where there is none."""
    confidence, predicted = probabilities.max(1)
    place = (confidence * bins).ceil().long().clamp(1, bins) - 1  # an interval has its upper end
    counts, *sums = (
        torch.zeros(bins, dtype=confidence.dtype, device=confidence.device).index_add_(0, place, values)
        for values in (torch.ones_like(confidence), confidence, (predicted == targets).to(confidence))
    )
    return counts / len(targets), *(total / counts.clamp(min=1) for total in sums)


def ece(probabilities: Tensor, targets: Tensor, bins: int) -> Tensor:
    """Equation 3: the mean over the bins, by their rows, of |accuracy - confidence|, a scalar."""
    share, confidence, accuracy = binned(probabilities, targets, bins)
    return (share * (accuracy - confidence).abs()).sum()
