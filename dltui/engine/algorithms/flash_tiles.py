"""Attention tile by tile, with a running maximum and sum, so that no N x N array is made (Milakov and Gimelshein 2018,
arXiv:1805.02867; Dao et al. 2022, arXiv:2205.14135).

Q, K, V (N, d): queries, keys, values; B: rows and columns of a tile; m, l (N,): the greatest score so far, and the sum.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Heat, Lines

NEEDS_DATA = False
METRICS = {
    "tiles": Metric("tiles visited so far", counter=True),
    "error": Metric("greatest difference of a finished row from attention made at once", better="lower"),
    "torch_error": Metric("greatest difference of a finished row from torch's", better="lower", check=True),
    "largest_array": Metric("numbers of the largest array that is made on the way", better="lower", whole=True),
    "of_all_scores": Metric("largest_array / N^2", better="lower", log=True),
}
LARGE = 8.0  # by what queries are multiplied, so that the maximum moves far from tile to tile


def build(
    *, queries: int = 64, dimensions: int = 16, tile: int = 8, rescale: bool = True, causal: bool = False
) -> Callable[[Context], "FlashTiles"]:
    """Each step visits one tile: some queries against some keys; the seed draws them.

    queries: rows of Q, K and V, at least 4, at most 256.
    dimensions: numbers of a row, at least 1, at most 64.
    tile: rows and columns of a tile, at least 1, at most 256.
    rescale: whether what was added up under an older maximum is multiplied anew when a greater score comes.
    causal: whether a query sees no later key; tiles with no pair that is seen are left out.
    """
    return lambda context: FlashTiles(queries, dimensions, tile, rescale, causal)


class State(NamedTuple):
    """What is kept of the rows between two tiles."""

    out: Tensor  # (N, d): O of the paper, not yet divided by the sum
    m: Tensor  # (N,)
    sum: Tensor  # (N,): l of the paper


def attention(Q: Tensor, K: Tensor, V: Tensor, causal: bool = False) -> Tensor:
    """softmax(Q K^T / sqrt(d)) V with all N x N scores at once, (N, d)."""
    S = Q @ K.T / math.sqrt(Q.shape[1])
    if causal:
        S = S.masked_fill(torch.ones_like(S, dtype=torch.bool).triu(1), -math.inf)
    return S.softmax(1) @ V


def begun(N: int, d: int) -> State:
    zeros = torch.zeros(N, d, dtype=torch.float64)
    return State(zeros, torch.full((N,), -math.inf, dtype=torch.float64), zeros[:, 0].clone())


def visited(
    state: State, Q: Tensor, K: Tensor, V: Tensor, rows: slice, columns: slice, *, rescale: bool = True, causal=False
) -> tuple[State, int]:
    """The state after one tile, and the numbers of the largest array that it made.

    S = Q_i K_j^T / sqrt(d), m' = max(m, max S), P = exp(S - m'), l' = exp(m - m') l + sum P,
    O' = exp(m - m') O + P V_j.
    """
    S = Q[rows] @ K[columns].T / math.sqrt(Q.shape[1])  # (B, B)
    if causal:
        later = torch.arange(len(K))[columns] > torch.arange(len(Q))[rows, None]
        S = S.masked_fill(later, -math.inf)
    m = torch.maximum(state.m[rows], S.amax(1))
    P = torch.exp(S - m[:, None])
    older = torch.exp(state.m[rows] - m) if rescale else (state.sum[rows] > 0).double()
    out, greatest, total = (part.clone() for part in state)
    out[rows] = older[:, None] * out[rows] + P @ V[columns]
    total[rows] = older * total[rows] + P.sum(1)
    greatest[rows] = m
    return State(out, greatest, total), max(part.numel() for part in (S, P, out[rows]))


class FlashTiles:
    """A walkthrough of the tiles, a row of them after the other."""

    def __init__(self, N: int, d: int, B: int, rescale: bool, causal: bool):
        self.N, self.B, self.causal = N, min(B, N), causal
        self.Q, self.K, self.V = torch.randn(3, N, d, dtype=torch.float64)
        self.Q *= LARGE
        self.exact = attention(self.Q, self.K, self.V, causal)
        self.theirs = scaled_dot_product_attention(
            self.Q[None], self.K[None], self.V[None], is_causal=causal
        )[0]  # fmt: skip
        starts = range(0, N, self.B)
        self.tiles = [(i, j) for i in starts for j in starts if not causal or j < i + self.B]
        self.states, self.largest = [begun(N, d)], [0]
        for i, j in self.tiles:
            rows, columns = slice(i, i + self.B), slice(j, j + self.B)
            state, size = visited(
                self.states[-1], self.Q, self.K, self.V, rows, columns, rescale=rescale, causal=causal
            )  # fmt: skip
            self.states.append(state)
            self.largest.append(max(size, self.largest[-1]))
        self.length = len(self.tiles)

    def _rows_done(self, step: int) -> int:
        """Rows whose tiles have all been visited."""
        return self.N if step == self.length else self.tiles[step][0]

    def at(self, step: int) -> Moment:
        """After the tiles visited by then."""
        pictures = [
            Picture("tiles", self._tiles(step)),
            Picture("maximum and sum", self._running(step)),
            Picture("memory", self._memory(step)),
        ]
        done = self._rows_done(step)
        metrics = {"tiles": step, "largest_array": self.largest[step], "of_all_scores": self.largest[step] / self.N**2}
        if done:
            state = self.states[step]
            out = (state.out / state.sum[:, None])[:done]
            metrics["error"] = (out - self.exact[:done]).abs().max().item()
            metrics["torch_error"] = (out - self.theirs[:done]).abs().max().item()
        return Moment(metrics, pictures)

    def _tiles(self, step: int) -> Heat:
        """The weights that softmax gives at last; of the tile at hand and of those before: the others are blank."""
        S = self.Q @ self.K.T / math.sqrt(self.Q.shape[1])
        seen = torch.zeros(self.N, self.N, dtype=torch.bool)
        for i, j in self.tiles[:step]:
            seen[i : i + self.B, j : j + self.B] = True
        if self.causal:
            seen = seen.tril()
            S = S.masked_fill(torch.ones_like(seen).triu(1), -math.inf)
        return Heat(values=torch.where(seen, S.softmax(1), torch.nan).numpy(), x_title="key", y_title="query")

    def _running(self, step: int) -> Lines:
        """Of the row of tiles at hand: how far its first query's maximum and sum are after each tile."""
        now = self.tiles[max(0, step - 1)][0]
        steps = [number + 1 for number, (i, _) in enumerate(self.tiles[:step]) if i == now]
        curves = {
            "maximum": (steps, [self.states[one].m[now].item() for one in steps]),
            "ln of the sum": (steps, [self.states[one].sum[now].log().item() for one in steps]),
        }
        return lines(curves, x_title="tile", y_title=f"query {now}")

    def _memory(self, step: int) -> Bars:
        """Numbers kept at once: of all scores, and of what is made here."""
        values = np.array([self.N**2, self.largest[step], 2 * self.N], float)
        return Bars(labels=["all scores, N x N", "largest array of a tile", "m and l"], values=values)
