"""How far the gradient of a batch lies from that of all rows: its variance falls as 1/B.

Bottou, Curtis, Nocedal 2018, "Optimization methods for large-scale machine learning", arXiv:1606.04838, section 4.
"""

from torch import Tensor


def batch_means(gradients: Tensor, rows: Tensor, sizes: list[int]) -> list[Tensor]:
    """gradients (N, D) of single rows, rows (draws, B) of batches -> for each size the means (draws, D) of so many."""
    sums = gradients[rows].cumsum(1)  # (draws, B, D)
    return [sums[:, size - 1] / size for size in sizes]


def variance(gradients: Tensor, means: Tensor) -> Tensor:
    """The mean squared distance of batches' means (draws, D) from the mean of all gradients (N, D)."""
    return (means - gradients.mean(0)).square().sum(-1).mean()


def slope(x: Tensor, y: Tensor) -> float:
    """The slope of y over x on logarithmic axes, by least squares; -1 where y falls as 1/x."""
    u, v = x.double().log(), y.double().log()
    u, v = u - u.mean(), v - v.mean()
    return ((u * v).sum() / u.square().sum()).item()
