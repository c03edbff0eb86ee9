"""Multidimensional scaling: a map that keeps distances (Torgerson 1952; de Leeuw 1977, SMACOF).

D: distances of the rows (N, N), y: places on the map (N, 2), d: distances there.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.row_limit import refuse_more
from dltui.engine.contracts.task import Context, Picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Path, Scatter

RESULT = "embedding"
METRICS = {
    "stress": Metric(
        "root of the sum of (d - D)^2 over all pairs, over the sum of D^2",
        better="lower",
        range=(0, None),
        rows="train",
    ),
    "sklearn_stress": Metric(
        "stress of scikit-learn's map after as many steps from the same start",
        better="lower",
        range=(0, None),
        rows="train",
        axis="stress",
    ),
    "largest_rise": Metric(
        "greatest rise of the stress from one step to the next", better="lower", rows="train", check=True
    ),
}
PAIRS = 500  # of rows, whose distances are shown
NEAREST = 1e-12  # distance that is told from 0
LEAST_FALL = 0.0  # least fall of the stress at which scikit-learn goes on

MOST = 4000  # rows: a step works out N x N distances


def build(*, method: Literal["smacof", "classical"] = "smacof", rows: int = 0) -> Callable[[Context], "MDS"]:
    """Each step of smacof moves all rows once, from random places; of classical it adds an axis, up to two.

    method: smacof makes the stress least; classical takes the two greatest eigenvectors of the distances.
    rows: training rows that are put on the map, at least 0; 0 takes all.
    """

    def begin(context: Context) -> MDS:
        x = context.rows.train.inputs[: rows or None].flatten(1).double()
        refuse_more(len(x), MOST, "MDS", f"algorithm.rows={MOST}, algorithm.kind=pca", matrices=3)
        return MDS(x, method)

    return begin


def classical(D: Tensor) -> Tensor:
    """D (N, N) -> y (N, 2): B = -J D^2 J / 2 with J = I - 1/N, and y = sqrt(eigenvalue) eigenvector, the greatest two.

    Where D are distances in a space B holds the dot products of the centred rows, so that y are PCA's coordinates.
    """
    D2 = D.square()
    B = -(D2 - D2.mean(0) - D2.mean(1, keepdim=True) + D2.mean()) / 2
    values, V = torch.linalg.eigh(B)
    return V[:, -2:].flip(1) * values[-2:].flip(0).clamp(min=0).sqrt()


def guttman(D: Tensor, d: Tensor, y: Tensor) -> Tensor:
    """y <- B(y) y / N, with B_ij = -D_ij / d_ij and rows that sum to 0: the least of a bowl above the stress."""
    ratio = torch.where(d > NEAREST, D / d.clamp(min=NEAREST), 0.0)
    return (ratio.sum(1, keepdim=True) * y - ratio @ y) / len(y)


def stress(D: Tensor, d: Tensor) -> Tensor:
    """sqrt(sum (d - D)^2 / sum D^2), a scalar: 0 where all distances are kept."""
    return ((d - D).square().sum() / D.square().sum()).sqrt()


class MDS(nn.Module):
    """Rows x (N, D) at places y (N, 2)."""

    def __init__(self, x: Tensor, method: str):
        super().__init__()
        self.method = method
        self.register_buffer("D", torch.cdist(x, x), persistent=False)
        first = torch.zeros(len(x), 2).to(x) if method == "classical" else torch.randn(len(x), 2).to(x)
        self.register_buffer("first", first)
        self.register_buffer("y", first.clone())
        self.register_buffer("before", torch.tensor(torch.inf, dtype=x.dtype))  # the stress of the map before
        self.register_buffer("largest_rise", torch.zeros((), dtype=x.dtype))
        self.steps = Counter(self, "taken")
        self.theirs: tuple[int, np.ndarray] | None = None  # steps of scikit-learn's map, and it (N, 2)

    @property
    def done(self) -> bool:
        """Whether both axes of the classical map are there; SMACOF may always go on."""
        return self.method == "classical" and int(self.steps) == 2

    def step(self) -> None:
        """Moves all rows by SMACOF, or adds an axis of the classical map."""
        self.steps.set(int(self.steps) + 1)
        if self.method == "classical":
            self.y = classical(self.D) * (torch.arange(2).to(self.y) < int(self.steps))
            return
        d = torch.cdist(self.y, self.y)
        now = stress(self.D, d)
        self.largest_rise = torch.maximum(self.largest_rise, now - self.before)
        self.y, self.before = guttman(self.D, d, self.y), now

    @property
    def embedding(self) -> Tensor:
        """The places (N, 2)."""
        return self.y.float()

    def evaluate(self) -> dict[str, float]:
        """The stress, and of SMACOF that of scikit-learn's."""
        values = {"stress": stress(self.D, torch.cdist(self.y, self.y)).item()}
        if self.method == "smacof":
            values |= {"sklearn_stress": self._theirs, "largest_rise": self.largest_rise.item()}
        return values

    @property
    def _theirs(self) -> float:
        """The stress of scikit-learn's SMACOF after as many steps from the same start."""
        from sklearn.manifold import smacof  # 1.8 s

        taken, y = self.theirs or (0, self.first.cpu().numpy())  # from the start again after a resume
        more = int(self.steps) - taken
        if more:
            D = self.D.cpu().numpy()
            y, _ = smacof(D, init=y, n_init=1, max_iter=more, eps=LEAST_FALL, normalized_stress=False)
            self.theirs = int(self.steps), y
        y = torch.from_numpy(y).to(self.D)
        return stress(self.D, torch.cdist(y, y)).item()

    def pictures(self) -> Iterator[Picture]:
        """Distances of some pairs of rows before and after; on the diagonal they are kept."""
        N = len(self.y)
        i = torch.arange(PAIRS) % N
        j = (i + 1 + torch.arange(PAIRS) // N + torch.arange(PAIRS) * 7) % N
        i, j = i[i != j], j[i != j]
        D, d = self.D[i, j].cpu(), (self.y[i] - self.y[j]).norm(dim=1).cpu()
        end = self.D.max().item()
        yield Picture(
            "distances",
            Scatter(
                x=D.numpy(),
                y=d.numpy(),
                label=torch.zeros(len(D), dtype=torch.long).numpy(),
                classes=["a pair of rows"],
                x_title="distance in the data",
                y_title="distance on the map",
                paths=[Path(x=[0.0, end], y=[0.0, end], name="kept")],
            ),
        )
