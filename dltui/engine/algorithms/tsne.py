"""t-SNE: a map on which neighbours stay neighbours (van der Maaten and Hinton 2008, "Visualizing data using t-SNE").

With `tails = "gaussian"` it is symmetric SNE, whose map is crowded in its middle.
"""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.row_limit import refuse_more
from dltui.engine.contracts.task import Context
from dltui.recipes.metric import Metric

RESULT = "embedding"
METRICS = {
    "kl": Metric(
        "KL(P||Q) of the neighbourhoods in the data and on the map",
        better="lower",
        range=(0, None),
        unit="nats",
        rows="train",
    ),
    "trustworthiness": Metric(
        "1 where the map's 5 nearest rows are near in the data", better="higher", range=(0, 1), rows="train"
    ),
    "sklearn_trustworthiness": Metric(
        "trustworthiness of scikit-learn's t-SNE map", better="higher", range=(0, 1), rows="train"
    ),
}
HALVINGS = 50  # of the interval in which s is sought
EXAGGERATION, EXAGGERATED = 12.0, 150  # p is multiplied at first, so that clusters form before they spread
MOMENTUM = (0.5, 0.8)  # while exaggerated, and after
LEAST_RATE = 50.0  # as in scikit-learn; not for few rows, whose p_ij are larger: there steps would overshoot
LEAST_GAIN = 0.01
TINY = 1e-12
MOST = 5000  # rows: a step works out N x N similarities, and its seconds grow as they do
NEIGHBOURS = 5  # of the trustworthiness


def build(
    *, rows: int = 0, perplexity: float = 30.0, tails: Literal["student", "gaussian"] = "student"
) -> Callable[[Context], "TSNE"]:
    """Each step moves all rows on the map down the gradient once; at first they are a small cloud.

    rows: training rows that are put on the map, at least 0; 0 takes all.
    perplexity: about how many neighbours a row has, above 1.
    tails: how q falls with the distance on the map: student is t-SNE, gaussian is symmetric SNE.
    """

    def begin(context: Context) -> TSNE:
        x = context.rows.train.inputs[: rows or None].flatten(1)
        refuse_more(len(x), MOST, "t-SNE", f"algorithm.rows={MOST}, algorithm.kind=pca", matrices=4)
        return TSNE(x, perplexity, tails)

    return begin


def conditional(D2: Tensor, perplexity: float) -> Tensor:
    """Squared distances D2 (N, N) -> p_(j|i) = exp(-|x_i - x_j|^2 / 2 s_i^2) / sum (N, N), row i.

    s_i is such that row i has the entropy of `perplexity` equally near neighbours.
    """
    D2 = D2.clone().fill_diagonal_(torch.inf)  # a point is no neighbour of itself
    D2 -= D2.amin(1, keepdim=True)
    low, high = D2.new_full((len(D2), 1), -30.0), D2.new_full((len(D2), 1), 30.0)  # log2 of 1 / 2 s^2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        p = torch.softmax(-D2 * 2**middle, 1)
        entropy = -torch.xlogy(p, p).sum(1, keepdim=True)
        too_wide = entropy > math.log(perplexity)
        low, high = torch.where(too_wide, middle, low), torch.where(too_wide, high, middle)
    return p


def joint(p: Tensor) -> Tensor:
    """p_(j|i) (N, N) -> p_ij = (p_(j|i) + p_(i|j)) / 2 N."""
    return (p + p.T) / (2 * len(p))


def squared(y: Tensor) -> Tensor:
    """Places y (N, 2) -> squared distances (N, N)."""
    size = y.square().sum(1)
    return (size[:, None] + size - 2 * y @ y.T).clamp(min=0)


def similarity(y: Tensor, tails: str) -> tuple[Tensor, Tensor]:
    """Places y (N, 2) -> q_ij (N, N), and w_ij: student (1 + |y_i - y_j|^2)^-1, q being w / sum; gaussian 1."""
    d2 = squared(y)
    apart = 1 - torch.eye(len(y), dtype=y.dtype, device=y.device)  # a point is no neighbour of itself
    if tails == "gaussian":
        near = torch.exp(-d2) * apart
        return near / near.sum(), torch.ones_like(near)
    w = apart / (1 + d2)
    return w / w.sum(), w


def gradient(P: Tensor, Q: Tensor, w: Tensor, y: Tensor) -> Tensor:
    """dKL(P||Q)/dy_i = 4 sum over j of (p_ij - q_ij) w_ij (y_i - y_j) -> (N, 2)."""
    pull = (P - Q) * w  # (N, N)
    return 4 * (pull.sum(1, keepdim=True) * y - pull @ y)


class TSNE(nn.Module):
    """Rows x (N, D) at places y (N, 2)."""

    def __init__(self, x: Tensor, perplexity: float, tails: str):
        super().__init__()
        self.perplexity, self.tails = min(perplexity, (len(x) - 1) / 3), tails
        on_host = x.cpu().double()
        P = joint(conditional(torch.cdist(on_host, on_host).square(), self.perplexity)).to(x)
        self.register_buffer("x", x, persistent=False)
        self.register_buffer("P", P, persistent=False)
        self.register_buffer("y", 1e-4 * torch.randn(len(x), 2).to(x))
        self.register_buffer("velocity", torch.zeros_like(self.y))
        self.register_buffer("gains", torch.ones_like(self.y))
        self.register_buffer("steps", torch.tensor(0))
        self.rate = min(max(len(x) / EXAGGERATION / 4, LEAST_RATE), len(x) / EXAGGERATION / 2)

    done = False  # it may always go on

    def step(self) -> None:
        """Moves all places down the gradient, with momentum; a gain grows while its gradient keeps its sign."""
        exaggerated = int(self.steps) < EXAGGERATED
        Q, w = similarity(self.y, self.tails)
        g = gradient(self.P * (EXAGGERATION if exaggerated else 1), Q, w, self.y)
        against = (g * self.velocity) < 0  # it goes on in the direction of before
        self.gains = torch.where(against, self.gains + 0.2, self.gains * 0.8).clamp(min=LEAST_GAIN)
        self.velocity = MOMENTUM[not exaggerated] * self.velocity - self.rate * self.gains * g
        self.y = self.y + self.velocity
        self.y = self.y - self.y.mean(0)
        self.steps += 1

    @property
    def embedding(self) -> Tensor:
        """The places (N, 2)."""
        return self.y

    def evaluate(self) -> dict[str, float]:
        """KL(P||Q), and whether neighbours on the map are neighbours in the data."""
        Q, _ = similarity(self.y, self.tails)
        divergence = (torch.xlogy(self.P, self.P) - torch.xlogy(self.P, Q.clamp(min=TINY))).sum().item()
        values = {"kl": divergence, "trustworthiness": self._trustworthiness(self.y)}
        if self.tails == "student" and int(self.steps) > EXAGGERATED:  # it takes seconds: not before there is a map
            values["sklearn_trustworthiness"] = self._theirs
        return values

    def _trustworthiness(self, y: Tensor) -> float:
        from sklearn.manifold import trustworthiness  # 1.8 s

        return float(trustworthiness(self.x.cpu().numpy(), y.cpu().numpy(), n_neighbors=NEIGHBOURS))

    @cached_property
    def _theirs(self) -> float:
        from sklearn.manifold import TSNE as Theirs

        found = Theirs(perplexity=self.perplexity, random_state=0).fit_transform(self.x.cpu().numpy())
        return self._trustworthiness(torch.from_numpy(found))
