"""FastICA: independent components (Hyvarinen 1999, "Fast and robust fixed-point algorithms for independent component
analysis").

s: sources (n, T), x = A s: what n microphones record of them, z: x whitened, W: unmixing directions in its rows (n, n).
"""

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines

NEEDS_DATA = False
METRICS = {
    "correlation": Metric(
        "least correlation, without its sign, of a source with the component that stands for it",
        better="higher",
        range=(0, 1),
    ),
    "non_gaussianity": Metric(
        "mean size of the components' excess kurtosis; 0 for Gaussians", better="higher", range=(0, None)
    ),
    "turn": Metric("angle by which the last step turned a direction, the greatest", unit="rad", range=(0, None)),
}
FREQUENCIES = (5.0, 3.0, 7.0)  # of sine, square and sawtooth
HEARD = (0.2, 1.0)  # how loud a microphone hears a source, at least and at most
AT_REST = 1e-7  # radians that a direction turns
SHOWN = 1000  # samples of a curve
APART = 4.0  # of the curves, in deviations


def build(
    *,
    method: Literal["ica", "pca"] = "ica",
    sources: Literal["waves", "gaussian"] = "waves",
    samples: int = 2000,
) -> Callable[[Context], "ICA"]:
    """Each step turns all directions once, as the fixed point asks; the first of them are PCA's.

    method: ica; or pca, which whitens and turns nothing.
    sources: waves, a sine, a square wave, a sawtooth and noise with spikes; gaussian, four Gaussian noises.
    samples: of each recording, at least 100.
    """
    return lambda context: ICA(made(sources, samples, context.seed), method)


def made(sources: str, samples: int, seed: int) -> tuple[Tensor, Tensor]:
    """Sources s (4, samples), mean 0 and deviation 1, and how loud each microphone hears each, A (4, 4), float64."""
    random = np.random.Generator(np.random.PCG64(seed))
    if sources == "gaussian":
        s = random.standard_normal((4, samples))
    else:
        t = np.arange(samples) / samples
        sine, square, saw = (f * t + phase for f, phase in zip(FREQUENCIES, random.uniform(0, 1, 3), strict=True))
        waves = [np.sin(2 * np.pi * sine), np.sign(np.sin(2 * np.pi * square)), saw % 1 - 0.5]
        s = np.stack([*waves, random.laplace(size=samples)])
    s = (s - s.mean(1, keepdims=True)) / s.std(1, keepdims=True)
    return torch.from_numpy(s), torch.from_numpy(random.uniform(*HEARD, (4, 4)))


def whitened(x: Tensor) -> Tensor:
    """x (n, T) -> z (n, T) along its principal components, each of deviation 1: E[z z^T] = I."""
    x = x - x.mean(1, keepdim=True)
    values, U = torch.linalg.eigh(x @ x.T / x.shape[1])
    return (U / values.sqrt()).T.flip(0) @ x


def fixed_point(W: Tensor, z: Tensor) -> Tensor:
    """w <- E[z g(w^T z)] - E[g'(w^T z)] w for each row of W (n, n), with g = tanh; then all at right angles again."""
    g = torch.tanh(W @ z)  # (n, T)
    return symmetric(g @ z.T / z.shape[1] - (1 - g.square()).mean(1, keepdim=True) * W)


def symmetric(W: Tensor) -> Tensor:
    """W <- (W W^T)^(-1/2) W: the nearest matrix whose rows are orthonormal; no row comes before another."""
    values, U = torch.linalg.eigh(W @ W.T)
    return U @ (U.T / values.sqrt()[:, None]) @ W


def matched(y: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
    """Components y (n, T), sources s (n, T), deviation 1 -> which component stands for each source, and their
    correlation, both (n,): of all assignments the one with the greatest sum of sizes."""
    from scipy.optimize import linear_sum_assignment

    correlation = s @ y.T / y.shape[1]  # (n, n)
    rows, columns = linear_sum_assignment(-correlation.abs().numpy())
    return torch.from_numpy(columns), correlation[rows, columns]


class ICA(nn.Module):
    """Recordings of unknown sources, and the directions that are to unmix them."""

    def __init__(self, made: tuple[Tensor, Tensor], method: str):
        super().__init__()
        self.s, A = made
        self.x = A @ self.s
        self.z = whitened(self.x)
        self.method = method
        self.register_buffer("W", torch.eye(len(A), dtype=A.dtype))
        self.register_buffer("turn", torch.tensor(torch.inf if method == "ica" else 0.0, dtype=A.dtype))

    @property
    def done(self) -> bool:
        """Whether no direction turns any more."""
        return self.turn.item() < AT_REST

    def step(self) -> None:
        """Turns all directions once."""
        W = fixed_point(self.W, self.z)
        apart = (W - self.W * (W * self.W).sum(1, keepdim=True).sign()).norm(dim=1)  # a direction has no sign
        self.W, self.turn = W, 2 * torch.asin((apart / 2).clamp(max=1)).max()

    def evaluate(self) -> dict[str, float]:
        """How well the worst source is found, and how far from Gaussian the components are."""
        y = self.W @ self.z
        found = {
            "correlation": matched(y, self.s)[1].abs().min().item(),
            "non_gaussianity": (y.pow(4).mean(1) - 3).abs().mean().item(),
        }
        return found | ({"turn": self.turn.item()} if self.turn.isfinite() and self.method == "ica" else {})

    def pictures(self) -> Iterator[Picture]:
        """The components, in the order of the sources and with their signs, which nothing else tells; and both ends."""
        y = self.W @ self.z
        order, correlation = matched(y, self.s)
        yield Picture("unmixed", _waves(y[order] * correlation.sign()[:, None], "component"))
        yield Picture("mixed", _waves(self.x / self.x.std(1, keepdim=True), "microphone"))
        yield Picture("sources", _waves(self.s, "source"))


def _waves(rows: Tensor, name: str) -> Lines:
    """The first samples of rows (n, T), one above the other."""
    time = torch.arange(rows.shape[1])[:SHOWN] / rows.shape[1]
    curves = {f"{name} {number + 1}": (time, row[:SHOWN] - APART * number) for number, row in enumerate(rows)}
    return lines(curves, x_title="seconds", y_title="one above the other")
