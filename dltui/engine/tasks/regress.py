"""Regression: values of a row, by least squares (Legendre 1805), found step by step along the gradient."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from dltui.engine.contracts.task import Context, Objective
from dltui.recipes.metric import Metric

PROBES = ("regression",)
METRICS = {
    "loss": Metric(
        "mean squared error of a batch, in standard deviations of the training targets",
        better="lower",
        progress=True,
        rows="train",
    ),
    "rmse": Metric("root mean squared error on the test rows, in the target's own units", better="lower", rows="test"),
    "max_error": Metric(
        "greatest absolute error on the test rows, in the target's own units", better="lower", rows="test"
    ),
    "r2": Metric(
        "share of the test targets' variance that is explained: 1 for all, 0 for what their mean would do",
        better="higher",
        range=(None, 1),
        rows="test",
    ),
}

ROWS = 10_000  # rows looked at together


def build() -> Callable[[Context], "Regress"]:
    """The net's outputs are compared with the values of a row, which are standardised for it."""
    return Regress


class Regress:
    """A net that gives the values of a row, (B, values). It learns targets of mean 0 and deviation 1."""

    def __init__(self, context: Context):
        self.net, self.rows = context.nets["model"], context.rows.values()
        targets = self.rows.train.targets
        self.mean, self.deviation = targets.mean(0), targets.std(0, correction=0).clamp(min=1e-12)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> mean squared error, a scalar."""
        targets = (self.rows.train.targets[rows] - self.mean) / self.deviation
        return mse_loss(self.net(self.rows.train.batch(rows)).view_as(targets), targets)

    def predictions(self, inputs: Tensor) -> Tensor:
        """inputs (N, ...) -> (N,), or (N, values) where a row has several, in the target's units."""
        outputs = torch.cat([self.net(part) for part in inputs.split(ROWS)]).float()
        return outputs.view(len(outputs), *self.mean.shape) * self.deviation + self.mean

    def evaluate(self) -> dict[str, float]:
        test = self.rows.test
        predictions = self.predictions(test.inputs)
        return {
            "rmse": mse_loss(predictions, test.targets).sqrt().item(),
            "max_error": (predictions - test.targets).abs().max().item(),
            "r2": r2(predictions, test.targets),
        }


def r2(predictions: Tensor, targets: Tensor) -> float:
    """1 less the squared error as a share of what the mean of targets (N, ...) would leave, the mean over values."""
    error = (predictions - targets).square().mean(0)
    return 1 - (error / targets.var(0, correction=0)).mean().item()


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """A number for each value of a row: one, where the data do not tell of more."""
    return {"outputs": facts.get("values", 1)}


def output_shape(role: str, facts: dict[str, int]) -> tuple[int | None, ...]:
    """The values of a row (B, values)."""
    return (facts["outputs"],)
