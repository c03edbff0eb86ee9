"""Affine coupling layers: invertible maps whose determinant is known (Dinh, Sohl-Dickstein, Bengio 2017,
arXiv:1605.08803).
"""

import math

import torch
from torch import Tensor, nn

from dltui.engine.layers.dense import dense


class Coupling(nn.Module):
    """Rows (B, D): where `kept` is 1 they stay, the others become x exp(s) + t, s and t of what stays; s in -2..2."""

    def __init__(self, kept: Tensor, hidden: int):
        super().__init__()
        self.register_buffer("kept", kept)  # (D,)
        self.net = dense([len(kept), hidden, hidden, 2 * len(kept)])
        for parameter in self.net[-1].parameters():
            nn.init.zeros_(parameter)

    def _terms(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        s, t = self.net(rows * self.kept).chunk(2, 1)
        return 2 * torch.tanh(s / 2) * (1 - self.kept), t * (1 - self.kept)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, D) -> y (B, D) and log |det dy/dx| (B,), which is the sum of s."""
        s, t = self._terms(x)
        return x * s.exp() + t, s.sum(1)

    def inverse(self, y: Tensor) -> Tensor:
        """y (B, D) -> x (B, D)."""
        s, t = self._terms(y)
        return (y - t) * (-s).exp()


class Flow(nn.Module):
    """Couplings, in turn of the even and of the odd numbers of a row, then each number stretched and moved: data x
    (B, D) -> noise z (B, D), whose density is that of N(0, 1)."""

    def __init__(self, dimensions: int, couplings: int, hidden: int):
        super().__init__()
        even = (torch.arange(dimensions) % 2 == 0).float()
        self.couplings = nn.ModuleList(Coupling(1 - even if k % 2 else even, hidden) for k in range(couplings))
        self.log_stretch, self.move = nn.Parameter(torch.zeros(dimensions)), nn.Parameter(torch.zeros(dimensions))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, D) -> z (B, D) and log |det dz/dx| (B,)."""
        log_det = self.log_stretch.sum().expand(len(x))
        for coupling in self.couplings:
            x, more = coupling(x)
            log_det = log_det + more
        return x * self.log_stretch.exp() + self.move, log_det

    def inverse(self, z: Tensor) -> Tensor:
        """z (B, D) -> x (B, D)."""
        x = (z - self.move) * (-self.log_stretch).exp()
        for coupling in reversed(self.couplings):
            x = coupling.inverse(x)
        return x

    def log_prob(self, x: Tensor) -> Tensor:
        """x (B, D) -> log p(x) = log N(z; 0, 1) + log |det dz/dx| (B,)."""
        z, log_det = self(x)
        return log_normal(z) + log_det


def log_normal(z: Tensor) -> Tensor:
    """z (B, D) -> log N(z; 0, 1) (B,)."""
    return -0.5 * z.square().sum(1) - 0.5 * z.shape[1] * math.log(2 * math.pi)
