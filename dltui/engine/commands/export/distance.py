"""How far another program's answers are from a net's own."""

import math

from torch import Tensor


def tensors_of(answer: object) -> list[Tensor]:
    """Returns the tensors of an answer, a tensor or tuples of them, in their order."""
    if isinstance(answer, Tensor):
        return [answer]
    return [tensor for part in answer for tensor in tensors_of(part)] if isinstance(answer, tuple | list) else []


def distance(wanted: object, found: object) -> float:
    """Returns the greatest distance of two answers as a share of the largest number of a tensor that is wanted; 0 for
    the same, bit for bit, inf where one has a nan or other shapes than the other."""
    pairs = list(zip(tensors_of(wanted), tensors_of(found), strict=False))
    if len(tensors_of(wanted)) != len(tensors_of(found)) or any(a.shape != b.shape for a, b in pairs):
        return math.inf
    return max((_apart(a.double(), b.double()) for a, b in pairs), default=0.0)


def _apart(a: Tensor, b: Tensor) -> float:
    alike = (a == b) | (a.isnan() & b.isnan())
    if alike.all():
        return 0.0
    share = ((a - b).abs().masked_fill(alike, 0.0).max() / a.abs().max().clamp(min=1e-12)).item()
    return math.inf if math.isnan(share) else share
