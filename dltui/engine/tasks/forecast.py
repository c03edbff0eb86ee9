"""Forecasting with an interval: quantiles of what comes, by the pinball loss (Koenker and Bassett 1978)."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Objective, Picture
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("pinball loss of a batch, in deviations of the history", better="lower", progress=True),
    "test_loss": Metric("the same on the test windows", better="lower"),
    "naive_loss": Metric(
        "the same of the last season repeated, with an interval as wide as its errors in training", better="lower"
    ),
    "error": Metric(
        "mean absolute error of the median on the test windows, in deviations of the history", better="lower"
    ),
    "naive_error": Metric("the same of the last season repeated", better="lower"),
    "coverage": Metric("share of the true values that lie in the interval"),
    "coverage_gap": Metric("how far that is from what the interval says"),
}
SHOWN = 2  # seasons of the history that are drawn


def build(*, interval: float = 0.8) -> Callable:
    """Returns (data, nets, device) -> Forecast.

    interval: share of what comes that should lie between the lowest and the highest quantile, above 0, below 1.
    """
    return partial(Forecast, interval=interval)


class Forecast:
    """A net (B, history) -> (B, 3 horizon). It sees each history with mean 0 and deviation 1, and answers likewise."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, interval: float):
        if "horizon" not in data.facts:
            raise DltuiError(
                f'Forecasting needs what came after a history; "{data.detail}" has none.',
                "Take: data.kind=series.",
                ExitStatus.USAGE,
            )
        self.net, self.interval = nets["model"], interval
        self.horizon, self.period = data.facts["horizon"], data.facts["period"]
        self.q = torch.tensor([(1 - interval) / 2, 0.5, (1 + interval) / 2], device=device)
        x, y = data.train.inputs.to(device), data.train.targets.to(device)
        mean, deviation = of_history(x)
        self.x, self.y, self.rows = (x - mean) / deviation, (y - mean) / deviation, len(x)
        x, y = data.test.inputs.to(device), data.test.targets.to(device)
        self.mean, self.deviation = of_history(x)
        self.test_x, self.test_y = (x - self.mean) / self.deviation, (y - self.mean) / self.deviation
        errors = self.y - seasonal_naive(self.x, self.period, self.horizon)
        self.naive_spread = errors.flatten()[:: -(-errors.numel() // 100_000)].quantile(self.q)  # (3,)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return pinball(self.quantiles(self.x[rows]), self.y[rows], self.q)

    def quantiles(self, x: Tensor) -> Tensor:
        """x (B, history) -> rising quantiles (B, horizon, 3)."""
        return self.net(x).float().view(len(x), self.horizon, 3).sort(2).values

    def evaluate(self) -> dict[str, float]:
        guess = self.quantiles(self.test_x)
        naive = seasonal_naive(self.test_x, self.period, self.horizon)
        low, median, high = guess.unbind(2)
        coverage = ((low <= self.test_y) & (self.test_y <= high)).float().mean().item()
        return {
            "test_loss": pinball(guess, self.test_y, self.q).item(),
            "naive_loss": pinball(naive[..., None] + self.naive_spread, self.test_y, self.q).item(),
            "error": (median - self.test_y).abs().mean().item(),
            "naive_error": (naive - self.test_y).abs().mean().item(),
            "coverage": coverage,
            "coverage_gap": abs(coverage - self.interval),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The test windows of the narrowest and of the widest interval, and how the error grows with the distance."""
        guess = self.quantiles(self.test_x)
        widths = (guess[..., 2] - guess[..., 0]).mean(1)
        yield Picture("forecast", self._window(int(widths.argmax()), guess))
        yield Picture("a calm one", self._window(int(widths.argmin()), guess))
        yield Picture("by distance", self._by_distance(guess))

    def _window(self, row: int, guess: Tensor) -> dict:
        """History, truth, median and interval in the series' own units; 0 is now."""
        mean, deviation = self.mean[row], self.deviation[row]
        past, truth, quantiles = (
            (values[row] * deviation + mean).cpu().numpy() for values in (self.test_x, self.test_y, guess)
        )
        past = past[-SHOWN * self.period :]
        ahead = np.arange(1, self.horizon + 1)
        percent = f"{100 * self.interval:.0f} %"
        curves = [
            {"name": "forecast", "x": ahead, "y": quantiles[:, 1]},
            {"name": "what came", "x": ahead, "y": truth},
            {"name": "history", "x": np.arange(1 - len(past), 1), "y": past},
            {"name": f"{percent} interval, low", "x": ahead, "y": quantiles[:, 0]},
            {"name": "high", "x": ahead, "y": quantiles[:, 2]},
        ]
        return {"type": "lines", "curves": curves, "x_title": "steps from now", "y_title": "value"}

    def _by_distance(self, guess: Tensor) -> dict:
        naive = seasonal_naive(self.test_x, self.period, self.horizon)
        x = np.arange(1, self.horizon + 1)
        curves = [
            {"name": name, "x": x, "y": (values - self.test_y).abs().mean(0).cpu().numpy()}
            for name, values in (("the net", guess[..., 1]), ("the last season again", naive))
        ]
        return {"type": "lines", "curves": curves, "x_title": "steps ahead", "y_title": "mean absolute error"}


def pinball(guess: Tensor, y: Tensor, q: Tensor) -> Tensor:
    """guess (B, T, Q) of quantiles q (Q,), truth (B, T) -> the mean of max(q e, (q - 1) e), e = truth - guess."""
    e = y[..., None] - guess
    return torch.maximum(q * e, (q - 1) * e).mean()


def seasonal_naive(x: Tensor, period: int, horizon: int) -> Tensor:
    """x (B, history) -> (B, horizon): the last season, over and over."""
    return x[:, -period:].repeat(1, -(-horizon // period))[:, :horizon]


def of_history(x: Tensor) -> tuple[Tensor, Tensor]:
    """Returns mean and deviation (B, 1) of each history; 1 for the deviation of one that stands still."""
    deviation = x.std(1, correction=0, keepdim=True)
    return x.mean(1, keepdim=True), deviation.where(deviation > 1e-6, 1.0)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """Three quantiles for each step ahead."""
    return {"outputs": 3 * facts["horizon"]} if "horizon" in facts else {}
