"""What the loss would grow by if a weight were cut: optimal brain damage and optimal brain surgeon.

LeCun, Denker, Solla 1990, "Optimal brain damage"; Hassibi, Stork 1993, "Second order derivatives for network pruning".
At a minimum the slope is 0, and the loss around the weights a is L + 1/2 da^T H da, with the curvatures H.
"""

import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev, vmap


def curvature_factor(net: nn.Module, names: list[str], inputs: Tensor) -> Tensor:
    """Returns A (N K, P) with H = A^T A, of the cross-entropy's mean over inputs (N, ...) by the P weights named.

    H = 1/N sum of J^T (diag(p) - p p^T) J, J (K, P) being the logits' slopes and p the K probabilities: of the second
    derivatives the Gauss-Newton part, which is never negative; the rest vanishes as the net learns.
    """
    fixed = dict(net.named_parameters())
    moved = {name: fixed.pop(name).detach() for name in names}

    def logits(moved: dict[str, Tensor], row: Tensor) -> Tensor:
        return functional_call(net, {**moved, **fixed}, (row[None],))[0]

    slopes = vmap(jacrev(logits), (None, 0))(moved, inputs)
    J = torch.cat([slopes[name].flatten(2) for name in names], 2)  # (N, K, P)
    p = net(inputs).detach().softmax(1)
    # diag(p) - p p^T = S S^T, where S = diag(sqrt p) - p sqrt(p)^T
    S = torch.diag_embed(p.sqrt()) - p[:, :, None] * p.sqrt()[:, None, :]
    return (S.transpose(1, 2) @ J).flatten(0, 1).detach() / len(inputs) ** 0.5


def damage(a: Tensor, curvatures: Tensor) -> Tensor:
    """a (P), curvatures H_ii (P) -> a_i^2 H_ii / 2: what is lost if weight i is cut and nothing else moves."""
    return a.square() * curvatures / 2


def surgeon(a: Tensor, inverse: Tensor) -> Tensor:
    """a (P), inverse H^-1 (P, P) -> a_i^2 / (2 [H^-1]_ii): what is lost if the others move to make up for weight i."""
    return a.square() / (2 * inverse.diagonal())


def operate(a: Tensor, inverse: Tensor, count: int) -> Tensor:
    """Cuts `count` of the weights a (P), each time the one that costs least; returns a with these 0, the others moved.

    inverse (P, P): H^-1 of these weights. After each cut it is made that of the weights that are left.
    """
    a, inverse = a.clone(), inverse.clone()
    left = torch.ones_like(a, dtype=torch.bool)
    for _ in range(count):
        q = int(torch.where(left, surgeon(a, inverse), torch.inf).argmin())
        column = inverse[:, q] / inverse[q, q]
        a -= a[q] * column
        inverse -= torch.outer(column, inverse[q].clone())
        left[q] = False
        a[~left] = 0  # what rounding has left of them
        inverse[q, q] = 1  # its own place in the diagonal is divided by
    return a
