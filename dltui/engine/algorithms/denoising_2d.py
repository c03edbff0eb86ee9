"""A denoising autoencoder of points in the plane: its arrows lead back to the curve that the points lie on (Vincent et
al. 2008, doi:10.1145/1390156.1390294; Alain and Bengio 2014, arXiv:1211.4246).
"""

import math
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, mse_loss

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.layers.dense import dense
from dltui.recipes.metric import Metric
from dltui.runs.payload_parts import Marks, Path
from dltui.runs.payloads import Field, Scatter

NEEDS_DATA = False
METRICS = {
    "loss": Metric("mean squared error of points made clean, of a batch", better="lower", rows="train"),
    "distance": Metric("mean distance of new points from the curve, after the net", better="lower", rows="test"),
    "noisy_distance": Metric(
        "mean distance of the same new points from the curve, before the net", axis="distance", rows="test"
    ),
    "shrinks": Metric("noisy_distance / distance", better="higher", rows="test"),
    "cosine": Metric(
        "mean cosine of a new point's arrow and the way to the nearest point of the curve",
        better="higher",
        range=(-1, 1),
        rows="test",
    ),
}
DENSE = 4000  # points of the curve from which distances are measured
NEW = 1000  # points to test with
SHOWN, PIXELS = 15, 60  # along each side of the field: arrows; points of the ground
DRAWN = 0.06  # deviation of the curve as it is drawn
MOVED = 300  # new points that are shown
SIDE = 1.3  # of the field
FAR = 0.25  # deviations of the noise: a point nearer to the curve has hardly a direction


def build(
    *, noise: float = 0.15, test_noise: float = 0.15, hidden: list[int] = (64, 64), batch: int = 128, lr: float = 0.003
) -> Callable[[Context], "Denoising"]:
    """Each step draws points of the curve, moves them by noise, and trains the net to give back where they were.

    noise: its standard deviation in training, where the curve is 2 wide, above 0.
    test_noise: that of the new points, above 0.
    hidden: units of each of the net's hidden layers, at least 1.
    batch: points of a step, at least 1.
    lr: learning rate of Adam, above 0; it falls with the root of the steps.
    """
    return lambda context: Denoising(noise, test_noise, list(hidden), batch, lr, context.seed)


class Denoising(nn.Module):
    """A net x (B, 2) -> x + arrow (B, 2)."""

    done = False  # it may always go on

    def __init__(self, noise: float, test_noise: float, hidden: list[int], batch: int, lr: float, seed: int):
        super().__init__()
        self.noise, self.test_noise, self.batch, self.lr, self.seed = noise, test_noise, batch, lr, seed
        self.net = dense([2, *hidden, 2])
        self.adam = AdamInBuffers(self.net.parameters(), lr)

    def clean(self, x: Tensor) -> Tensor:
        """Points (B, 2) -> where the net leads them (B, 2)."""
        return x + self.net(x)

    def step(self) -> dict[str, float]:
        """Moves the weights once."""
        points = curve(torch.rand(self.batch))
        noisy = points + self.noise * torch.randn_like(points)
        self.adam.lr = self.lr / math.sqrt(1 + int(self.adam.steps) / 200)
        with torch.enable_grad():
            loss = mse_loss(self.clean(noisy), points)
            self.adam.step(loss)
        return {"loss": float(loss.detach())}

    @cached_property
    def new(self) -> Tensor:
        """Points (NEW, 2) that no step has seen: drawn by the seed alone."""
        generator = torch.Generator().manual_seed(self.seed + 1)
        points = curve(torch.rand(NEW, generator=generator))
        return points + self.test_noise * torch.randn(NEW, 2, generator=generator)

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        before, after = self.new, self.clean(self.new)
        way, back = way_back(before), after - before
        far = way.norm(dim=1) > FAR * self.test_noise
        noisy, distance = way.norm(dim=1).mean().item(), way_back(after).norm(dim=1).mean().item()
        return {
            "distance": distance,
            "noisy_distance": noisy,
            "shrinks": noisy / distance,
            "cosine": cosine_similarity(way, back)[far].mean().item(),
        }

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """The net's arrows on a grid, round the curve; then new points, before and after."""
        ticks = torch.linspace(-SIDE, SIDE, SHOWN)
        start = torch.cartesian_prod(ticks, ticks)
        aims = self.net(start)
        fine = torch.linspace(-SIDE, SIDE, PIXELS)
        away = way_back(torch.cartesian_prod(fine.flip(0), fine).flip(1)).norm(dim=1).view(PIXELS, PIXELS)
        (x, y), (dx, dy) = start.T.numpy(), aims.T.numpy()
        yield Picture("arrows", Field(
            values=torch.exp(-0.5 * (away / DRAWN).square()).numpy(), x=np.array([-SIDE, SIDE]),
            y=np.array([-SIDE, SIDE]), points=Marks(x=x, y=y, label=np.zeros(len(x), np.int64), dx=dx, dy=dy),
            classes=["arrow", "curve"], x_title="x1", y_title="x2",
        ))  # fmt: skip
        few = self.new[:MOVED]
        (x, y), (at_x, at_y) = torch.cat([few, self.clean(few)]).T.numpy(), curve(torch.linspace(0, 1, 200)).T.numpy()
        label = np.repeat([0, 1], len(few))
        yield Picture("new points", Scatter(
            x=x, y=y, label=label, classes=["noisy", "net"], paths=[Path(x=at_x, y=at_y, name="curve")],
            x_title="x1", y_title="x2",
        ))  # fmt: skip


def curve(t: Tensor) -> Tensor:
    """t (N,) in 0..1, the way round -> points (N, 2) of a closed curve with three lobes."""
    angle = 2 * math.pi * t
    radius = 0.75 + 0.25 * (3 * angle).cos()
    return torch.stack([radius * angle.cos(), radius * angle.sin()], 1)


def way_back(x: Tensor) -> Tensor:
    """x (N, 2) -> from each to the nearest of DENSE points of the curve (N, 2)."""
    points = curve(torch.arange(DENSE) / DENSE)
    return points[torch.cdist(x, points).argmin(1)] - x
