"""One bell fitted to two hills: what each divergence makes of a model that is too simple (Bishop 2006, "Pattern
recognition and machine learning", section 10.1.2; Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875).

All integrals are sums over a grid of x: the trapezoidal rule.
"""

import math
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric

NEEDS_DATA = False
METRICS = {
    "divergence": Metric("the divergence that is minimised; of Wasserstein the squared distance", better="lower"),
    "error": Metric(
        "difference of the divergence from SciPy's adaptive integration, as a share of it", better="lower", check=True
    ),
    "mean": Metric("mean of the bell"),
    "deviation": Metric("standard deviation of the bell", axis="mean"),
    "mean_error": Metric("distance of the bell's mean from the mean of both hills together", better="lower"),
    "hill_distance": Metric(
        "distance of the bell's mean from the top of the nearest hill", better="lower", axis="mean_error"
    ),
    "deviation_error": Metric(
        "distance of the bell's standard deviation from that of both hills together",
        better="lower",
        axis="mean_error",
    ),
}
MIDDLES, WIDTH, SHARES = (-2.0, 2.0), 0.6, (0.6, 0.4)  # of the hills: their tops, their standard deviation, their mass
REACH, POINTS = 24.0, 2401  # the grid
SHOWN = 12.0  # of x, to each side
TINY = 1e-300
LOG_ROOT = 0.5 * math.log(2 * math.pi)


def build(
    *,
    divergence: Literal["kl", "reverse_kl", "js", "wasserstein"] = "kl",
    mean: float = 9.0,
    deviation: float = 1.0,
    lr: float = 0.2,
) -> Callable[[Context], "Divergences"]:
    """Each step moves mean and log deviation of the bell down the gradient, by `lr` times its length or 1 at most.

    divergence: kl, KL(hills || bell); reverse_kl, KL(bell || hills); js, Jensen-Shannon; wasserstein, of order 2.
    mean: of the bell at first, at least -10, at most 10.
    deviation: standard deviation of the bell at first, at least 0.2, at most 3.
    lr: learning rate, above 0, at most 1.
    """
    return lambda context: Divergences(divergence, mean, deviation, lr)


class Divergences(nn.Module):
    """The bell's `place` (2,): its mean and the logarithm of its standard deviation."""

    done = False  # it may always go on

    def __init__(self, kind: str, mean: float, deviation: float, lr: float):
        super().__init__()
        self.kind, self.lr = kind, lr
        self.x = torch.linspace(-REACH, REACH, POINTS, dtype=torch.float64)
        self.log_p = hills(self.x)
        self.first = torch.tensor([mean, math.log(deviation)], dtype=torch.float64)
        self.register_buffer("place", self.first.clone())

    def step(self) -> None:
        """A gradient step; a gradient longer than 1 is cut to that length."""
        with torch.enable_grad():
            place = self.place.clone().requires_grad_()
            (slope,) = torch.autograd.grad(self.divergence(place), place)
        self.place = self.place - self.lr * slope / slope.norm().clamp(min=1)

    def divergence(self, place: Tensor) -> Tensor:
        """place (..., 2) of bells -> their divergences (...)."""
        mean, deviation = place[..., :1], place[..., 1:].exp()
        log_q = bell(self.x, mean, deviation)
        return torch.trapezoid(INTEGRANDS[self.kind](self.x, self.log_p, log_q, mean, deviation), self.x)

    def evaluate(self) -> dict[str, float]:
        (mean, log_deviation), value = self.place.tolist(), self.divergence(self.place).item()
        deviation, (middle, spread) = math.exp(log_deviation), moments()
        return {
            "divergence": value,
            "error": abs(value - self._integrated()) / abs(value),
            "mean": mean,
            "deviation": deviation,
            "mean_error": abs(mean - middle),
            "deviation_error": abs(deviation - spread),
            "hill_distance": min(abs(mean - top) for top in MIDDLES),
        }

    def _integrated(self) -> float:
        """The divergence of now by SciPy's adaptive rule, from the same densities."""
        from scipy.integrate import quad

        mean, deviation = self.place[:1], self.place[1:].exp()

        def integrand(x: float) -> float:
            at = torch.tensor([x], dtype=torch.float64)
            return INTEGRANDS[self.kind](at, hills(at), bell(at, mean, deviation), mean, deviation).item()

        stops = sorted({*MIDDLES, *(float(mean) + side * float(deviation) for side in (-3, 0, 3)), -7.0, 7.0})
        inside = [stop for stop in stops if -REACH < stop < REACH]
        return quad(integrand, -REACH, REACH, points=inside, limit=400, epsabs=1e-11, epsrel=1e-9)[0]

    def pictures(self) -> Iterator[Picture]:
        """The hills, the bell now and at first; then what the divergence is wherever a bell of this width stands."""
        near = self.x.abs() <= SHOWN
        x = self.x[near][::4]
        bells = {
            name: bell(x, place[:1], place[1:].exp()).exp()
            for name, place in (("bell", self.place), ("start", self.first))
        }
        curves = {"two hills": (x, hills(x).exp()), **{name: (x, y) for name, y in bells.items()}}
        yield Picture("bell", lines(curves, x_title="x", y_title="density"))
        means = torch.linspace(-SHOWN + 1, SHOWN - 1, 89, dtype=torch.float64)
        found = self.divergence(torch.stack([means, self.place[1].expand_as(means)], 1))
        slopes = np.gradient(found.numpy(), means.numpy())
        titles = {"x_title": "mean of a bell as wide as now", "y_title": "divergence"}
        yield Picture("divergence by mean", lines({self.kind: (means, found)}, **titles))
        titles["y_title"] = "slope"
        yield Picture("slope by mean", lines({self.kind: (means, slopes)}, **titles))


def bell(x: Tensor, mean: Tensor | float, deviation: Tensor | float) -> Tensor:
    """Log density of a Gaussian."""
    deviation = torch.as_tensor(deviation, dtype=x.dtype)
    return -0.5 * ((x - mean) / deviation).square() - deviation.log() - LOG_ROOT


def hills(x: Tensor) -> Tensor:
    """Log density of both hills together."""
    each = [math.log(share) + bell(x, top, WIDTH) for top, share in zip(MIDDLES, SHARES, strict=True)]
    return torch.logaddexp(*each)


def moments() -> tuple[float, float]:
    """Mean and standard deviation of both hills together."""
    mean = sum(share * top for share, top in zip(SHARES, MIDDLES, strict=True))
    return mean, math.sqrt(
        WIDTH**2 + sum(share * (top - mean) ** 2 for share, top in zip(SHARES, MIDDLES, strict=True))
    )


# -- integrands: x (N,), log densities of hills p (N,) and bells q (..., N), their mean and deviation (..., 1) ---------


def kl(x: Tensor, log_p: Tensor, log_q: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    """p log(p / q)."""
    return log_p.exp() * (log_p - log_q)


def reverse_kl(x: Tensor, log_p: Tensor, log_q: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    """q log(q / p)."""
    return log_q.exp() * (log_q - log_p)


def js(x: Tensor, log_p: Tensor, log_q: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    """(p log(p / m) + q log(q / m)) / 2, m = (p + q) / 2; at most log 2."""
    log_m = torch.logaddexp(log_p.expand_as(log_q), log_q) - math.log(2)
    return (log_p.exp() * (log_p - log_m) + log_q.exp() * (log_q - log_m)) / 2


def wasserstein(x: Tensor, log_p: Tensor, log_q: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    """p (x - T(x))^2, T the map that moves the hills' mass to the bell: equal shares of mass lie to the left."""
    return log_p.exp() * (x - mean - deviation * standard(x)).square()


def standard(x: Tensor) -> Tensor:
    """The number that has as much of N(0, 1) below it as x has of the hills; by the smaller tail, so as to be exact."""
    below, above = (
        sum(share * torch.special.ndtr(side * (x - top) / WIDTH) for top, share in zip(MIDDLES, SHARES, strict=True))
        for side in (1, -1)
    )
    tail = torch.special.ndtri(torch.minimum(below, above).clamp(min=TINY))
    return torch.where(below <= above, tail, -tail)


INTEGRANDS: dict[str, Callable[..., Tensor]] = {
    "kl": kl, "reverse_kl": reverse_kl, "js": js, "wasserstein": wasserstein
}  # fmt: skip
