"""Gradients that explode, by an outlier in a batch or at a cliff of the loss, and what clipping makes of both.

Pascanu, Mikolov, Bengio 2013, arXiv:1211.5063.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.pictures.contour import Surface, contour
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines

NEEDS_DATA = False
LIVE = ("threshold", "lr_factor", "outliers")
METRICS = {
    "loss_outliers": Metric("loss on rows without outliers, as a share of the start's", better="lower"),
    "loss_cliff": Metric("loss at the cliff, as a share of the start's, median of all starts", better="lower"),
    "thrown": Metric("share of the starts at the cliff whose weights have left the map", range=(0, 1)),
    "clipped_norm": Metric("greatest norm so far of a gradient after clipping, on both surfaces"),
    "angle": Metric("greatest angle so far between a gradient and what clipping made of it", unit="degrees"),
}
TRUE = (1.0, -0.5)  # weights that the rows are drawn with
NOISE = 0.1  # of their targets
BATCH = 16
DEPTH = 50  # times that the unit at the cliff is fed its own output
WANTED = 0.7  # output of that unit in the end
STARTS = 24  # at the cliff, side by side: where one bounces off it is chance
SCATTER = 0.05  # deviation of these starts
BEGIN = ((-1.5, 1.2), (5.6, -2.6))  # among the outliers, at the cliff
RATES = torch.tensor([0.1, *[0.5] * STARTS], dtype=torch.float64)[:, None]  # among the outliers, at the cliff
HIGHEST = 1e6  # norms are cut there, or the others could not be seen beside them


def build(
    *,
    clip: Literal["none", "norm", "value"] = "norm",
    threshold: float = 1.0,
    lr_factor: float = 1.0,
    outliers: float = 0.02,
    outlier_size: float = 25.0,
) -> Callable[[Context], "GradientClipping"]:
    """Gradient descent among outliers from one start, and at a cliff from 24.

    clip: norm shortens a gradient that is too long; value cuts each of its numbers by itself.
    threshold: c, the norm or number that a gradient may have at most, above 0.
    lr_factor: what the learning rates are multiplied by, above 0.
    outliers: share of the rows whose inputs are far too large, at least 0, at most 1.
    outlier_size: how many times too large they are, at least 1.
    """
    return lambda context: GradientClipping(clip, threshold, lr_factor, outliers, outlier_size)


def clipped(g: Tensor, c: float, by: str) -> Tensor:
    """g (..., D) -> (..., D). norm: c g / ||g|| where ||g|| > c; value: c sign(g_i) where |g_i| > c."""
    if by == "none":
        return g
    sizes = g.norm(dim=-1, keepdim=True) if by == "norm" else g.abs()
    return torch.where(sizes > c, c * g / sizes, g)


def batch(share: float, size: float) -> tuple[Tensor, Tensor]:
    """Returns x (B, 2) and y (B,); a share of the rows has inputs `size` times too large for its y."""
    x = torch.randn(BATCH, 2, dtype=torch.float64)
    y = x @ torch.tensor(TRUE, dtype=torch.float64) + NOISE * torch.randn(BATCH, dtype=torch.float64)
    return torch.where(torch.rand(BATCH, 1) < share, size * x, x), y


def batch_gradient(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """w (..., 2) -> the gradient (..., 2) of the mean of (x w - y)^2 over a batch."""
    return 2 * (w @ x.T - y) @ x / len(x)


def clean(w: Tensor) -> Tensor:
    """w (..., 2) -> what that loss is on average over rows without outliers."""
    return (w - torch.tensor(TRUE, dtype=w.dtype)).square().sum(-1) + NOISE**2


def cliff(w: Tensor) -> Tensor:
    """w (..., 2): weight and bias of a unit that is fed its own output again and again (Pascanu et al. 2013, figure 6).

    Its output is to be WANTED in the end. A small change of w, DEPTH times in a row, decides between two outputs.
    """
    weight, bias = w.unbind(-1)
    x = torch.full_like(weight, 0.5)
    for _ in range(DEPTH):
        x = weight * torch.sigmoid(x) + bias
    return (torch.sigmoid(x) - WANTED) ** 2


def cliff_gradient(w: Tensor) -> Tensor:
    """w (..., 2) -> the gradient of `cliff`, through all of its repetitions."""
    with torch.enable_grad():
        w = w.detach().requires_grad_()
        return torch.autograd.grad(cliff(w).sum(), w)[0]


SURFACES = {
    "outliers": Surface(clean, (-3.0, 3.0), (-3.0, 3.0), [TRUE]),
    "cliff": Surface(cliff, (3.0, 7.5), (-4.5, 0.0)),  # with a valley of lowest places, so none is marked
}


class GradientClipping(nn.Module):
    """Weights `w` (1 + S, 2): one among outliers, S at the cliff; their trail holds with each the norm of its gradient
    before it is clipped."""

    done = False

    def __init__(self, clip: str, threshold: float, lr_factor: float, outliers: float, outlier_size: float):
        super().__init__()
        self.clip, self.threshold, self.lr_factor = clip, threshold, lr_factor
        self.outliers, self.outlier_size = outliers, outlier_size
        among_outliers, at_cliff = torch.tensor(BEGIN, dtype=torch.float64)
        at_cliff = at_cliff + SCATTER * torch.randn(STARTS, 2, dtype=torch.float64)
        w = torch.cat([among_outliers[None], at_cliff])
        self.start = losses(w)  # (1 + S,)
        self.trail = Trajectory(torch.cat([w, torch.full((1 + STARTS, 1), torch.nan)], 1))
        self.register_buffer("w", w)
        self.register_buffer("clipped_norm", torch.zeros((), dtype=torch.float64))
        self.register_buffer("angle", torch.zeros((), dtype=torch.float64))
        self.register_buffer("steps", torch.tensor(0))

    def step(self) -> None:
        """One step of every descent."""
        x, y = batch(self.outliers, self.outlier_size)
        gradients = torch.cat([batch_gradient(self.w[:1], x, y), cliff_gradient(self.w[1:])])  # (1 + S, 2)
        used = clipped(gradients, self.threshold, self.clip)
        new = self.w - self.lr_factor * RATES * used
        self.w = torch.where(new.isfinite().all(1, keepdim=True), new, self.w)  # beyond all numbers: it stays
        self.clipped_norm = torch.maximum(self.clipped_norm, used.norm(dim=1).nan_to_num(0.0).max())
        self.angle = torch.maximum(self.angle, angles(gradients, used).max())
        self.steps += 1
        self.trail.add(int(self.steps), torch.cat([self.w, gradients.norm(dim=1, keepdim=True)], 1))

    def evaluate(self) -> dict[str, float]:
        """What is left of both losses, and what clipping has done to the gradients."""
        left = losses(self.w) / self.start  # (1 + S,)
        (x_low, x_high), (y_low, y_high) = SURFACES["cliff"].x, SURFACES["cliff"].y
        x, y = self.w[1:].T
        thrown = (x < x_low) | (x > x_high) | (y < y_low) | (y > y_high)
        return {
            "loss_outliers": left[0].item(),
            "loss_cliff": left[1:].median().item(),
            "thrown": thrown.double().mean().item(),
            "clipped_norm": self.clipped_norm.item(),
            "angle": self.angle.item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """Both surfaces with the ways, at the cliff that of the start from which the weights were thrown farthest, and
        the norms of the gradients on them."""
        farthest = (self.w[1:] - self.w[1:].median(0).values).norm(dim=1).argmax().item()
        columns = dict(zip(SURFACES, (0, 1 + farthest), strict=True))
        for name, column in columns.items():
            yield Picture(name, contour(SURFACES[name], {self.clip: self.trail.values[:, column, :2]}))
        for name, column in columns.items():
            yield Picture(f"gradients: {name}", self._norms(column))

    def _norms(self, column: int) -> Lines:
        x, norms = self.trail.steps, self.trail.values[:, column, 2].clamp(max=HIGHEST)  # NaN at the start: a gap
        curves = {self.clip: (x, norms), f"c = {self.threshold:g}": (x[[0, -1]], [self.threshold] * 2)}
        return lines(curves, x_title="step", y_title="norm of the gradient, before it is clipped", log_y=True)


def losses(w: Tensor) -> Tensor:
    """w (1 + S, 2) -> (1 + S,)."""
    return torch.cat([clean(w[:1]), cliff(w[1:])])


def angles(a: Tensor, b: Tensor) -> Tensor:
    """a, b (..., 2) -> the angle between them in degrees; 0 where one has no direction."""
    across = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return torch.rad2deg(torch.atan2(across, (a * b).sum(-1)).abs()).nan_to_num(0.0)
