"""Mean shift: windows move to the mean of the points inside them, up to the peaks of the density.

Comaniciu and Meer 2002, "Mean shift: a robust approach toward feature space analysis".
"""

import math
from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context
from dltui.recipes.metric import Metric

RESULT = "labels"
METRICS = {
    "density": Metric("mean density under a window: what it climbs", better="higher"),
    "falls": Metric("moves so far after which a window had less density than before", better="lower", whole=True),
    "error": Metric("greatest distance between a centre and scikit-learn's nearest one", better="lower", check=True),
}
STILL = 1e-3  # radii: a window that moves no farther is at rest, as in scikit-learn
ROUNDING = 1e-12  # a fall that is no more than rounding
PATH = 41  # places of a window that are remembered, and points of a drawn one
DRAWN = 12  # windows whose outline is drawn
TOGETHER = 512  # windows whose distances are in memory at once


def build(*, radius: float = 0.5) -> Callable[[Context], "MeanShift"]:
    """Each step moves every window into the mean of the points inside it; windows of a grid cover all points.

    radius: of a window, above 0; the data have deviation 1 in both directions.
    """
    return lambda context: MeanShift(context.rows.points()[0], radius)


def grid(x: Tensor, radius: float) -> Tensor:
    """Returns the nodes (W, D) of a grid of this spacing that some point of x (N, D) is nearest to.

    From five dimensions on the nearest node can be farther than `radius`: such a point is a node itself, so that every
    point lies under a window.
    """
    nodes = ((x / radius).round() + 0.0).unique(dim=0) * radius  # -0.0 is 0.0
    near = torch.cdist(x, nodes, compute_mode="donot_use_mm_for_euclid_dist") <= radius  # (N, W)
    return torch.cat([nodes[near.any(0)], x[~near.any(1)]])


def shifted(x: Tensor, windows: Tensor, radius: float) -> tuple[Tensor, Tensor, Tensor]:
    """Windows (W, D) -> the means of the points x (N, D) within `radius` of each, how many (W,), and the density (W,).

    The density is that of Epanechnikov's kernel, max(0, 1 - d^2 / R^2), whose gradient points to that mean.
    """
    means, counts, density = [], [], []
    for some in windows.split(TOGETHER):
        D = torch.cdist(some, x, compute_mode="donot_use_mm_for_euclid_dist")  # (some, N)
        inside = (radius >= D).to(x.dtype)
        count = inside.sum(1)
        means.append(torch.where(count[:, None] > 0, inside @ x / count.clamp(min=1)[:, None], some))
        counts.append(count.long())
        density.append((1 - (D / radius).square()).clamp(min=0).mean(1))
    return torch.cat(means), torch.cat(counts), torch.cat(density)


def distinct(windows: Tensor, counts: Tensor, radius: float) -> Tensor:
    """Returns the centres (k, D): of windows nearer than `radius`, the one with most points stays."""
    order = sorted(range(len(windows)), key=lambda at: (int(counts[at]), windows[at].tolist()), reverse=True)
    windows = windows[[at for at in order if counts[at] > 0]]
    near = torch.cdist(windows, windows, compute_mode="donot_use_mm_for_euclid_dist") <= radius
    left = torch.ones(len(windows), dtype=torch.bool)
    for at in range(len(windows)):
        if left[at]:
            left &= ~near[at]
            left[at] = True
    return windows[left]


class MeanShift(nn.Module):
    """Points x (N, D) under `windows` (W, D), which climb; `counts` (W,): points in each before it moved."""

    loose = ()

    def __init__(self, x: Tensor, radius: float):
        super().__init__()
        self.radius = radius
        self.register_buffer("x", x, persistent=False)
        windows = grid(x, radius)
        _, counts, density = shifted(x, windows, radius)
        self.register_buffer("windows", windows)
        self.register_buffer("counts", counts)
        self.register_buffer("density", density)
        self.register_buffer("moving", torch.ones(len(windows), dtype=torch.bool))
        self.register_buffer("falls", torch.tensor(0))
        self.register_buffer("path", windows.repeat(PATH, 1, 1))  # (PATH, W, D), the newest last

    def step(self) -> None:
        """Every window that is not at rest moves into the mean of its points."""
        at = self.moving.nonzero()[:, 0]
        old = self.windows[at]
        new, self.counts[at], _ = shifted(self.x, old, self.radius)
        density = shifted(self.x, new, self.radius)[2]
        self.falls += (density < self.density[at] - ROUNDING).sum()
        self.windows = self.windows.index_copy(0, at, new)
        self.density[at] = density
        self.moving[at] = (new - old).norm(dim=1) > STILL * self.radius
        self.path = torch.cat([self.path[1:], self.windows[None]])

    @property
    def done(self) -> bool:
        """Whether all windows are at rest."""
        return not self.moving.any()

    @property
    def centres(self) -> Tensor:
        """(k, D): of windows that overlap too much, the one with most points."""
        return distinct(self.windows, self.counts, self.radius)

    @property
    def labels(self) -> Tensor:
        """(N,) int64: the nearest centre."""
        return torch.cdist(self.x, self.centres, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)

    def evaluate(self) -> dict[str, float]:
        """The density under the windows, how often it fell, and how far the centres are from scikit-learn's."""
        apart = torch.cdist(self.centres, self._theirs, compute_mode="donot_use_mm_for_euclid_dist")
        return {
            "density": self.density.mean().item(),
            "falls": int(self.falls),
            "error": max(apart.amin(0).max().item(), apart.amin(1).max().item()),
        }

    @cached_property
    def _theirs(self) -> Tensor:
        from sklearn.cluster import MeanShift as Theirs  # 1.8 s

        theirs = Theirs(bandwidth=self.radius, seeds=grid(self.x, self.radius).numpy()).fit(self.x.numpy())
        return torch.from_numpy(theirs.cluster_centers_)

    def marks(self) -> tuple[Tensor, Tensor]:
        """The centres (k, D), and the clusters (k,) that they stand for."""
        return self.centres, torch.arange(len(self.centres))

    def paths(self) -> Tensor:
        """The ways that the windows came (PATH, W, D), and in a plane the outlines of those that are left."""
        centres = self.centres
        if self.x.shape[1] != 2 or len(centres) > DRAWN:
            return self.path
        turn = torch.linspace(0, 2 * math.pi, PATH, dtype=self.x.dtype)
        around = self.radius * torch.stack([turn.cos(), turn.sin()], 1)  # (PATH, 2)
        return torch.cat([self.path, centres + around[:, None]], 1)
