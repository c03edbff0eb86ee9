"""Forecasting with an interval: quantiles of what comes, by the pinball loss (Koenker and Bassett 1978)."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor

from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

METRICS = {
    "loss": Metric(
        "pinball loss of a batch, in deviations of the history", better="lower", progress=True, rows="train"
    ),
    "test_loss": Metric(
        "pinball loss on the test windows, in deviations of the history", better="lower", axis="loss", rows="test"
    ),
    "naive_loss": Metric(
        "pinball loss on the test windows of the last season repeated, with an interval as wide as its errors in"
        " training, in deviations of the history",
        better="lower",
        axis="loss",
        rows="test",
    ),
    "mae": Metric(
        "mean absolute error of the median on the test windows, in deviations of the history",
        better="lower",
        rows="test",
    ),
    "naive_mae": Metric(
        "mean absolute error on the test windows of the last season repeated, in deviations of the history",
        better="lower",
        axis="mae",
        rows="test",
    ),
    "coverage": Metric("share of the test windows' true values that lie in the interval", range=(0, 1), rows="test"),
    "coverage_gap": Metric(
        "distance between the interval's coverage and the share that it is to cover",
        better="lower",
        range=(0, 1),
        rows="test",
    ),
}
SHOWN = 2  # seasons of the history that are drawn
SPREAD = 100_000  # errors of the naive forecast, at most, that decide how wide its interval is


def build(*, interval: float = 0.8) -> Callable[[Context], "Forecast"]:
    """The net gives three quantiles for each step ahead: the ends of an interval, and the median.

    interval: share of what comes that should lie between the lowest and the highest quantile, above 0, below 1.
    """
    return partial(Forecast, interval=interval)


class Forecast:
    """A net (B, history) -> (B, 3 horizon). It sees each history with mean 0 and deviation 1, and answers likewise."""

    def __init__(self, context: Context, interval: float):
        self.net, self.rows, self.interval = context.nets["model"], context.rows.series(), interval
        self.horizon, self.period = self.rows.facts["horizon"], self.rows.facts["period"]
        self.q = torch.tensor([(1 - interval) / 2, 0.5, (1 + interval) / 2], device=context.device)
        train, test = self.rows.train, self.rows.test
        mean, deviation = of_history(train.inputs)
        self.x, self.y = ((values - mean) / deviation for values in (train.inputs, train.targets))
        self.mean, self.deviation = of_history(test.inputs)
        self.test_x, self.test_y = ((values - self.mean) / self.deviation for values in (test.inputs, test.targets))
        self.naive = seasonal_naive(self.test_x, self.period, self.horizon)
        errors = self.y - seasonal_naive(self.x, self.period, self.horizon)
        self.naive_spread = errors.flatten()[:: -(-errors.numel() // SPREAD)].quantile(self.q)  # (3,)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> the mean pinball loss, a scalar."""
        return pinball(self.quantiles(self.x[rows]), self.y[rows], self.q)

    def quantiles(self, x: Tensor) -> Tensor:
        """x (B, history) -> rising quantiles (B, horizon, 3)."""
        return self.net(x).float().view(len(x), self.horizon, 3).sort(2).values

    def evaluate(self) -> dict[str, float]:
        predicted = self.quantiles(self.test_x)
        low, median, high = predicted.unbind(2)
        coverage = ((low <= self.test_y) & (self.test_y <= high)).float().mean().item()
        return {
            "test_loss": pinball(predicted, self.test_y, self.q).item(),
            "naive_loss": pinball(self.naive[..., None] + self.naive_spread, self.test_y, self.q).item(),
            "mae": (median - self.test_y).abs().mean().item(),
            "naive_mae": (self.naive - self.test_y).abs().mean().item(),
            "coverage": coverage,
            "coverage_gap": abs(coverage - self.interval),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The test windows of the narrowest and of the widest interval, and how the error grows with the distance."""
        predicted = self.quantiles(self.test_x)
        widths = (predicted[..., 2] - predicted[..., 0]).mean(1)
        yield Picture("forecast", self._window(int(widths.argmax()), predicted))
        yield Picture("a calm one", self._window(int(widths.argmin()), predicted))
        yield Picture("by distance", self._by_distance(predicted))

    def _window(self, row: int, predicted: Tensor) -> Lines:
        """History, truth, median and interval in the series' own units; 0 is now."""
        mean, deviation = self.mean[row], self.deviation[row]
        past, truth, quantiles = (
            (values[row] * deviation + mean).cpu().numpy() for values in (self.test_x, self.test_y, predicted)
        )
        past = past[-SHOWN * self.period :]
        ahead = np.arange(1, self.horizon + 1)
        curves = [
            Curve(name="forecast", x=ahead, y=quantiles[:, 1]),
            Curve(name="what came", x=ahead, y=truth),
            Curve(name="history", x=np.arange(1 - len(past), 1), y=past),
            Curve(name=f"{100 * self.interval:.0f} % interval, low", x=ahead, y=quantiles[:, 0]),
            Curve(name="high", x=ahead, y=quantiles[:, 2]),
        ]
        return Lines(curves=curves, x_title="steps from now", y_title="value")

    def _by_distance(self, predicted: Tensor) -> Lines:
        x = np.arange(1, self.horizon + 1)
        curves = [
            Curve(name=name, x=x, y=(values - self.test_y).abs().mean(0).cpu().numpy())
            for name, values in (("the net", predicted[..., 1]), ("the last season again", self.naive))
        ]
        return Lines(curves=curves, x_title="steps ahead", y_title="mean absolute error")


def pinball(predicted: Tensor, y: Tensor, q: Tensor) -> Tensor:
    """predicted (B, T, Q) quantiles q (Q,), truth y (B, T) -> the mean of max(q e, (q - 1) e), e = truth - predicted.

    A scalar.
    """
    e = y[..., None] - predicted
    return torch.maximum(q * e, (q - 1) * e).mean()


def seasonal_naive(x: Tensor, period: int, horizon: int) -> Tensor:
    """x (B, history) -> (B, horizon): the last season, over and over."""
    return x[:, -period:].repeat(1, -(-horizon // period))[:, :horizon]


def of_history(x: Tensor) -> tuple[Tensor, Tensor]:
    """x (B, history) -> mean and deviation (B, 1) of each history; 1 for the deviation of one that stands still."""
    deviation = x.std(1, correction=0, keepdim=True)
    return x.mean(1, keepdim=True), deviation.where(deviation > 1e-6, 1.0)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """Three quantiles for each step ahead."""
    return {"outputs": 3 * facts["horizon"]} if "horizon" in facts else {}
