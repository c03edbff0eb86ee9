"""Kernel PCA: principal components of what a kernel makes of rows (Schoelkopf, Smola, Mueller 1998,
"Nonlinear component analysis as a kernel eigenvalue problem").

k: the kernel, K: the matrix of all k(x_i, x_j) (N, N); a: its eigenvectors once it is centred, z: coordinates.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dltui.engine.algorithms.pca import eigenvectors
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.row_limit import refuse_more
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.plane import decision_field
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Path, Scatter

METRICS = {
    "line_accuracy": Metric(
        "share of the test rows on the right side of the plane (of one component a point, of two a line) that least"
        " squares fits between the training rows of two classes in the space of the components",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "components": Metric("components taken", counter=True),
    "sklearn_difference": Metric(
        "greatest distance of a coordinate of a test row from that of scikit-learn's KernelPCA, up to signs",
        better="lower",
        range=(0, None),
        rows="test",
        check=True,
    ),
    "pca_difference": Metric(
        "of the linear kernel: greatest distance of a coordinate from that of PCA, up to signs",
        better="lower",
        range=(0, None),
        rows="train",
        check=True,
    ),
}
SHARP = 3.0  # of the field: how fast it goes from one class's colour to the other's
RANK = 1e-10  # of the greatest eigenvalue: what is less is 0 but for rounding
FEW = 1000  # rows of which all eigenvectors are found
MOST = 5000  # rows
THUMBNAIL = 24  # pixels of a component's picture


def build(
    *,
    kernel: Literal["linear", "rbf", "polynomial"] = "rbf",
    gamma: float = 0.3,
    degree: int = 2,
    components: int = 5,
) -> Callable[[Context], "KernelPCA"]:
    """Each step takes one component more.

    kernel: linear x.y, which is PCA; rbf exp(-gamma |x - y|^2); polynomial (gamma x.y + 1)^degree.
    gamma: factor in the kernel, above 0; the linear one has none.
    degree: of the polynomial, at least 1, at most 10.
    components: how many are taken in the end, at least 1; the linear kernel has no more than two.
    """
    return lambda context: KernelPCA(context.rows.plane().labelled(2), kernel, gamma, degree, components)


def kernel_matrix(x: Tensor, y: Tensor, kernel: str, gamma: float, degree: int) -> Tensor:
    """k(x_i, y_j) of rows x (A, D), y (B, D) -> (A, B)."""
    if kernel == "rbf":
        return torch.exp(-gamma * torch.cdist(x, y).square())
    dot = x @ y.T
    return dot if kernel == "linear" else (gamma * dot + 1) ** degree


def greatest_eigenvectors(K: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """K (N, N), symmetric -> at least `count` eigenvalues (C,), rising, and vectors (N, C): all where those are few."""
    if len(K) <= FEW or count >= len(K) // 10:
        return torch.linalg.eigh(K)
    from scipy.sparse.linalg import eigsh  # Lanczos' iteration: some matrix products in place of N^3

    values, vectors = eigsh(K.numpy(), count, v0=np.linspace(-1, 2, len(K)))  # a start that is no eigenvector
    return torch.from_numpy(values), torch.from_numpy(vectors)


class Components:
    """The first `count` kernel components of rows x (N, D), the greatest first, or all: those whose eigenvalue is not
    0."""

    def __init__(self, x: Tensor, k: Callable[[Tensor, Tensor], Tensor], count: int):
        self.x, self.k = x, k
        K = k(x, x)
        self.means = K.mean(0)  # (N,)
        values, a = greatest_eigenvectors(self._centred(K), count)
        kept = values > RANK * values[-1]
        values, a = values[kept].flip(0), a[:, kept].flip(1)
        largest = a.gather(0, a.abs().argmax(0, keepdim=True))  # (1, K): its sign is made positive
        self.a = a * largest.sign() / values.sqrt()  # (N, K); in the space of the kernel a component has length 1

    def _centred(self, K: Tensor) -> Tensor:
        """K (B, N) of any rows with x -> as it is once the mean of what x is mapped to lies at 0."""
        return K - K.mean(1, keepdim=True) - self.means + self.means.mean()

    def of(self, rows: Tensor) -> Tensor:
        """Rows (B, D), seen before or not -> their coordinates (B, K)."""
        return self._centred(self.k(rows, self.x)) @ self.a


def separating_plane(z: Tensor, y: Tensor) -> Tensor:
    """Coordinates z (N, K), classes y (N,) 0 and 1 -> w (K + 1,) of least squares: w.(z, 1) is -1 or 1, as near as can
    be."""
    return torch.linalg.lstsq(with_one(z), 2.0 * y[:, None].to(z) - 1).solution[:, 0]


def with_one(z: Tensor) -> Tensor:
    """(N, K) -> (N, K + 1)."""
    return torch.cat([z, z.new_ones(len(z), 1)], 1)


def greatest_difference(ours: Tensor, theirs: Tensor) -> float:
    """Greatest difference of coordinates (N, K), each column of theirs turned to the sign of ours."""
    apart = (ours - theirs * (ours * theirs).sum(0).sign()).abs()
    return apart.max().item() if apart.numel() else 0.0


class KernelPCA:
    """A walkthrough: points of two classes in the plane, and a plane between them in a space of more dimensions."""

    def __init__(self, rows: Rows, kernel: str, gamma: float, degree: int, components: int):
        (x, self.y), (test, self.test_y) = rows.train.table(), rows.test.table()
        refuse_more(len(x), MOST, "Kernel PCA", "algorithm.kind=pca", matrices=4)
        self.x, self.test, self.classes = x.double(), test.double(), rows.classes
        self.kernel, self.gamma, self.degree = kernel, gamma, degree
        self.found = Components(self.x, lambda x, y: kernel_matrix(x, y, kernel, gamma, degree), components)
        self.z, self.test_z = self.found.of(self.x), self.found.of(self.test)  # (N, K), (M, K)
        self.length = min(components, self.z.shape[1])

    def at(self, step: int) -> Moment:
        """With `step` components."""
        w = separating_plane(self.z[:, :step], self.y)
        right = (with_one(self.test_z[:, :step]) @ w > 0) == (self.test_y == 1)
        metrics = {
            "line_accuracy": right.double().mean().item(),
            "components": float(step),
            "sklearn_difference": greatest_difference(self.test_z[:, :step], self._theirs[:, :step]),
        }
        if self.kernel == "linear":
            centred = self.x - self.x.mean(0)
            pca = (centred @ eigenvectors(centred)[1])[:, :step]
            metrics["pca_difference"] = greatest_difference(self.z[:, :step], pca)
        return Moment(metrics, list(self._pictures(w, step)))

    @cached_property
    def _theirs(self) -> Tensor:
        """scikit-learn's coordinates of the test rows (M, length)."""
        from sklearn.decomposition import KernelPCA as Theirs  # 1.8 s

        kernel = {"polynomial": "poly"}.get(self.kernel, self.kernel)
        solver = "dense" if len(self.x) <= FEW else "auto"
        theirs = Theirs(self.length, kernel=kernel, gamma=self.gamma, degree=self.degree, eigen_solver=solver)
        return torch.from_numpy(theirs.fit(self.x.numpy()).transform(self.test.numpy()))

    def _pictures(self, w: Tensor, step: int) -> Iterator[Picture]:
        def share(rows: Tensor) -> Tensor:  # 1/2 on the plane
            return torch.sigmoid(SHARP * (with_one(self.found.of(rows.double())[:, :step]) @ w))

        yield Picture("before", decision_field(share, self.x, self.y, self.classes))
        yield Picture("after", self._after(w, step))
        if step:
            yield Picture("components", self._components(step))

    def _after(self, w: Tensor, step: int) -> Scatter:
        """The rows seen along the plane, which is a line then: component 1 to the right, w.(z, 1) upwards."""
        along = self.z[:, 0] if step else torch.zeros(len(self.z), dtype=self.z.dtype)
        ends = [along.min().item(), along.max().item()]
        return Scatter(
            x=along.numpy(),
            y=(with_one(self.z[:, :step]) @ w).numpy(),
            label=self.y.numpy(),
            classes=list(self.classes),
            x_title="component 1",
            y_title="distance from the plane",
            paths=[Path(x=ends, y=[0.0, 0.0], name="the plane, from its edge")],
        )

    def _components(self, step: int) -> dict:
        """What each component is over the plane of the points: grey is 0."""
        ends = self.x.abs().max().item() * torch.linspace(-1, 1, THUMBNAIL, dtype=self.x.dtype)
        values = self.found.of(torch.cartesian_prod(ends.flip(0), ends).flip(1))[:, :step]
        scaled = 0.5 + 0.5 * values / values.abs().amax(0)
        return montage(scaled.T.reshape(-1, 1, THUMBNAIL, THUMBNAIL), columns=5, title="components over the points")
