"""CORAL: the covariances of two domains' embeddings are drawn together (Sun and Saenko 2016, arXiv:1607.01719)."""

from collections.abc import Callable

from torch import Tensor

TASKS = ("adapt",)


def build(*, weight: float = 100.0) -> Callable[[Tensor, Tensor], Tensor]:
    """Returns (source (B, d), target (B, d)) -> weight * |C_s - C_t|^2 / (4 d^2), a scalar.

    weight: of the distance beside the cross-entropy, above 0.
    """
    return lambda source, target: weight * coral(source, target)


def coral(x: Tensor, y: Tensor) -> Tensor:
    """|C_x - C_y|^2 / (4 d^2), the Frobenius norm of the difference of the covariances of x (n, d) and y (m, d)."""
    return (covariance(x) - covariance(y)).square().sum() / (4 * x.shape[1] ** 2)


def covariance(x: Tensor) -> Tensor:
    """x (n, d) -> (d, d)."""
    x = x - x.mean(0)
    return x.T @ x / (len(x) - 1)
