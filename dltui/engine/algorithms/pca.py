"""Principal components: the directions along which rows differ most (Pearson 1901, Hotelling 1933)."""

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context
from dltui.recipes.metric import Metric

RESULT = "embedding"
METRICS = {
    "explained_variance": Metric(
        "share of the variance that the components taken keep", better="higher", range=(0, 1), rows="train"
    ),
    "sklearn_difference": Metric(
        "greatest distance of a coordinate from sklearn's", better="lower", range=(0, None), check=True
    ),
}


def build() -> Callable[[Context], "PCA"]:
    """Each step takes one principal component more."""
    return lambda context: PCA(context.rows.train.inputs.flatten(1))


def eigenvectors(F: Tensor) -> tuple[Tensor, Tensor]:
    """Centred rows F (N, D) -> eigenvalues (K,) of F^T F, falling, and U (D, K), whose columns are its eigenvectors.

    K is the lesser of N and D. Where rows are fewer, those v of F F^T are found and U = F^T v / |F^T v|: the same
    eigenvalues, for the work of N x N (Turk and Pentland 1991, "Eigenfaces for recognition"). The sign of a column is
    such that its entry of the largest size is positive.
    """
    N, D = F.shape
    if N < D:
        values, V = torch.linalg.eigh(F.double() @ F.T.double())
        U = nn.functional.normalize(F.T.double() @ V, dim=0)
        values, U = values.to(F), U.to(F)
    else:
        values, U = torch.linalg.eigh(F.T @ F)
    values, U = values.flip(0).clamp(min=0), U.flip(1)
    largest = U.gather(0, U.abs().argmax(0, keepdim=True))  # (1, K)
    return values, U * largest.sign()


def share_lost(values: Tensor, k: int) -> float:
    """E(k) = (sum of the eigenvalues after the k-th) / (sum of all); values (K,), falling."""
    return (values[k:].sum() / values.sum()).item()


class PCA(nn.Module):
    """Rows x (N, D) along the first k of their principal components; k grows by one a step."""

    def __init__(self, x: Tensor):
        super().__init__()
        mean = x.mean(0)
        values, U = eigenvectors(x - mean)
        parts = {"x": x, "mean": mean, "values": values, "U": U}
        for name, part in parts.items():
            self.register_buffer(name, part, persistent=False)
        self.register_buffer("k", torch.tensor(0))

    def step(self) -> None:
        """Takes one component more."""
        self.k += int(not self.done)

    @property
    def done(self) -> bool:
        """Whether all components are taken that the rows have."""
        return int(self.k) == min(len(self.x) - 1, self.x.shape[1])

    def encode(self, rows: Tensor) -> Tensor:
        """Rows (B, D) -> their coordinates (B, k) along the components taken."""
        return (rows - self.mean) @ self.U[:, : int(self.k)]

    def reconstruct(self, rows: Tensor) -> Tensor:
        """Rows (B, D) -> what their k coordinates tell of them (B, D)."""
        return self.mean + self.encode(rows) @ self.U[:, : int(self.k)].T

    def components(self) -> Tensor:
        """The components taken, (k, D)."""
        return self.U[:, : int(self.k)].T

    @property
    def embedding(self) -> Tensor:
        """The rows on the plane of the first two components (N, 2); 0 along one that is not taken."""
        codes = self.encode(self.x)[:, :2]
        return nn.functional.pad(codes, (0, 2 - codes.shape[1]))

    def evaluate(self) -> dict[str, float]:
        """The share of variance kept, and the greatest difference of a coordinate from scikit-learn's."""
        k = int(self.k)
        apart = (self.encode(self.x) - self._theirs[:, :k]).abs()
        return {
            "explained_variance": 1 - share_lost(self.values, k),
            "sklearn_difference": apart.max().item() if k else 0.0,
        }

    @cached_property
    def _theirs(self) -> Tensor:
        """scikit-learn's coordinates (N, D)."""
        from sklearn.decomposition import PCA as Theirs  # 1.8 s

        codes = torch.from_numpy(Theirs(svd_solver="full").fit_transform(self.x.cpu().numpy())).to(self.x)
        signs = (codes * ((self.x - self.mean) @ self.U[:, : codes.shape[1]])).sum(0).sign()  # theirs may be turned
        return codes * signs
