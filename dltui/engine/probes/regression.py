"""What a regression makes of its rows: its line or curve, predictions beside targets, and what its weights add."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from dltui.engine.contracts.task import Picture
from dltui.engine.regularizers.elastic_net import weights_of
from dltui.engine.tasks.regress import Regress, r2
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Curve, Heat, Lines, Path, Scatter

TASKS = ("regress",)
METRICS = {
    "train_r2": Metric(
        "share of the training targets' variance that is explained", better="higher", range=(None, 1), rows="train"
    ),
    "excess": Metric(
        "squared error on the training rows beyond the least that a linear model can have, as a share of it;"
        " for tables of a hundred columns at most",
        better="lower",
        log=True,
        rows="train",
    ),
}
RESIDUALS = 24  # test rows whose distance from the line is drawn
ENDS = 2  # points of a line: it is straight
DENSE = 60  # points of a curve that a hidden layer may bend
WIDEST = 100  # columns of a table whose exact solution is computed
TALL = 96  # rows of the drawn units at least, so that few of them fill the pane too


def build(*, curve: bool = False) -> Callable[[Regress], "Regression"]:
    """Of one column the rows and the line through them; of more, predictions beside targets, and linear weights.

    curve: whether the rows are points of a curve without noise, which is then drawn as one, beside the net's, and
        above what each unit of a single hidden layer adds to that.
    """
    return lambda task: Regression(task, curve)


class Regression:
    """See contracts.probe.Probe. For one value a row."""

    def __init__(self, task: Regress, curve: bool):
        self.task, self.rows, self.curve = task, task.rows, curve
        train = self.rows.train
        exact = not curve and train.stored[0].numel() <= WIDEST and not train.on_host
        self.least = least_squares(train.inputs.flatten(1), train.targets) if exact else None

    def evaluate(self) -> dict[str, float]:
        train = self.rows.train
        predictions = self.task.predictions(train.inputs)
        values = {"train_r2": r2(predictions, train.targets)}
        if self.least is not None:
            values["excess"] = mse_loss(predictions, train.targets).item() / self.least - 1
        return values

    def pictures(self) -> Iterator[Picture]:
        columns, (weights, *deeper) = self.rows.columns, weights_of(self.task.net)
        if self.curve:
            yield Picture("fit", self._fit())
            layers = getattr(self.task.net, "linear", ())
            if len(layers) == 2:
                yield Picture("units", self._units(layers[0]))
        elif self.rows.train.stored.shape[1:] == (1,):
            yield Picture("line", self._line(straight=not deeper))
        else:
            yield Picture("predicted", self._predicted())
            if not deeper and len(columns) == weights.shape[1]:
                values = (weights[0] * self.task.deviation).tolist()
                title = "what a deviation of each measure adds"
                yield Picture("weights", Bars(labels=list(columns), values=values, title=title))

    # -- rows with noise -------------------------------------------------------------------------------------------

    def _line(self, *, straight: bool) -> Scatter:
        """The rows over their one column, the line through them, and how far from it some test rows are."""
        train, test = self.rows.train, self.rows.test
        ends = train.inputs.min().item(), train.inputs.max().item()
        x = torch.linspace(*ends, ENDS if straight else DENSE, device=train.inputs.device)
        paths = [("predicted", x, self.task.predictions(x[:, None]))]
        some = test.inputs[:RESIDUALS]
        for at, low, high in zip(some[:, 0], self.task.predictions(some), test.targets, strict=False):
            paths.append(("residuals", torch.stack([at, at]), torch.stack([low, high])))
        name = self.rows.columns[0] if self.rows.columns else "x"
        return self._scatter(train.inputs[:, 0], test.inputs[:, 0], paths, f"{name}, in deviations", "target")

    def _predicted(self) -> Scatter:
        """Predictions across, targets upwards: what is right lies on the diagonal."""
        targets = self.rows.train.targets
        ends = torch.stack([targets.min(), targets.max()])
        both = (self.task.predictions(split.inputs) for split in (self.rows.train, self.rows.test))
        return self._scatter(*both, [("predicted = true", ends, ends)], "predicted", "true")

    def _scatter(
        self, train: Tensor, test: Tensor, paths: list[tuple[str, Tensor, Tensor]], x_title: str, y_title: str
    ) -> Scatter:
        x, y = torch.cat([train, test]), torch.cat([self.rows.train.targets, self.rows.test.targets])
        return Scatter(
            x=x.cpu().numpy(),
            y=y.cpu().numpy(),
            label=(torch.arange(len(x)) >= len(train)).long().numpy(),
            classes=["training rows", "test rows"],
            behind={"training rows": ""},
            paths=[Path(name=name, x=x.cpu().numpy(), y=y.cpu().numpy()) for name, x, y in paths],
            x_title=x_title,
            y_title=y_title,
        )

    # -- a curve without noise -------------------------------------------------------------------------------------

    def _points(self) -> tuple[Tensor, Tensor]:
        """The points of both splits as x (N, 1), rising, and the curve there (N,)."""
        train, test = self.rows.train, self.rows.test
        x, y = torch.cat([train.inputs, test.inputs]), torch.cat([train.targets, test.targets])
        order = x[:, 0].argsort()
        return x[order], y[order]

    def _fit(self) -> Lines:
        """The net's curve over the one that is wanted."""
        x, y = self._points()
        curves = {"the net": self.task.predictions(x), "the curve": y}
        across = x[:, 0].cpu().numpy()
        drawn = [Curve(name=name, x=across, y=values.cpu().numpy()) for name, values in curves.items()]
        return Lines(curves=drawn, x_title="x", y_title="y")

    def _units(self, first: nn.Linear) -> Heat:
        """What each unit of the one hidden layer adds to the sum: a row a unit, by the place where it turns over."""
        x, _ = self._points()
        order = (-first.bias / first.weight[:, 0]).argsort(descending=True)
        parts = self.task.net.hidden(x) * self.task.net.head.weight[0] * self.task.deviation  # (N, units)
        drawn = parts[:, order].T.repeat_interleave(max(1, TALL // len(order)), 0).cpu().numpy()
        return Heat(values=drawn, x_title="x", y_title="what each unit adds")


def least_squares(inputs: Tensor, targets: Tensor) -> float:
    """The least mean squared error that a linear model of inputs (N, D) can have: that of the exact solution."""
    X = torch.cat([inputs, torch.ones_like(inputs[:, :1])], 1).double()  # (N, D + 1)
    y = targets.double()[:, None]
    w = torch.linalg.lstsq(X, y).solution
    return mse_loss(X @ w, y).item()
