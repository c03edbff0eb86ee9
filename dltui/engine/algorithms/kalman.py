"""The Kalman filter and the smoother that follows it (Kalman 1960, doi:10.1115/1.3662552).

z (2,): position and velocity, y: measured position. z_t = F z_(t-1) + noise of covariance Q, y_t = H z_t + noise of
variance R. m, P: mean and covariance of z given the measurements.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Path, Scatter

NEEDS_DATA = False
METRICS = {
    "measured_rmse": Metric("root mean squared error of the measured positions so far", axis="filtered_rmse"),
    "filtered_rmse": Metric("root mean squared error of the filtered positions so far", better="lower"),
    "smoothed_rmse": Metric(
        "root mean squared error of the positions, smoothed where the smoother has come by",
        better="lower",
        axis="filtered_rmse",
    ),
    "coverage_gap": Metric("distance of the share of true positions within the 95 % interval from 0.95", "lower"),
    "error": Metric(
        "greatest distance of the smoothed means and covariances from the joint Gaussian's", better="lower", check=True
    ),
    "last_error": Metric(
        "distance of the last filtered mean and covariance from the joint Gaussian's",
        better="lower",
        check=True,
        axis="error",
    ),
}
F = torch.tensor([[1.0, 1.0], [0.0, 1.0]], dtype=torch.float64)  # the position moves on by the velocity
H = torch.tensor([1.0, 0.0], dtype=torch.float64)  # the position is measured, the velocity never
PUSH = torch.tensor([0.5, 1.0], dtype=torch.float64)  # what a random acceleration of 1 does within a moment
PRIOR = torch.diag(torch.tensor([4.0, 0.02], dtype=torch.float64))  # of z before anything is measured
TRACKS, T = 100, 100
BACK = 4  # moments that the smoother goes back in a step
WITHIN = 1.96  # standard deviations on each side of 95 %


def build(*, push: float = 0.006, noise: float = 1.0, believed: float = 1.0) -> Callable[[Context], "Kalman"]:
    """Each step takes one measurement more; at the end of the series the smoother goes back to its beginning.

    push: standard deviation of the random acceleration, above 0.
    noise: standard deviation of a measurement, above 0.
    believed: by what the filter multiplies this noise, above 0; 1 is right.
    """
    return lambda context: Kalman(push, noise, believed)


class Estimate(NamedTuple):
    """Means (T, S, 2) of S series, and their covariance (T, 2, 2), which no measurement changes."""

    m: Tensor
    P: Tensor


def drawn(push: float, noise: float) -> tuple[Tensor, Tensor]:
    """Returns hidden states z (T, S, 2) and measured positions y (T, S)."""
    z = [torch.randn(TRACKS, 2, dtype=torch.float64) * PRIOR.diagonal().sqrt()]
    for _ in range(T - 1):
        z.append(z[-1] @ F.T + push * torch.randn(TRACKS, 1, dtype=torch.float64) * PUSH)
    states = torch.stack(z)
    return states, states @ H + noise * torch.randn(T, TRACKS, dtype=torch.float64)


def filtered(y: Tensor, Q: Tensor, R: float) -> tuple[Estimate, Estimate]:
    """y (T, S) -> what is known of z_t by y_1 ... y_t, and what was predicted of it by y_1 ... y_(t-1)."""
    m, P = torch.zeros(y.shape[1], 2, dtype=y.dtype), PRIOR
    known, predicted = [], []
    for t, measured in enumerate(y):
        if t:
            m, P = m @ F.T, F @ P @ F.T + Q
        predicted.append((m, P))
        K = P @ H / (H @ P @ H + R)  # (2,), the gain: how far the measurement is believed
        m = m + (measured - m @ H)[:, None] * K
        P = P - torch.outer(K, H @ P)
        known.append((m, P))
    return tuple(Estimate(*map(torch.stack, zip(*each, strict=True))) for each in (known, predicted))


def smoothed(known: Estimate, predicted: Estimate) -> Estimate:
    """What is known of z_t by all measurements, from the last moment back (Rauch, Tung, Striebel 1965)."""
    m, P = [known.m[-1]], [known.P[-1]]
    for t in range(len(known.m) - 2, -1, -1):
        G = known.P[t] @ F.T @ torch.linalg.inv(predicted.P[t + 1])
        m.append(known.m[t] + (m[-1] - predicted.m[t + 1]) @ G.T)
        P.append(known.P[t] + G @ (P[-1] - predicted.P[t + 1]) @ G.T)
    return Estimate(torch.stack(m[::-1]), torch.stack(P[::-1]))


def of_joint(y: Tensor, Q: Tensor, R: float) -> Estimate:
    """The same by one large solve: all z and all y are one Gaussian, and z given y has a closed form."""
    T = len(y)
    prior, powers = torch.zeros(T, 2, T, 2, dtype=y.dtype), [torch.eye(2, dtype=y.dtype)]
    for _ in range(T - 1):
        powers.append(F @ powers[-1])
    here = PRIOR
    for t in range(T):
        here = F @ here @ F.T + Q if t else here
        for s in range(t, T):
            prior[s, :, t] = powers[s - t] @ here
            prior[t, :, s] = prior[s, :, t].T.clone()
    of_y = prior[..., 0]  # (T, 2, T), with what is measured
    gain = torch.linalg.solve(of_y[:, 0] + R * torch.eye(T, dtype=y.dtype), of_y.flatten(0, 1), left=False)
    P = (prior.flatten(0, 1).flatten(1) - gain @ of_y.flatten(0, 1).T).view(T, 2, T, 2)
    m = (gain @ y).view(T, 2, -1).transpose(1, 2)
    return Estimate(m, torch.stack([P[t, :, t] for t in range(T)]))


def distance(one: Estimate, other: Estimate) -> float:
    return max((a - b).abs().max().item() for a, b in zip(one, other, strict=True))


class Kalman:
    """A walkthrough of TRACKS series, the first of which is shown."""

    def __init__(self, push: float, noise: float, believed: float):
        Q, R = push**2 * torch.outer(PUSH, PUSH), noise**2
        self.z, self.y = drawn(push, noise)
        self.known, predicted = filtered(self.y, Q, believed**2 * R)
        self.smooth = smoothed(self.known, predicted)
        joint = of_joint(self.y, Q, R)
        ends = (Estimate(m[-1:], P[-1:]) for m, P in (self.known, joint))
        self.errors = {"error": distance(self.smooth, joint), "last_error": distance(*ends)}
        self.length = T + -(-T // BACK)

    def at(self, step: int) -> Moment:
        """With the measurements taken by then, and behind the last of them what has been smoothed."""
        seen, first = min(step, T), max(0, T - BACK * max(0, step - T))  # of the smoothed moments
        best = torch.cat([self.known.m[:first], self.smooth.m[first:]])  # (T, S, 2)
        return Moment(self._metrics(seen, best) if seen else {}, self._pictures(seen, first))

    def _metrics(self, seen: int, best: Tensor) -> dict[str, float]:
        true = self.z[:seen, :, 0]
        guesses = {"measured": self.y, "filtered": self.known.m[..., 0], "smoothed": best[..., 0]}
        rmse = {f"{name}_rmse": (guess[:seen] - true).square().mean().sqrt().item() for name, guess in guesses.items()}
        half = WITHIN * self.known.P[:seen, 0, 0].sqrt()[:, None]
        covered = ((self.known.m[:seen, :, 0] - true).abs() <= half).double().mean().item()
        return {**rmse, "coverage_gap": abs(covered - 0.95), **self.errors}

    def _pictures(self, seen: int, first: int) -> list[Picture]:
        t = np.arange(T)
        curves = {"true": self.z, "filtered": self.known.m[:seen]}
        if first < T:
            curves["smoothed"] = self.smooth.m[first:]
        when = {name: t[first:] if name == "smoothed" else t[: len(part)] for name, part in curves.items()}
        track = Scatter(
            x=t[:seen],
            y=self.y[:seen, 0].numpy(),
            label=np.zeros(seen, int),
            classes=["measured"],
            x_title="time",
            y_title="position",
            paths=[Path(x=when[name], y=part[:, 0, 0].numpy(), name=name) for name, part in curves.items()],
        )
        velocity = {name: (when[name], part[:, 0, 1]) for name, part in curves.items()}
        sure = {"filtered": (t[:seen], self.known.P[:seen, 0, 0].sqrt())}
        if first < T:
            sure["smoothed"] = t[first:], self.smooth.P[first:, 0, 0].sqrt()
        return [
            Picture("track", track),
            Picture("velocity, never measured", lines(velocity, x_title="time", y_title="velocity")),
            Picture("uncertainty", lines(sure, x_title="time", y_title="deviation of the position")),
        ]
