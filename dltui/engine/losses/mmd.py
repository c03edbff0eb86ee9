"""Maximum mean discrepancy: how far apart two samples are by the means of Gaussian kernels (Gretton et al. 2012, "A
kernel two-sample test"; in a layer of a net: Long et al. 2015, arXiv:1502.02791)."""

from collections.abc import Callable

import torch
from torch import Tensor

TASKS = ("adapt",)
WIDTHS = 0.25, 0.5, 1.0, 2.0, 4.0  # of the kernels, of the mean squared distance


def build(*, weight: float = 1.0) -> Callable[[Tensor, Tensor], Tensor]:
    """Returns (source (B, d), target (B, d)) -> weight * MMD^2, a scalar.

    weight: of the discrepancy beside the cross-entropy, above 0.
    """
    return lambda source, target: weight * mmd(source, target)


def mmd(x: Tensor, y: Tensor) -> Tensor:
    """The unbiased MMD^2 of x (n, d) and y (m, d): E k(x, x') + E k(y, y') - 2 E k(x, y), about 0 for one distribution.

    k is the mean of Gaussian kernels of several widths, shares of the mean squared distance: it has no unit.
    """
    n, m = len(x), len(y)
    z = torch.cat([x, y])
    squares = z.square().sum(1)
    d2 = (squares[:, None] + squares - 2 * z @ z.T).clamp(min=0)  # (n + m, n + m)
    unit = d2.detach().sum() / ((n + m) * (n + m - 1))
    k = torch.stack([torch.exp(-d2 / (width * unit.clamp(min=1e-12))) for width in WIDTHS]).mean(0)
    k = k - torch.diag(k.diagonal())  # no row is compared with itself
    return k[:n, :n].sum() / (n * (n - 1)) + k[n:, n:].sum() / (m * (m - 1)) - 2 * k[:n, n:].mean()
