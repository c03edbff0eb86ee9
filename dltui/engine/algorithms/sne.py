"""Stochastic neighbour embedding in its three forms (Hinton and Roweis 2002; Cook et al. 2007; van der Maaten and
Hinton 2008).

p: neighbourhoods of the rows, q: those of their places y (N, 2) on the map, both (N, N) with 0 on the diagonal.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.tsne import conditional, joint, squared
from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.row_limit import refuse_more
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric

RESULT = "embedding"
TAKES = ("table",)  # it measures how far apart the classes are
METRICS = {
    "kl": Metric(
        "KL(p||q) of the neighbourhoods in the data and on the map; of sne the mean over its rows",
        better="lower",
        range=(0, None),
        unit="nats",
        rows="train",
    ),
    "silhouette": Metric(
        "mean over the rows of (b - a) / max(a, b): a, their mean distance on the map to their class, b, to the next",
        better="higher",
        range=(-1, 1),
        rows="train",
    ),
    "autograd_difference": Metric(
        "greatest difference of the gradient from that of automatic differentiation",
        better="lower",
        range=(0, None),
        rows="train",
        check=True,
    ),
}
EXAGGERATION, EXAGGERATED = 4.0, 80  # p is multiplied in the first steps, so that groups form before they spread
MOMENTUM = 0.8
RATES = {"sne": 0.05, "symmetric": 0.05, "student": 0.3}  # learning rate, times the number of rows
START = 0.01  # deviation of the first places
BINS = 40  # of the distances
MOST = 5000  # rows: a step works out N x N similarities


def build(
    *, form: Literal["sne", "symmetric", "student"] = "sne", rows: int = 0, perplexity: float = 25.0
) -> Callable[[Context], "SNE"]:
    """Each step moves all rows on the map down the gradient once; at first they are a small cloud.

    form: sne compares p(j|i) row by row; symmetric one p_ij of all pairs; student that, with Student's t for q.
    rows: training rows that are put on the map, at least 0; 0 takes all.
    perplexity: about how many neighbours a row has, above 1.
    """

    def begin(context: Context) -> SNE:
        count = min(rows or len(context.rows.train), len(context.rows.train))
        refuse_more(count, MOST, "SNE", f"algorithm.rows={MOST}, algorithm.kind=pca", matrices=4)
        return SNE(context.rows.labelled(), form, rows, perplexity)

    return begin


def log_q(d2: Tensor, form: str) -> Tensor:
    """Squared distances on the map (N, N) -> log q (N, N): of sne log q(j|i), each row of which sums to 1; of the
    others log q_ij, all of which sum to 1."""
    log_w = -torch.log1p(d2) if form == "student" else -d2
    itself = torch.eye(len(d2), dtype=torch.bool, device=d2.device)
    log_w = log_w.masked_fill(itself, -torch.inf)  # a point is no neighbour of itself
    return log_w.log_softmax(1) if form == "sne" else log_w - log_w.flatten().logsumexp(0)


def divergence(p: Tensor, log_q: Tensor) -> Tensor:
    """KL(p||q), a scalar; of rows that each sum to 1 the mean of theirs."""
    return (torch.xlogy(p, p) - torch.where(p > 0, p * log_q, 0.0)).sum() / p.sum()


def gradient(p: Tensor, y: Tensor, form: str) -> Tensor:
    """dKL/dy_i = 4 sum over j of m_ij (y_i - y_j) -> (N, 2), with m_ij = p_ij - q_ij.

    Of student m_ij is divided by 1 + |y_i - y_j|^2; of sne, whose p(j|i) and p(i|j) differ, it is the mean of both
    directions, over N.
    """
    d2 = squared(y)
    m = p - log_q(d2, form).exp()
    if form == "sne":
        m = (m + m.T) / (2 * len(y))
    elif form == "student":
        m = m / (1 + d2)
    return 4 * (m.sum(1, keepdim=True) * y - m @ y)


class SNE(nn.Module):
    """Rows at places y (N, 2)."""

    done = False  # it may always go on

    def __init__(self, rows: Rows, form: str, count: int, perplexity: float):
        super().__init__()
        self.form = form
        x, self.targets = (part[: count or None] for part in rows.train.table())
        p = conditional(torch.cdist(x.double(), x.double()).square(), min(perplexity, (len(x) - 1) / 3))
        self.register_buffer("p", (p if form == "sne" else joint(p)).float(), persistent=False)
        self.register_buffer("y", START * torch.randn(len(x), 2))
        self.register_buffer("velocity", torch.zeros_like(self.y))
        self.steps = Counter(self, "taken")

    def step(self) -> None:
        """Moves all places down the gradient, with momentum."""
        p = self.p * (EXAGGERATION if int(self.steps) < EXAGGERATED else 1)
        g = gradient(p, self.y, self.form)
        self.velocity = MOMENTUM * self.velocity - RATES[self.form] * len(self.y) * g
        self.y = self.y + self.velocity
        self.y = self.y - self.y.mean(0)
        self.steps.set(int(self.steps) + 1)

    @property
    def embedding(self) -> Tensor:
        """The places (N, 2)."""
        return self.y

    def evaluate(self) -> dict[str, float]:
        """The divergence, how far the classes lie apart, and whether the gradient is right."""
        from sklearn.metrics import silhouette_score  # 1.8 s

        p, y = self.p.double(), self.y.double().requires_grad_()
        with torch.enable_grad():
            kl = divergence(p, log_q(squared(y), self.form))
            (theirs,) = torch.autograd.grad(kl, y)
        return {
            "kl": kl.item(),
            "silhouette": float(silhouette_score(self.y.numpy(), self.targets.numpy())),
            "autograd_difference": (gradient(p, y.detach(), self.form) - theirs).abs().max().item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """How many pairs of rows lie how far apart on the map: a crowded one has no gap after the near pairs."""
        d = torch.cdist(self.y, self.y)[torch.triu(torch.ones_like(self.p), 1) > 0]
        same = (self.targets[:, None] == self.targets)[torch.triu(torch.ones_like(self.p), 1) > 0]
        edges = torch.linspace(0, d.max().item(), BINS + 1, dtype=d.dtype)
        middles = (edges[1:] + edges[:-1]) / 2
        shares = {
            name: torch.histogram(part, edges).hist / len(part)
            for name, part in (("same class", d[same]), ("other classes", d[~same]))
        }
        yield Picture(
            "distances",
            lines(
                {name: (middles, share) for name, share in shares.items()},
                x_title="distance on the map",
                y_title="share of the pairs",
            ),
        )
