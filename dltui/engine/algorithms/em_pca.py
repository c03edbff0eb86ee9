"""PCA by expectation maximisation (Roweis 1998, "EM algorithms for PCA and SPCA"): no covariance matrix, gaps allowed.

X: rows less their mean (N, D), M: 1 where a number is known and 0 in a gap (N, D), W: the plane's directions (D, k),
Z: coordinates of the rows on it (N, k).
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.pca import eigenvectors
from dltui.engine.contracts.task import Context, Picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Path, Scatter

TAKES = ("table", "unlabelled")
METRICS = {
    "angle": Metric(
        "greatest angle between the plane and that of PCA, which sees the rows without gaps",
        better="lower",
        range=(0, None),
        unit="rad",
        rows="train",
        log=True,
    ),
    "error": Metric(
        "mean squared distance of known numbers from what the plane says", better="lower", range=(0, None), rows="train"
    ),
    "largest_rise": Metric(
        "greatest rise of the error from one step to the next, as a share of the error",
        better="lower",
        rows="train",
        check=True,
    ),
}
LEAST = 1e-9  # added to what is inverted: a row may have fewer known numbers than there are components
REACH = 2.5  # of a drawn direction, in deviations of its coordinates
POINTS = 400  # rows shown


def build(*, components: int = 1, gaps: float = 0.0) -> Callable[[Context], "EMPCA"]:
    """Each step finds the coordinates on the plane, then the plane that suits them best; the first one is random.

    components: directions of the plane, at least 1.
    gaps: share of the numbers that are made unknown, at least 0, at most 0.9.
    """

    def begin(context: Context) -> EMPCA:
        x, targets = context.rows.train.table()
        classes = context.rows.classes or ("rows",)
        label = targets if context.rows.classes else torch.zeros(len(x), dtype=torch.long)
        return EMPCA(x.double(), torch.rand(x.shape) >= gaps, min(components, x.shape[1]), label, classes)

    return begin


def e_step(X: Tensor, M: Tensor, W: Tensor) -> Tensor:
    """Coordinates Z (N, k): of each row the least squares over what is known of it, z = (W'W)^-1 W'x."""
    return _least_squares(X, M, W)


def m_step(X: Tensor, M: Tensor, Z: Tensor) -> Tensor:
    """Directions W (D, k): of each column the least squares over the rows in which it is known."""
    return _least_squares(X.T, M.T, Z)


def _least_squares(X: Tensor, M: Tensor, W: Tensor) -> Tensor:
    """For each row x of X (N, D) the z (k,) that makes sum over the known d of (x_d - W_d z)^2 least -> (N, k)."""
    A = torch.einsum("nd,dk,dl->nkl", M, W, W) + LEAST * torch.eye(W.shape[1], dtype=W.dtype)
    return torch.linalg.solve(A, (M * X) @ W)


def angle(W: Tensor, U: Tensor) -> float:
    """The greatest angle in radians between a direction of the plane W (D, k) and the plane U (D, k), orthonormal."""
    Q = torch.linalg.qr(W).Q
    return torch.asin(torch.linalg.matrix_norm(Q - U @ (U.T @ Q), 2).clamp(max=1)).item()


class EMPCA(nn.Module):
    """Rows x (N, D) of which some numbers are unknown, and a plane (D, k) that turns into place."""

    done = False  # it comes nearer and nearer

    def __init__(self, x: Tensor, known: Tensor, components: int, label: Tensor, classes: tuple[str, ...]):
        super().__init__()
        self.label, self.classes = label, classes
        M = known.to(x)
        mean = (M * x).sum(0) / M.sum(0).clamp(min=1)
        U = eigenvectors(x - x.mean(0))[1]  # of the rows without gaps
        for name, part in {"x": x, "M": M, "mean": mean, "U": U}.items():
            self.register_buffer(name, part, persistent=False)
        self.X = M * (x - mean)
        self.register_buffer("W", torch.linalg.qr(torch.randn(x.shape[1], components, dtype=x.dtype)).Q)
        self.register_buffer("Z", e_step(self.X, M, self.W))
        self.register_buffer("largest_rise", torch.zeros((), dtype=x.dtype))

    def step(self) -> None:
        """One M step and one E step."""
        before = self.error
        self.W = m_step(self.X, self.M, self.Z)
        self.Z = e_step(self.X, self.M, self.W)
        self.largest_rise = torch.maximum(self.largest_rise, (self.error - before) / before)

    @property
    def error(self) -> Tensor:
        """Mean squared distance of the known numbers from what the plane says, a scalar."""
        return (self.M * (self.X - self.Z @ self.W.T)).square().sum() / self.M.sum()

    def evaluate(self) -> dict[str, float]:
        """How far the plane is from PCA's, and what it leaves."""
        return {
            "angle": angle(self.W, self.U[:, : self.W.shape[1]]),
            "error": self.error.item(),
            "largest_rise": self.largest_rise.item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """Rows, gaps filled in from the plane, and its directions; of more than two columns along PCA's first two."""
        flat = torch.eye(2, dtype=self.x.dtype) if self.x.shape[1] == 2 else self.U[:, :2]  # (D, 2)
        filled = self.mean + torch.where(self.M == 1, self.X, self.Z @ self.W.T)
        places = (filled @ flat)[:POINTS]
        middle = self.mean @ flat
        spread = self.Z.std(0) * self.W  # (D, k)
        paths = [self._path(middle, spread[:, [j]].T @ flat, f"EM {j + 1}") for j in range(spread.shape[1])]
        target = self.U[:, : len(paths)] * ((self.x - self.x.mean(0)) @ self.U[:, : len(paths)]).std(0)
        paths += [self._path(middle, target[:, [j]].T @ flat, "PCA") for j in range(len(paths))]
        titles = ("x1", "x2") if self.x.shape[1] == 2 else ("PCA's direction 1", "PCA's direction 2")
        yield Picture(
            "line",
            Scatter(
                x=places[:, 0].numpy(),
                y=places[:, 1].numpy(),
                label=self.label[:POINTS].numpy(),
                classes=list(self.classes),
                x_title=titles[0],
                y_title=titles[1],
                paths=paths,
            ),
        )

    @staticmethod
    def _path(middle: Tensor, half: Tensor, name: str) -> Path:
        """A line through `middle` (2,), REACH times `half` (1, 2) to either side."""
        ends = torch.cat([middle - REACH * half, middle + REACH * half]).numpy()
        return Path(x=ends[:, 0], y=ends[:, 1], name=name)
