"""How gradients go back through operations on whole matrices (Giles 2008, "Collected matrix derivative results").

dY is the gradient of the loss by what an operation gave, dX by what it was given, of the same shape as X.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Rule(NamedTuple):
    """An operation Y of matrices, and the gradients by each of them, in the order in which they are given."""

    formula: str
    forward: Callable[..., Tensor]
    gradients: tuple[str, ...]  # as formulas
    backward: Callable[..., tuple[Tensor, ...]]  # (dY, what `forward` was given) -> gradients


SHUFFLE = (2, 0, 1)  # row i of P X is row SHUFFLE[i] of X


def back_in_place(dY: Tensor, order: Tensor) -> Tensor:
    """Returns the rows of dY where they came from: along each column, entry i of `order` is where row i was taken."""
    return torch.zeros_like(dY).scatter(0, order, dY)


RULES = {
    "sum": Rule("X1 + X2", lambda a, b: a + b, ("dY", "dY"), lambda dY, a, b: (dY, dY)),
    "product": Rule(
        "X1 X2", lambda a, b: a @ b, ("dY X2^T", "X1^T dY"), lambda dY, a, b: (dY @ b.T, a.T @ dY)
    ),
    "Hadamard": Rule(
        "X1 * X2", lambda a, b: a * b, ("dY * X2", "dY * X1"), lambda dY, a, b: (dY * b, dY * a)
    ),
    "function": Rule("tanh(X)", torch.tanh, ("dY * tanh'(X)",), lambda dY, x: (dY * (1 - torch.tanh(x) ** 2),)),
    "inverse": Rule(
        "X^-1", torch.linalg.inv, ("-Y^T dY Y^T",), lambda dY, x: (-torch.linalg.inv(x).T @ dY @ torch.linalg.inv(x).T,)
    ),
    "transpose": Rule("X^T", lambda x: x.T, ("dY^T",), lambda dY, x: (dY.T,)),
    "permutation": Rule(
        "P X",
        lambda x: x[list(SHUFFLE)],
        ("P^-1 dY",),
        lambda dY, x: (back_in_place(dY, torch.tensor(SHUFFLE)[:, None].expand_as(dY)),),
    ),
    "sort": Rule(
        "sort(X) = P X",
        lambda x: x.sort(0).values,
        ("P^-1 dY",),
        lambda dY, x: (back_in_place(dY, x.argsort(0)),),
    ),
}  # fmt: skip


def by_autograd(rule: Rule, given: Sequence[Tensor], dY: Tensor) -> tuple[Tensor, ...]:
    """Returns the gradients that torch finds for what a rule was given."""
    with torch.enable_grad():
        leaves = [x.detach().clone().requires_grad_() for x in given]
        return torch.autograd.grad(rule.forward(*leaves), leaves, dY)
