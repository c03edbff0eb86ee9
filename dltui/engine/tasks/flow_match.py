"""Flow matching: a net learns the velocity of points that go straight from noise to data (Lipman et al. 2023,
arXiv:2210.02747; Liu et al. 2023, arXiv:2209.03003), whose partners optimal transport may choose (Tong et al. 2024,
arXiv:2302.00482).

Here t = 0 is noise and t = 1 data: x_t = (1 - t) z + t x, so that dx_t / dt = x - z.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.layers.moving_average import moving_average
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.point_paths import point_paths
from dltui.recipes.metric import Metric

ANSWERS = ("sample",)
METRICS = {
    "loss": Metric("mean squared error of the velocity on a batch", better="lower", progress=True, rows="train"),
    "bend": Metric(
        "how far paths are from straight: mean of |v - (end - start)|^2 over that of |end - start|^2 (Liu et al. 2023)",
        better="lower", range=(0, None),
    ),
}  # fmt: skip
TIME = 1000.0  # what the net is given for t = 1: the times of diffusion
FINE = 50  # steps of the paths by which `bend` is measured
SHOWN = 300  # points on their way
STRENGTH, ROUNDS = 0.005, 50  # of the entropy, as a share of the greatest cost; Sinkhorn's rounds


def build(
    *, coupling: Literal["independent", "optimal"] = "independent", sampling_steps: int = 20, average: float = 0.99
) -> Callable[[Context], "FlowMatch"]:
    """A net learns the velocity x - z at points between noise z and data x.

    coupling: which z a point x of a batch begins at: independent, any; optimal, a near one, so that the squared ways of
        the batch are short in all (Cuturi 2013, arXiv:1306.0895).
    sampling_steps: Euler's steps from noise to a sample, at least 1, at most 1000.
    average: share of the old weights kept at each step in the averaged net that draws what is seen and measured, at
        least 0, below 1.
    """
    return partial(FlowMatch, coupling=coupling, steps=sampling_steps, average=average)


class FlowMatch:
    """A net: x_t (B, 2), TIME t (B,) -> the velocity there (B, 2)."""

    def __init__(self, context: Context, coupling: str, steps: int, average: float):
        self.net, self.rows, self.device = context.nets["model"], context.rows.plane(), context.device
        self.mean_net = context.nets["average"] = moving_average(self.net, average)
        self.coupling, self.steps = coupling, steps
        self.shown_noise = torch.randn(SHOWN, 2).to(self.device)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> the mean of |v(x_t, t) - (x - z)|^2, a scalar."""
        x = self.rows.train.batch(rows)
        z, t = torch.randn_like(x), torch.rand(len(x), device=self.device)
        if self.coupling == "optimal":
            z = z[partners(x, z)]
        x_t = z + t[:, None] * (x - z)
        return mse_loss(self.net(x_t, TIME * t), x - z)

    def after_step(self) -> None:
        self.mean_net.update_parameters(self.net)

    def velocity(self, x_t: Tensor, t: float) -> Tensor:
        """x_t (N, 2) at time t in 0..1 -> where the averaged net leads them (N, 2)."""
        return self.mean_net(x_t, torch.full((len(x_t),), TIME * t, device=self.device))

    def ways(self, z: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Noise z (N, 2) -> points (steps + 1, N, 2) at times from 0 to 1, and the velocities (steps, N, 2) on the way:
        x_(t + h) = x_t + h v(x_t, t)."""
        points, velocities = [z], []
        for k in range(steps):
            velocities.append(self.velocity(points[-1], k / steps))
            points.append(points[-1] + velocities[-1] / steps)
        return torch.stack(points), torch.stack(velocities)

    def sample(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Returns `count` new points (count, 2)."""
        return self.ways(torch.randn(count, 2, device=self.device, generator=generator), self.steps)[0][-1]

    def evaluate(self) -> dict[str, float]:
        points, velocities = self.ways(self.shown_noise, FINE)
        straight = points[-1] - points[0]
        off = (velocities - straight).square().sum(2).mean()
        return {"bend": (off / straight.square().sum(1).mean().clamp(min=1e-12)).item()}

    def pictures(self) -> Iterator[Picture]:
        """The steps that samples take; then how fast the points are at each moment, which of straight paths is even."""
        yield Picture("paths", point_paths(self.ways(self.shown_noise, self.steps)[0], self.rows.train.inputs))
        points, velocities = self.ways(self.shown_noise, FINE)
        off = (velocities - (points[-1] - points[0])).square().sum(2).mean(1)
        times = torch.arange(FINE) / FINE
        titles = {"x_title": "time t: 0 noise, 1 data", "y_title": "|v - (end - start)|^2"}
        yield Picture("off the straight way", lines({"points": (times, off)}, **titles))


def partners(x: Tensor, z: Tensor) -> Tensor:
    """x, z (B, D) -> for each x the row of its z (B,) int64, drawn from the plan that moves z to x cheaply.

    The plan is that of entropic optimal transport for the squared distances (Cuturi 2013); no two rows of a plan with
    little entropy have much of one z.
    """
    costs = torch.cdist(x, z).square().double()
    K = torch.exp(-costs / (STRENGTH * costs.max()))  # (B, B)
    u, v = torch.ones_like(K[0]), torch.ones_like(K[0])
    for _ in range(ROUNDS):
        u = 1 / (K @ v)
        v = 1 / (K.T @ u)
    return torch.multinomial(u[:, None] * K * v, 1)[:, 0]
