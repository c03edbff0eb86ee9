"""One step of gated cells, each gate at hand: LSTM (Hochreiter and Schmidhuber 1997; Gers et al. 2000) with or without
peepholes (Gers and Schmidhuber 2000), and GRU (Cho et al. 2014, arXiv:1406.1078).

x (B, D): the symbol, h (B, H): what the cell gave before, c (B, H): the LSTM's cell state. Weights lie as torch's do.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Weights(NamedTuple):
    """G = 4 gates of an LSTM in torch's order i, f, g, o; G = 3 of a GRU: r, z, n."""

    W_x: Tensor  # (G H, D)
    W_h: Tensor  # (G H, H)
    b_x: Tensor  # (G H,)
    b_h: Tensor  # (G H,)
    peep: Tensor | None = None  # (3, H): what i, f and o read of the cell state


class LSTMStep(NamedTuple):
    """Each (B, H)."""

    f: Tensor
    i: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


class GRUStep(NamedTuple):
    """Each (B, H)."""

    z: Tensor
    r: Tensor
    n: Tensor
    h: Tensor


def lstm_step(x: Tensor, h: Tensor, c: Tensor, weights: Weights, held_open: str = "") -> LSTMStep:
    """c' = f c + i g, h' = o tanh(c'). With peepholes f and i read c, and o reads c'.

    held_open: "f", "i" or "o", a gate that is 1 whatever comes.
    """
    sums = x @ weights.W_x.T + weights.b_x + h @ weights.W_h.T + weights.b_h
    i, f, g, o = sums.chunk(4, 1)  # each (B, H)
    if weights.peep is not None:
        i, f = i + weights.peep[0] * c, f + weights.peep[1] * c
    f, i, g = _gate(f, held_open == "f"), _gate(i, held_open == "i"), torch.tanh(g)
    c = f * c + i * g
    if weights.peep is not None:
        o = o + weights.peep[2] * c
    o = _gate(o, held_open == "o")
    return LSTMStep(f, i, g, o, c, o * torch.tanh(c))


def gru_step(x: Tensor, h: Tensor, weights: Weights, held_open: str = "") -> GRUStep:
    """h' = z h + (1 - z) n, as torch has it; others write z for 1 - z. The reset gate r is applied behind W_h.

    held_open: "z" or "r", a gate that is 1 whatever comes.
    """
    r_x, z_x, n_x = (x @ weights.W_x.T + weights.b_x).chunk(3, 1)
    r_h, z_h, n_h = (h @ weights.W_h.T + weights.b_h).chunk(3, 1)
    r, z = _gate(r_x + r_h, held_open == "r"), _gate(z_x + z_h, held_open == "z")
    n = torch.tanh(n_x + r * n_h)
    return GRUStep(z, r, n, z * h + (1 - z) * n)


def _gate(sums: Tensor, held_open: bool) -> Tensor:
    return torch.ones_like(sums) if held_open else torch.sigmoid(sums)
