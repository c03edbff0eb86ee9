"""What a set of columns is worth: each row is classified by its nearest others (Cover and Hart 1967)."""

import torch
from torch import Tensor, nn

K = 5  # neighbours that vote


class LeaveOneOut(nn.Module):
    """Scores sets of columns of x (N, D): the share of rows whose class, of y (N,), their K nearest others name."""

    def __init__(self, x: Tensor, y: Tensor):
        super().__init__()
        squared = (x.T[:, :, None] - x.T[:, None]).square()  # (D, N, N)
        self.rows = len(x)
        self.register_buffer("squared", squared.flatten(1), persistent=False)
        self.register_buffer("classes", nn.functional.one_hot(y).to(x.dtype), persistent=False)  # (N, C)
        self.register_buffer("y", y, persistent=False)

    def forward(self, bits: Tensor) -> Tensor:
        """bits (P, D), 1 for a column that is taken -> scores (P,) in 0..1; no column at all: the commonest class."""
        apart = (bits.to(self.squared.dtype) @ self.squared).view(-1, self.rows, self.rows)  # (P, N, N)
        apart.diagonal(dim1=1, dim2=2).fill_(torch.inf)
        near = apart.topk(K, largest=False).indices  # (P, N, K)
        votes = self.classes[near].sum(2)  # (P, N, C)
        right = (votes.argmax(2) == self.y).to(bits.device).double().mean(1)
        blind = self.classes.mean(0).max().double()
        return torch.where(bits.bool().any(1), right, blind)
