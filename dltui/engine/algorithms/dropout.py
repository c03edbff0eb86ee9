"""Dropout: hidden units fall silent at random in training (Srivastava et al. 2014, "Dropout: a simple way ...").

p is the rate, the chance to fall silent. The paper keeps a unit with chance p and multiplies the weights by it at the
test; here as in torch what is left is made larger in training, and the test needs no change.
"""

import torch
from torch import Tensor


def speaking(h: Tensor, p: float, generator: torch.Generator | None = None) -> Tensor:
    """Returns r, shaped as h (B, units): 1 with chance 1 - p, else 0, for each unit of each row by itself."""
    return (torch.rand(h.shape, generator=generator, device=h.device) >= p).to(h.dtype)


def thinned(h: Tensor, r: Tensor, p: float) -> Tensor:
    """Returns r * h / (1 - p): its mean over all r is h."""
    return r * h / (1 - p)
