"""The score of points with noise, the way to where they are dense: a net's beside that of the data (Vincent 2011,
doi:10.1162/NECO_a_00142; Song and Ermon 2019, arXiv:1907.05600).

Of training points x_i with noise the density is a mixture of Gaussians, so its score is known:
grad log p_t(x) = (sqrt(abar) E[x_0 | x] - x) / (1 - abar), where E weighs the x_i by how likely x is with each.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.layers.diffusion import q_sample
from dltui.recipes.metric import Metric
from dltui.runs.payload_parts import Marks
from dltui.runs.payloads import Field

TASKS = ("diffuse",)
METRICS = {
    "cosine": Metric(
        "mean cosine of the net's score and that of the training points with noise, at test points with noise",
        better="higher", range=(-1, 1), progress=True, rows="test",
    ),
}  # fmt: skip
LEVELS = (0.1, 0.2, 0.4)  # standard deviations of the noise at which they are compared
POINTS = 300  # test points
SHOWN, PIXELS, SIDE = 13, 48, 2.4  # arrows and points along a side of the field; half of its width
SEED = 0  # of the noise


def build(*, shown: float = 0.3) -> Callable[[Task], "ScoreField"]:
    """For points of a plane.

    shown: standard deviation of the noise for which the arrows are drawn, above 0, at most 1.
    """
    return partial(ScoreField, shown=shown)


class ScoreField:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task, shown: float):
        rows = task.rows.plane()
        self.task, self.known = task, task.scaled(rows.train.inputs)
        self.at = [self._time(level) for level in LEVELS]
        self.shown_at = self._time(shown)
        self.x_0 = task.scaled(rows.test.inputs[:POINTS])
        drawn = torch.randn(self.x_0.shape, generator=torch.Generator().manual_seed(SEED))
        self.eps = drawn.to(rows.device)

    def _time(self, level: float) -> int:
        """The time t from 1 to T at which the noise has about this standard deviation."""
        return 1 + int(((1 - self.task.abar[1:]).sqrt() - level).abs().argmin())

    def _weighed(self, x_t: Tensor, t: int) -> tuple[Tensor, Tensor]:
        """x_t (N, 2) -> E[x_0 | x_t] (N, 2) over the training points, and the log density there but for a constant."""
        a = self.task.abar[t]
        logits = -(x_t[:, None] - a.sqrt() * self.known).square().sum(2) / (2 * (1 - a))  # (N, rows)
        return logits.softmax(1) @ self.known, logits.logsumexp(1)

    def true_score(self, x_t: Tensor, t: int) -> Tensor:
        """x_t (N, 2) -> the gradient of the log density (N, 2)."""
        return self._score(x_t, self._weighed(x_t, t)[0], t)

    def net_score(self, x_t: Tensor, t: int) -> Tensor:
        """x_t (N, 2) -> what the net takes it for (N, 2)."""
        return self._score(x_t, self.task.predicted_picture(x_t, t), t)

    def _score(self, x_t: Tensor, x_0: Tensor, t: int) -> Tensor:
        a = self.task.abar[t]
        return (a.sqrt() * x_0 - x_t) / (1 - a)

    def evaluate(self) -> dict[str, float]:
        found = []
        for t in self.at:
            x_t = q_sample(self.x_0, self.eps, self.task.abar[t])
            found.append(cosine_similarity(self.net_score(x_t, t), self.true_score(x_t, t)).mean())
        return {"cosine": torch.stack(found).mean().item()}

    def pictures(self) -> Iterator[Picture]:
        """The density of points with noise, and the net's arrows on a grid."""
        fine, ticks = (torch.linspace(-SIDE, SIDE, count, device=self.known.device) for count in (PIXELS, SHOWN))
        log_p = self._weighed(torch.cartesian_prod(fine.flip(0), fine).flip(1), self.shown_at)[1]
        grid = torch.cartesian_prod(ticks, ticks)
        x, y = self.task.unscaled(grid).T.cpu().numpy()
        dx, dy = self.net_score(grid, self.shown_at).T.cpu().numpy()
        corners = self.task.unscaled(torch.tensor([-SIDE, SIDE])).cpu().numpy()
        yield Picture("score", Field(
            values=(log_p - log_p.max()).exp().view(PIXELS, PIXELS).cpu().numpy(), x=corners, y=corners,
            points=Marks(x=x, y=y, label=np.zeros(len(x), np.int64), dx=dx, dy=dy), classes=["arrow", "dense"],
            x_title="x1", y_title="x2",
        ))  # fmt: skip
