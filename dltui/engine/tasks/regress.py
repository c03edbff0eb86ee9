"""Regression: a number a row, by least squares (Legendre 1805), found step by step along the gradient."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.regularizers.elastic_net import weights_of
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("mean squared error of a batch, where the targets' deviation is 1", better="lower", progress=True),
    "r2": Metric(
        "share of the test targets' variance that is explained: 1 for all, 0 for what their mean would do",
        better="higher",
        range=(0, 1),
    ),
    "train_r2": Metric("the same on the training rows", better="higher", range=(0, 1)),
    "error": Metric("root of the mean squared error on the test rows, in the target's own units", better="lower"),
    "excess": Metric(
        "squared error on the training rows beyond the least that a linear model can have, as a share of it"
    ),
}
RESIDUALS = 24  # test rows whose distance from the line is drawn
ENDS = 2  # of a line: it is straight
DENSE = 60  # points of a curve that a hidden layer may bend


def build() -> Callable:
    """Returns (data, nets, device) -> Regress."""
    return Regress


class Regress:
    """A net that gives one number a row (B, 1). It learns targets of mean 0 and deviation 1."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device):
        self.net = nets["model"]
        self.inputs, self.targets = data.train.inputs.to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = data.test.inputs.to(device), data.test.targets.to(device)
        self.mean, self.deviation = self.targets.mean(), self.targets.std(correction=0)
        self.rows, self.columns = len(self.inputs), data.columns
        self.least = least_squares(self.inputs, self.targets)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return mse_loss(self.net(self.inputs[rows])[:, 0], (self.targets[rows] - self.mean) / self.deviation)

    def predictions(self, inputs: Tensor) -> Tensor:
        """inputs (N, D) -> (N,) in the target's units."""
        return self.net(inputs)[:, 0].float() * self.deviation + self.mean

    def evaluate(self) -> dict[str, float]:
        predicted, test_predicted = self.predictions(self.inputs), self.predictions(self.test_inputs)
        return {
            "r2": r2(test_predicted, self.test_targets),
            "train_r2": r2(predicted, self.targets),
            "error": mse_loss(test_predicted, self.test_targets).sqrt().item(),
            "excess": mse_loss(predicted, self.targets).item() / self.least - 1,
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """Of one column the line itself; of more, what was predicted and what is true, and the weights."""
        if self.inputs.shape[1] == 1:
            yield Picture("line", self._line())
        else:
            yield Picture("predicted", self._predicted())
            (weights, *deeper) = weights_of(self.net)
            if not deeper and len(self.columns) == weights.shape[1]:
                values = (weights[0] * self.deviation).tolist()
                title = "what a deviation of each measure adds"
                bars = {"type": "bars", "labels": list(self.columns), "values": values, "title": title}
                yield Picture("weights", bars)

    def _line(self) -> dict:
        """The rows over their one column, the line through them, and how far from it some test rows are."""
        ends = self.inputs.min().item(), self.inputs.max().item()
        x = torch.linspace(*ends, ENDS if len(weights_of(self.net)) == 1 else DENSE, device=self.inputs.device)
        paths = [(x, self.predictions(x[:, None]))]
        some = self.test_inputs[:RESIDUALS]
        for at, low, high in zip(some[:, 0], self.predictions(some), self.test_targets, strict=False):
            paths.append((torch.stack([at, at]), torch.stack([low, high])))
        name = self.columns[0] if self.columns else "x"
        return self._rows(self.inputs[:, 0], self.test_inputs[:, 0], paths, f"{name}, in deviations", "target")

    def _predicted(self) -> dict:
        """Predicted across, true upwards: what is right lies on the diagonal."""
        ends = torch.stack([self.targets.min(), self.targets.max()])
        both = self.predictions(self.inputs), self.predictions(self.test_inputs)
        return self._rows(*both, [(ends, ends)], "predicted", "true")

    def _rows(
        self, train: Tensor, test: Tensor, paths: list[tuple[Tensor, Tensor]], x_title: str, y_title: str
    ) -> dict:
        x, y = torch.cat([train, test]), torch.cat([self.targets, self.test_targets])
        label = (torch.arange(len(x)) >= len(train)).long()
        return {
            "type": "scatter", "x": x.cpu().numpy(), "y": y.cpu().numpy(), "label": label.numpy(),
            "classes": ["training rows", "test rows"], "behind": {"training rows": ""},
            "paths": [{"x": x.cpu().numpy(), "y": y.cpu().numpy()} for x, y in paths],
            "x_title": x_title, "y_title": y_title,
        }  # fmt: skip


def r2(predicted: Tensor, true: Tensor) -> float:
    """1 less the squared error as a share of what the mean of `true` would leave."""
    return 1 - (mse_loss(predicted, true) / true.var(correction=0)).item()


def least_squares(inputs: Tensor, targets: Tensor) -> float:
    """The least mean squared error that a linear model of inputs (N, D) can have: that of the exact solution."""
    X = torch.cat([inputs, torch.ones_like(inputs[:, :1])], 1).double()  # (N, D + 1)
    y = targets.double()[:, None]
    w = torch.linalg.lstsq(X, y).solution
    return mse_loss(X @ w, y).item()


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """One number a row."""
    return {"outputs": 1}
