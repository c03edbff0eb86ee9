"""Canonical correlation analysis: directions of two views that correlate most (Hotelling 1936, "Relations between two
sets of variates").

X (N, p), Y (N, q): two views of the same N things, a, b: directions in them, u = X a, v = Y b: the scores (N,).
"""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter

NEEDS_DATA = False
METRICS = {
    "correlation": Metric("correlation of the two scores, training rows", better="higher", range=(0, 1), rows="train"),
    "test_correlation": Metric("correlation of the two scores, test rows", better="higher", range=(0, 1), rows="test"),
    "signal_correlation": Metric(
        "correlation of the first view's score with the signal that both views share, test rows",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "sklearn_correlation": Metric(
        "greatest correlation that scikit-learn's CCA finds, training rows",
        better="higher",
        range=(0, 1),
        rows="train",
        axis="correlation",
    ),
}
P, Q = 6, 5  # columns of the views
SILENT = 0.2  # deviation of the noise that every column has
POINTS = 500  # test rows shown


class Views(NamedTuple):
    """Two views of the same rows, and what they share: X (N, P), Y (N, Q), s (N,)."""

    X: Tensor
    Y: Tensor
    s: Tensor


def build(
    *, method: Literal["cca", "pca"] = "cca", rows: int = 500, loudness: float = 3.0, shared: float = 1.0
) -> Callable[[Context], "CCA"]:
    """Each step of cca fits the score of one view to the other's by least squares, in turn; of pca each view to itself.

    method: cca, the directions that correlate most; pca, the direction of the greatest variance in each view.
    rows: rows to train on, at least 20; as many others are for the test.
    loudness: deviation of what is private to a view, that of the shared signal being 1, at least 0.
    shared: factor of the shared signal, at least 0; with 0 the views have nothing in common.
    """
    return lambda context: CCA(*views(rows, loudness, shared, context.seed), method)


def views(rows: int, loudness: float, shared: float, seed: int) -> tuple[Views, Views]:
    """Training and test views: one signal in both, as many private ones as a view has other columns, all mixed."""
    random = np.random.Generator(np.random.PCG64(seed))
    s = random.standard_normal(2 * rows)

    def view(columns: int) -> Tensor:
        private = loudness * random.standard_normal((2 * rows, columns - 1))
        mixing = np.linalg.qr(random.standard_normal((columns, columns)))[0]  # a turn: nothing becomes louder
        mixed = np.concatenate([shared * s[:, None], private], 1) @ mixing
        return torch.from_numpy(mixed + SILENT * random.standard_normal((2 * rows, columns)))

    both = (view(P), view(Q), torch.from_numpy(s))
    return tuple(Views(*(part[half] for part in both)) for half in (slice(None, rows), slice(rows, None)))


def least_squares(X: Tensor, v: Tensor) -> Tensor:
    """a = (X'X)^-1 X'v for centred X (N, p), v (N,) -> (p,), scaled."""
    return scaled(X, torch.linalg.lstsq(X, v[:, None]).solution[:, 0])


def power(X: Tensor, a: Tensor) -> Tensor:
    """X'X a for centred X (N, p), a (p,) -> (p,), scaled; repeated, it ends at the greatest variance."""
    return scaled(X, X.T @ (X @ a))


def scaled(X: Tensor, a: Tensor) -> Tensor:
    """a (p,) at such a length that the score X a has variance 1."""
    return a / (X @ a).std(correction=0)


def correlation(u: Tensor, v: Tensor) -> float:
    """The size of the correlation of u (N,) and v (N,): the sign of a direction means nothing."""
    return abs(torch.corrcoef(torch.stack([u, v]))[0, 1].item())


class CCA(nn.Module):
    """Two views, and a direction in each that turns towards the other."""

    done = False  # it comes nearer and nearer

    def __init__(self, train: Views, test: Views, method: str):
        super().__init__()
        self.train_views, self.test_views, self.method = train, test, method
        self.means = train.X.mean(0), train.Y.mean(0)
        self.X, self.Y = (part - mean for part, mean in zip(train, self.means, strict=False))
        for name, part in (("a", self.X), ("b", self.Y)):
            first = torch.randn(part.shape[1], dtype=part.dtype)
            self.register_buffer(name, scaled(part, first))
        self.steps = Counter(self, "taken")

    def step(self) -> None:
        """One score is fitted to the other: a from v and b from u in turn; of PCA power iteration, a <- X'X a."""
        if self.method == "pca":
            self.a, self.b = power(self.X, self.a), power(self.Y, self.b)
        elif int(self.steps) % 2:
            self.b = least_squares(self.Y, self.X @ self.a)
        else:
            self.a = least_squares(self.X, self.Y @ self.b)
        self.steps.set(int(self.steps) + 1)

    def scores(self, given: Views) -> tuple[Tensor, Tensor]:
        """The rows' scores u, v (N,), by the means and the directions of the training rows."""
        return (given.X - self.means[0]) @ self.a, (given.Y - self.means[1]) @ self.b

    def evaluate(self) -> dict[str, float]:
        """How the scores correlate with each other and with what the views share."""
        u, v = self.scores(self.test_views)
        values = {
            "correlation": correlation(*self.scores(self.train_views)),
            "test_correlation": correlation(u, v),
            "signal_correlation": correlation(u, self.test_views.s),
        }
        return values | ({"sklearn_correlation": self._theirs} if self.method == "cca" else {})

    @property
    def _theirs(self) -> float:
        from sklearn.cross_decomposition import CCA as Theirs  # 1.8 s

        u, v = Theirs(1, tol=1e-12, max_iter=5000).fit_transform(self.X.numpy(), self.Y.numpy())
        return correlation(torch.from_numpy(u[:, 0]), torch.from_numpy(v[:, 0]))

    def pictures(self) -> Iterator[Picture]:
        """Test rows by their two scores: a cloud where these have nothing in common, a line where they agree."""
        u, v = (score[:POINTS] for score in self.scores(self.test_views))
        high = (self.test_views.s[:POINTS] > 0).long().numpy()
        titles = {"x_title": "score of view 1", "y_title": "score of view 2"}
        classes = ["shared signal below 0", "above 0"]
        yield Picture("scores", Scatter(x=u.numpy(), y=v.numpy(), label=high, classes=classes, **titles))
