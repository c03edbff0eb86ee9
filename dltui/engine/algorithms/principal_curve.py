"""Principal curves: a smooth curve through the middle of a cloud (Hastie and Stuetzle 1989, "Principal curves").

x: rows (N, D), f: points along the curve (K, D), lam: how far along the curve each row's nearest point lies (N,).
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.pca import eigenvectors
from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Path, Scatter

METRICS = {
    "error": Metric("mean squared distance of test rows from the curve", better="lower", range=(0, None), rows="test"),
    "pca_error": Metric(
        "mean squared distance of test rows from the first principal component's line",
        better="lower",
        range=(0, None),
        rows="test",
        axis="error",
    ),
    "train_error": Metric(
        "mean squared distance of the training rows from the curve", better="lower", range=(0, None), rows="train"
    ),
    "span": Metric("width of the smoother, of the curve's length", side=True),
}
NODES = 80  # points of the curve
WIDEST, NARROWING = 1.0, 0.75  # span of the first step, and by what it shrinks in each
POINTS = 600  # rows shown


def build(*, span: float = 0.08) -> Callable[[Context], "PrincipalCurve"]:
    """Each step smooths the rows along the curve, then finds each row's nearest point on it; the first curve is a line.

    span: standard deviation of the smoother's weights in the end, of the curve's length, above 0, at most 1.
    """

    def begin(context: Context) -> PrincipalCurve:
        rows = context.rows.plane()
        return PrincipalCurve(rows.train.table()[0].double(), rows.test.table()[0].double(), span)

    return begin


def smooth(lam: Tensor, x: Tensor, at: Tensor, h: float) -> Tensor:
    """Rows x (N, D) at lam (N,) -> points (K, D) at `at` (K,): of each the line through its neighbours, weighted by
    exp(-distance^2 / 2 h^2), taken at its own place. A mean alone would draw the ends inwards."""
    apart = lam - at[:, None]  # (K, N)
    w = torch.softmax(-apart.square() / (2 * h**2), 1)
    middle = (w * apart).sum(1, keepdim=True)  # (K, 1)
    centred = apart - middle
    slope = (w * centred) @ x / (w * centred.square()).sum(1, keepdim=True).clamp(min=1e-12)  # (K, D)
    return w @ x - middle * slope


def project(x: Tensor, f: Tensor) -> tuple[Tensor, Tensor]:
    """Rows x (N, D), curve f (K, D) -> how far along it the nearest point lies (N,), and its squared distance (N,)."""
    ahead = f[1:] - f[:-1]  # (K - 1, D)
    length = ahead.norm(dim=1)
    from_start = x[:, None] - f[:-1]  # (N, K - 1, D)
    t = ((from_start * ahead).sum(2) / length.square().clamp(min=1e-18)).clamp(0, 1)
    far = (from_start - t[:, :, None] * ahead).square().sum(2)
    nearest, segment = far.min(1)
    before = length.cumsum(0) - length
    return (before + t * length).gather(1, segment[:, None])[:, 0], nearest


class PrincipalCurve(nn.Module):
    """Training rows x (N, 2) and a curve f (NODES, 2) that bends into them."""

    done = False  # it comes nearer and nearer

    def __init__(self, x: Tensor, test: Tensor, span: float):
        super().__init__()
        self.span = span
        mean = x.mean(0)
        u = eigenvectors(x - mean)[1][:, :1]  # (D, 1)
        for name, part in {"x": x, "test": test, "mean": mean, "u": u}.items():
            self.register_buffer(name, part, persistent=False)
        along = ((x - mean) @ u)[:, 0]
        self.register_buffer("lam", along)
        ends = torch.linspace(0, 1, NODES).to(x)[:, None]
        self.register_buffer("f", mean + (along.min() + ends * (along.max() - along.min())) * u.T)
        self.line = self.f.clone()
        self.steps = Counter(self, "taken")

    @property
    def width(self) -> float:
        """The smoother's span: wide at first, so that the curve bends as a whole before it bends in its parts."""
        return max(self.span, WIDEST * NARROWING ** int(self.steps))

    def step(self) -> None:
        """Each point of the curve goes to the middle of the rows nearest to it; then the rows are projected again."""
        low, high = self.lam.min(), self.lam.max()
        at = low + torch.linspace(0, 1, NODES).to(self.x) * (high - low)
        self.f = smooth(self.lam, self.x, at, self.width * (high - low).item())
        self.lam = project(self.x, self.f)[0]
        self.steps.set(int(self.steps) + 1)

    def evaluate(self) -> dict[str, float]:
        """Distances from the curve, and those from PCA's line."""
        apart = self.test - self.mean
        return {
            "error": project(self.test, self.f)[1].mean().item(),
            "pca_error": (apart - apart @ self.u @ self.u.T).square().sum(1).mean().item(),
            "train_error": project(self.x, self.f)[1].mean().item(),
            "span": self.width,
        }

    def pictures(self) -> Iterator[Picture]:
        """The rows, the line that it began as, and the curve."""
        x, y = self.x[:POINTS].T.numpy()
        curves = {"PCA's line": self.line, "principal curve": self.f}
        yield Picture(
            "curve",
            Scatter(
                x=x,
                y=y,
                label=torch.zeros(len(x), dtype=torch.long).numpy(),
                classes=["a row"],
                x_title="x1",
                y_title="x2",
                paths=[Path(x=f[:, 0].numpy(), y=f[:, 1].numpy(), name=name) for name, f in curves.items()],
            ),
        )
