"""Double descent: the test error of wider and wider models rises to a peak where there are as many weights as rows, and
falls again (Belkin et al. 2019, arXiv:1812.11118; Nakkiran et al. 2020, arXiv:1912.02292).

Random features (Rahimi and Recht 2008): F = relu(X W), W drawn once; beta is fitted by least squares, of least norm
where many fit.
"""

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric

METRICS = {
    "width": Metric("features of the widest model so far", counter=True),
    "train_error": Metric("mean squared error on the training rows", better="lower", rows="train"),
    "test_error": Metric("mean squared error on the test rows", better="lower", axis="train_error", rows="test"),
    "peak_width": Metric("features with the greatest test error, over the training rows", range=(0, None), rows="test"),
    "peak_error": Metric("test error of the model with as many features as training rows", rows="test"),
    "narrow_error": Metric("least test error of a model with fewer features than training rows", rows="test"),
    "wide_error": Metric("test error of the model with five times as many features as training rows", rows="test"),
    "bump": Metric("peak_error / narrow_error", rows="test"),
}
WIDTHS = (
    0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0,
    5.0, 7.5, 10.0,
)  # fmt: skip
PEAK, WIDE = WIDTHS.index(1.0), WIDTHS.index(5.0)


def build(*, rows: int = 200, penalty: float = 0.0) -> Callable[[Context], "DoubleDescent"]:
    """Each step fits a wider model to the same rows.

    rows: training rows, at least 20, at most 500.
    penalty: weight of the squared weights that is added to the squared errors, at least 0; 0 takes the least weights
        among those that fit best.
    """
    return lambda context: DoubleDescent(context.rows.labelled(), rows, penalty, context.seed)


class Fit(NamedTuple):
    """A model of one width: mean squared errors, and the length of its weights."""

    train: float
    test: float
    norm: float


class DoubleDescent:
    """See contracts.algorithm.Walkthrough: after step k the first k widths are fitted."""

    def __init__(self, rows: Rows, count: int, penalty: float, seed: int):
        generator = torch.Generator().manual_seed(seed)
        known, classes = rows.train.table()
        some = torch.randperm(len(known), generator=generator)[:count]
        mean = known.mean(0)
        self.x, self.test = ((inputs - mean).double() for inputs in (known[some], rows.test.table()[0]))
        scale = self.x.square().sum(1).mean().sqrt()
        self.x, self.test = self.x / scale, self.test / scale
        self.y, self.test_y = (_targets(labels, len(rows.classes)) for labels in (classes[some], rows.test.table()[1]))
        self.penalty, self.n, self.length = penalty, len(self.x), len(WIDTHS)
        widest = round(WIDTHS[-1] * self.n)
        self.W = torch.randn(self.x.shape[1], widest, generator=generator, dtype=torch.float64)

    @cached_property
    def widths(self) -> list[int]:
        return [max(1, round(share * self.n)) for share in WIDTHS]

    @cached_property
    def fits(self) -> list[Fit]:
        return [self._fit(width) for width in self.widths]

    def _fit(self, width: int) -> Fit:
        F, test = (torch.relu(x @ self.W[:, :width]) / width**0.5 for x in (self.x, self.test))
        beta = least_squares(F, self.y, self.penalty)  # (width, classes)
        train, unseen = ((f @ beta - y).square().mean().item() for f, y in ((F, self.y), (test, self.test_y)))
        return Fit(train, unseen, beta.norm().item() / width**0.5)

    def at(self, step: int) -> Moment:
        done = self.fits[: max(1, step)]
        tests = [fit.test for fit in done]
        metrics = {
            "width": self.widths[len(done) - 1], "train_error": done[-1].train, "test_error": tests[-1],
            "peak_width": WIDTHS[tests.index(max(tests))], "narrow_error": min(tests[:PEAK]),
        }  # fmt: skip
        if len(done) > PEAK:
            metrics |= {"peak_error": tests[PEAK], "bump": tests[PEAK] / metrics["narrow_error"]}
        if len(done) > WIDE:
            metrics["wide_error"] = tests[WIDE]
        return Moment(metrics, self._pictures(done))

    def _pictures(self, done: list[Fit]) -> list[Picture]:
        """Errors and weights against the features, as shares of the training rows."""
        x, axes = WIDTHS[: len(done)], {"x_title": "features / training rows", "log_x": True, "log_y": True}
        errors = {"test": (x, [fit.test for fit in done])}
        if any(fit.train > FITTED for fit in done):
            left = [(share, fit.train) for share, fit in zip(x, done, strict=True) if fit.train > FITTED]
            errors["train"] = tuple(zip(*left, strict=True))
        return [
            Picture("error", lines(errors, y_title="squared error", **axes)),
            Picture("weights", lines({"|beta|": (x, [fit.norm for fit in done])}, y_title="length", **axes)),
        ]


FITTED = 1e-6  # an error that counts as none: its logarithm would hide the others


def least_squares(F: Tensor, y: Tensor, penalty: float) -> Tensor:
    """Features F (N, w), targets y (N, K) -> beta (w, K) with the least |F beta - y|^2 + penalty |beta|^2; without a
    penalty that of least norm among those that fit best."""
    if not penalty:
        return torch.linalg.lstsq(F, y, driver="gelsd").solution
    N, w = F.shape
    if w <= N:
        return torch.linalg.solve(F.T @ F + penalty * torch.eye(w, dtype=F.dtype), F.T @ y)
    return F.T @ torch.linalg.solve(F @ F.T + penalty * torch.eye(N, dtype=F.dtype), y)


def _targets(labels: Tensor, classes: int) -> Tensor:
    """Classes (N,) -> one-hot less its mean (N, classes) float64: to predict 0 is to know nothing."""
    return one_hot(labels, classes).double() - 1 / classes
