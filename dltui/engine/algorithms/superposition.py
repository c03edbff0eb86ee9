"""Superposition: more features than dimensions, as directions that are not orthogonal ("Toy models of superposition",
Elhage et al. 2022, arXiv:2209.10652).

y = relu(W^T (W x) + b) is to be x (n,), whose numbers are 0 most of the time; W x has two numbers. Here W is (n, 2), a
row a feature.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.recipes.metric import Metric
from dltui.runs.payload_parts import Path
from dltui.runs.payloads import Heat, Scatter

NEEDS_DATA = False
LIVE = ("active",)
METRICS = {
    "loss": Metric("mean weighted squared error of the nets, of a batch", better="lower", rows="train", progress=True),
    "error": Metric("the best net's squared error / that of answering 0", better="lower", rows="test"),
    "kept": Metric("features whose vector in the best net is longer than a half", whole=True),
    "angle_error": Metric(
        "greatest difference of the angle between neighbouring kept vectors and that of a regular polygon, in degrees",
        range=(0, 360),
        unit="degrees",
    ),
    "interference": Metric("mean over kept features of the squared products with the other kept vectors"),
}
DIMENSIONS = 2
NETS = 16  # trained side by side: some get stuck
LONG = 0.5
FIRST = 0.3  # standard deviation of the first weights
MEASURED = 4000  # rows by which the best net is chosen, and as many to test it


def build(
    *,
    features: int = 5,
    active: float = 0.05,
    relu: bool = True,
    importance: float = 0.9,
    batch: int = 128,
    lr: float = 0.01,
) -> Callable[[Context], "Superposition"]:
    """Each step draws a batch and trains all nets on it; the net with the lowest validation loss is shown.

    features: numbers that are to go through two, at least 3, at most 12.
    active: chance of a feature to be other than 0, above 0, at most 1; then it is drawn from 0..1.
    relu: whether the output goes through ReLU.
    importance: of a feature's squared error, as a share of that of the feature before, above 0, at most 1.
    batch: rows of a step, at least 1.
    lr: learning rate of Adam, above 0.
    """
    return lambda context: Superposition(features, active, relu, importance, batch, lr, context.seed)


class Superposition(nn.Module):
    """NETS nets: W (NETS, n, 2), b (NETS, 1, n)."""

    done = False

    def __init__(self, n: int, active: float, relu: bool, importance: float, batch: int, lr: float, seed: int):
        super().__init__()
        self.active, self.relu, self.batch, self.seed = active, relu, batch, seed
        self.weights = importance ** torch.arange(n)
        self.W = nn.Parameter(FIRST * torch.randn(NETS, n, DIMENSIONS))
        self.b = nn.Parameter(torch.zeros(NETS, 1, n))
        self.adam = AdamInBuffers([self.W, self.b], lr)

    def rows(self, count: int, random: torch.Generator | None = None) -> Tensor:
        """(count, n): features, each 0 or with the chance `active` a number of 0..1."""
        values, chances = torch.rand(2, count, len(self.weights), generator=random)
        return values * (chances < self.active)

    def rebuilt(self, x: Tensor) -> Tensor:
        """x (B, n) -> y (NETS, B, n)."""
        y = x @ self.W @ self.W.mT + self.b
        return y.relu() if self.relu else y

    def losses(self, x: Tensor) -> Tensor:
        """x (B, n) -> (NETS,)."""
        return (self.weights * (self.rebuilt(x) - x).square()).mean((1, 2))

    def step(self) -> dict[str, float]:
        """One step of all nets, each by its own loss."""
        x = self.rows(self.batch)
        with torch.enable_grad():
            losses = self.losses(x)
            self.adam.step(losses.sum())
        return {"loss": losses.mean().item()}

    @torch.no_grad()
    def best(self) -> int:
        """The net with the lowest loss on rows that are drawn by the seed alone."""
        return int(self.losses(self.rows(MEASURED, torch.Generator().manual_seed(self.seed + 1))).argmin())

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        best = self.best()
        x = self.rows(MEASURED, torch.Generator().manual_seed(self.seed + 2))
        idle = (self.weights * x.square()).mean()
        kept = self.W[best][self.W[best].norm(dim=1) > LONG]  # (k, 2)
        return {
            "error": (self.losses(x)[best] / idle).item(),
            "kept": len(kept),
            "angle_error": angle_error(kept),
            "interference": interference(kept),
        }

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """The features as vectors of the plane, and their products."""
        W = self.W[self.best()]
        yield Picture("vectors", arrows(W))
        yield Picture("products", Heat(values=(W @ W.T).numpy(), x_title="feature", y_title="feature"))


def angle_error(vectors: Tensor) -> float:
    """vectors (k, 2) -> how far, in degrees, angles between neighbours are from 360 / k at most; 0 for fewer than 2."""
    if len(vectors) < 2:
        return 0.0
    angles = torch.atan2(vectors[:, 1], vectors[:, 0]).sort().values
    between = torch.cat([angles.diff(), angles[:1] + 2 * math.pi - angles[-1:]])
    return torch.rad2deg((between - 2 * math.pi / len(vectors)).abs().max()).item()


def interference(vectors: Tensor) -> float:
    """vectors (k, 2) -> the mean over i of the sum over j != i of (v_i . v_j)^2; 0 of orthogonal ones, and of none."""
    products = (vectors @ vectors.T).fill_diagonal_(0)
    return (products.square().sum() / max(1, len(vectors))).item()


def arrows(W: Tensor) -> Scatter:
    """Vectors (n, 2) from the middle, and their tips."""
    x, y = W.T.numpy()
    names = [f"feature {k + 1}" for k in range(len(W))]
    paths = [
        Path(x=np.array([0.0, tip_x]), y=np.array([0.0, tip_y]), name=name)
        for tip_x, tip_y, name in zip(x.tolist(), y.tolist(), names, strict=True)
    ]
    return Scatter(
        x=x, y=y, label=np.arange(len(W)), classes=names, x_title="number 1", y_title="number 2", paths=paths
    )
