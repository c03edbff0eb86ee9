"""Measures of generated points on cases whose faults are known: the Frechet distance (Heusel et al. 2017,
arXiv:1706.08500) and the leave-one-out accuracy of 1-NN (Lopez-Paz and Oquab 2017, arXiv:1610.06545).
"""

import math
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.metrics.frechet import Gaussian, frechet_distance
from dltui.engine.metrics.matching import matching_distance
from dltui.engine.metrics.nearest_neighbours import leave_one_out_accuracy
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter, Table

NEEDS_DATA = False
METRICS = {
    "fresh_nn": Metric("1-NN accuracy of real points against a fresh sample of the same distribution", range=(0, 1)),
    "fresh_fid": Metric("Frechet distance of a fresh sample", range=(0, None)),
    "shifted_nn": Metric("1-NN accuracy, the real points shifted", range=(0, 1)),
    "shifted_fid": Metric("Frechet distance of the real points, shifted", range=(0, None)),
    "shift_error": Metric("|shifted_fid / squared length of the shift - 1|", better="lower", range=(0, None)),
    "noisy_nn": Metric("1-NN accuracy of a fresh sample with noise", range=(0, 1)),
    "noisy_fid": Metric("Frechet distance of a fresh sample with noise", range=(0, None)),
    "noisier_nn": Metric("1-NN accuracy of a fresh sample with three times the noise", range=(0, 1)),
    "noisier_fid": Metric("Frechet distance of a fresh sample with three times the noise", range=(0, None)),
    "copies_nn": Metric("1-NN accuracy of copies of the real points", range=(0, 1)),
    "copies_fid": Metric("Frechet distance of copies of the real points", range=(0, None)),
    "collapsed_nn": Metric("1-NN accuracy of a sample of one mode", range=(0, 1)),
    "collapsed_fid": Metric("Frechet distance of a sample of one mode", range=(0, None)),
    "collapsed_kl": Metric("KL(real || made) of a sample of one mode, by histograms", unit="nats", range=(0, None)),
    "collapsed_reverse_kl": Metric(
        "KL(made || real) of a sample of one mode, by histograms", unit="nats", range=(0, None)
    ),
    "one_gaussian_nn": Metric("1-NN accuracy of one Gaussian with the real points' mean and covariance", range=(0, 1)),
    "one_gaussian_fid": Metric(
        "Frechet distance of one Gaussian with the real points' mean and covariance", range=(0, None)
    ),
}  # fmt: skip
MODES, RADIUS, SPREAD = 8, 2.0, 0.15  # of the real points: Gaussians on a circle
BINS, REACH, PSEUDO = 16, 4.0, 0.1  # of the histograms for KL and JS; what each bin has at least
SHOWN = 300  # points of each kind


def build(
    *, samples: int = 400, shift: float = 1.0, noise: float = 0.3, copied: float = 1.0
) -> Callable[[Context], "GanMetrics"]:
    """One case after the other: what each measure says of points that have a known fault.

    samples: real points, and as many generated ones, at least 16, at most 2000.
    shift: how far the points of one case are moved, above 0; the circle of the real ones has radius 2.
    noise: standard deviation of the noise of one case, above 0; another has three times as much.
    copied: share of the copies that are copies, the others are a fresh sample, at least 0, at most 1.
    """
    return lambda context: GanMetrics(samples, shift, noise, copied, context.seed)


class Measured(NamedTuple):
    """Of generated points against real ones."""

    fid: float
    nn: float
    kl: float
    reverse_kl: float
    js: float
    w1: float


class GanMetrics:
    """See contracts.algorithm.Walkthrough: step k shows the first k cases."""

    def __init__(self, samples: int, shift: float, noise: float, copied: float, seed: int):
        self.count, self.shift, self.noise, self.copied = samples, shift, noise, copied
        self.generator = torch.Generator().manual_seed(seed)
        self.real = self._sample()
        self.cases = self._cases()
        self.length = len(self.cases)

    def _sample(self, modes: int = MODES) -> Tensor:
        """Points (count, 2) of the first `modes` Gaussians."""
        angle = torch.arange(self.count) % modes * (2 * math.pi / MODES)
        centres = RADIUS * torch.stack([angle.cos(), angle.sin()], 1)
        return centres + SPREAD * self._normal()

    def _normal(self) -> Tensor:
        return torch.randn(self.count, 2, generator=self.generator)

    def _cases(self) -> dict[str, Tensor]:
        fresh = self._sample()
        copies = self.real.clone()
        copies[round(self.copied * self.count) :] = fresh[round(self.copied * self.count) :]
        fitted = torch.distributions.MultivariateNormal(self.real.mean(0), self.real.T.cov())
        return {
            "fresh": fresh,
            "shifted": self.real + torch.tensor([self.shift, 0.0]),
            "noisy": fresh + self.noise * self._normal(),
            "noisier": fresh + 3 * self.noise * self._normal(),
            "copies": copies,
            "collapsed": self._sample(1),
            "one_gaussian": self.real.mean(0) + self._normal() @ fitted.scale_tril.T,
        }

    @cached_property
    def measured(self) -> dict[str, Measured]:
        return {name: measures(self.real, made) for name, made in self.cases.items()}

    def at(self, step: int) -> Moment:
        shown = list(self.cases)[: max(step, 1)]
        metrics = {}
        for name in shown:
            found = self.measured[name]
            metrics |= {f"{name}_nn": found.nn, f"{name}_fid": found.fid}
            if name == "shifted":
                metrics["shift_error"] = abs(found.fid / self.shift**2 - 1)
            if name == "collapsed":
                metrics |= {"collapsed_kl": found.kl, "collapsed_reverse_kl": found.reverse_kl}
        return Moment(metrics, [Picture("measures", self._table(shown)), Picture("case", self._points(shown[-1]))])

    def _table(self, names: list[str]) -> Table:
        rows = [[name.replace("_", " "), *(round(value, 3) for value in self.measured[name])] for name in names]
        return Table(columns=["case", "FID", "1-NN", "KL(real||made)", "KL(made||real)", "JS", "W1"], rows=rows)

    def _points(self, name: str) -> Scatter:
        points = torch.cat([self.real[:SHOWN], self.cases[name][:SHOWN]])
        label = (torch.arange(len(points)) >= len(self.real[:SHOWN])).long()
        return Scatter(
            x=points[:, 0].numpy(), y=points[:, 1].numpy(), label=label.numpy(),
            classes=["real", f"made: {name.replace('_', ' ')}"], x_title="x1", y_title="x2",
        )  # fmt: skip


def measures(real: Tensor, made: Tensor) -> Measured:
    """Points (N, 2) both -> what each measure says; the features of the Frechet distance are the coordinates."""
    fid = frechet_distance(Gaussian.of(made), Gaussian.of(real))
    kinds = torch.arange(2).repeat_interleave(len(real))
    nn = leave_one_out_accuracy(torch.cat([real, made]), kinds, 1)
    p, q = shares(real), shares(made)
    middle = (p + q) / 2
    js = (kl(p, middle) + kl(q, middle)) / 2
    return Measured(fid, nn, kl(p, q), kl(q, p), js, matching_distance(real, made))


def shares(points: Tensor) -> Tensor:
    """Points (N, 2) -> the share of each square of a grid (BINS^2,), smoothed so that none is empty."""
    at = ((points.clamp(-REACH, REACH) + REACH) / (2 * REACH) * BINS).long().clamp(max=BINS - 1)  # (N, 2)
    counts = (at[:, 0] * BINS + at[:, 1]).bincount(minlength=BINS**2).double() + PSEUDO
    return counts / counts.sum()


def kl(p: Tensor, q: Tensor) -> float:
    """KL(p || q) in nats of two distributions (M,) without zeros."""
    return (p * (p / q).log()).sum().item()
