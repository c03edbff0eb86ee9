"""A decoder that keeps the keys and values of what it has read, or computes them anew for each symbol (Shazeer 2019,
arXiv:1911.02150; Pope et al. 2022, arXiv:2211.05102).

d: numbers of a vector, T: symbols of the text, n: of them so far. Weights are drawn, not trained.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, max_pool2d

from dltui.engine.algorithms.rope import angles, rotated
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Heat, Lines, Text

NEEDS_DATA = False
METRICS = {
    "symbols": Metric("symbols of the text so far", counter=True),
    "error": Metric("greatest difference of a logit from that of the whole text read at once", better="lower"),
    "changed": Metric(
        "symbols that differ from those written with the whole text read at once", better="lower", whole=True
    ),
    "cells_computed": Metric("keys computed so far, in each layer", better="lower", whole=True),
    "cells_reused": Metric("keys taken from the cache so far, in each layer", whole=True, axis="cells_computed"),
    "operations": Metric("multiplications so far", better="lower", whole=True, log=True),
    "growth": Metric("power of the number of symbols by which the operations grow at the last one", better="lower"),
}
ALPHABET = "abcdefghijklmnopqrstuvwxyz .,'-!"
PROMPT = "once upon a time"
LAYERS, HEADS, WIDER = 2, 2, 4
SHARP = 2.0  # by what logits are multiplied: how sure the decoder is
COMPUTED, REUSED = 1.0, 0.3  # colours of the cells
MOST_CELLS = 24  # along a side of their picture


def build(
    *, cache: bool = True, keep: int = 0, length: int = 96, dimensions: int = 32
) -> Callable[[Context], "KvCache"]:
    """Each step reads one symbol and chooses the next: first those of a beginning, then its own, drawn by the seed.

    cache: whether keys and values of earlier symbols are kept.
    keep: how many of the last ones are, at least 0; 0 keeps all.
    length: symbols of the text, at least 20, at most 256.
    dimensions: numbers of a vector, at least 8, at most 128; what is left of a multiple of 4 is dropped.
    """
    return lambda context: KvCache(cache, keep, length, dimensions // 4 * 4)


class Layer(NamedTuple):
    """Weights of one block."""

    qkv: Tensor  # (d, 3 d)
    out: Tensor  # (d, d)
    up: Tensor  # (d, WIDER d)
    down: Tensor  # (WIDER d, d)


class Decoder:
    """A transformer with rotary positions; `operations` counts its multiplications."""

    def __init__(self, d: int):
        shapes = (d, 3 * d), (d, d), (d, WIDER * d), (WIDER * d, d)
        draw = lambda rows, columns: torch.randn(rows, columns, dtype=torch.float64) / math.sqrt(rows)  # noqa: E731
        self.layers = [Layer(*(draw(*shape) for shape in shapes)) for _ in range(LAYERS)]
        self.embedding, self.read_out = (
            torch.randn(len(ALPHABET), d, dtype=torch.float64),
            SHARP * draw(d, len(ALPHABET)),
        )
        self.d, self.theta, self.operations = d, angles(d // HEADS, 10000.0), 0

    def product(self, a: Tensor, b: Tensor) -> Tensor:
        """a (..., n, k) @ b (..., k, m), and counts."""
        made = a @ b
        self.operations += made.numel() * a.shape[-1]
        return made

    def read(self, symbols: Tensor, first: int, past: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, list]:
        """symbols (n,) at the places first ..., past: keys and values (HEADS, m, d / HEADS) of a layer, those of the m
        places before -> logits of the next symbol after each (n, alphabet), and the past with them."""
        x, kept = self.embedding[symbols], []
        at = first + torch.arange(len(symbols))
        for layer, (older_k, older_v) in zip(self.layers, past, strict=True):
            seen = layer_norm(x, (self.d,))
            q, k, v = self.product(seen, layer.qkv).unflatten(1, (3, HEADS, -1)).permute(1, 2, 0, 3)  # (HEADS, n, .)
            q, k = rotated(q, at, self.theta), rotated(k, at, self.theta)
            k, v = torch.cat([older_k, k], 1), torch.cat([older_v, v], 1)  # (HEADS, m + n, .)
            kept.append((k, v))
            x = x + self.product(self._mixed(q, k, v), layer.out)
            x = x + self.product(gelu(self.product(layer_norm(x, (self.d,)), layer.up)), layer.down)
        return self.product(layer_norm(x, (self.d,)), self.read_out), kept

    def _mixed(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Causal attention (HEADS, n, .) -> (n, d); the last query stands at the last key."""
        n, whole = q.shape[1], k.shape[1]
        scores = self.product(q, k.mT) / math.sqrt(q.shape[2])
        later = torch.ones(n, whole, dtype=torch.bool).triu(whole - n + 1)
        weights = scores.masked_fill(later, -math.inf).softmax(2)
        return self.product(weights, v).transpose(0, 1).flatten(1)

    def empty(self) -> list[tuple[Tensor, Tensor]]:
        nothing = torch.zeros(HEADS, 0, self.d // HEADS, dtype=torch.float64)
        return [(nothing, nothing)] * LAYERS


class KvCache:
    """A walkthrough of a text that is written, symbol by symbol."""

    def __init__(self, cache: bool, keep: int, T: int, d: int):
        self.decoder, self.T, self.length = Decoder(d), T, T
        self.text = [ALPHABET.index(one) for one in PROMPT]
        self.logits: list[Tensor] = []
        self.cells = torch.full((T, T), torch.nan)  # (step, place): how the key there was had
        self.operations = [0]
        self.luck = -(-torch.rand(T, len(ALPHABET), dtype=torch.float64).log()).log()  # Gumbel: its argmax is a draw
        past = self.decoder.empty()
        for n in range(1, T + 1):
            new = 1 if cache else n
            known = past if cache else self.decoder.empty()
            logits, past = self.decoder.read(torch.tensor(self.text[n - new : n]), n - new, known)
            reused = past[0][0].shape[1] - new
            self.cells[n - 1, n - new - reused : n - new] = REUSED
            self.cells[n - 1, n - new : n] = COMPUTED
            past = [(k[:, -keep:], v[:, -keep:]) for k, v in past] if keep else past
            self.operations.append(self.decoder.operations)
            self.logits.append(logits[-1])
            if n == len(self.text):
                self.text.append(int((logits[-1] + self.luck[n - 1]).argmax()))
        self.right = self.decoder.read(torch.tensor(self.text[:T]), 0, self.decoder.empty())[0]  # (T, alphabet)

    def at(self, step: int) -> Moment:
        """With the symbols that are read by then."""
        pictures = [Picture("cells", self._cells(step)), Picture("text", self._text(step))]
        if not step:
            return Moment({"symbols": 0}, pictures)
        pictures.append(Picture("operations", self._operations(step)))
        logits, cells = torch.stack(self.logits[:step]), self.cells[:step]
        found, right = ((one[:step] + self.luck[:step]).argmax(1) for one in (logits, self.right))
        metrics = {
            "symbols": step,
            "error": (logits - self.right[:step]).abs().max().item(),
            "changed": int((found != right).sum()),
            "cells_computed": int((cells == COMPUTED).sum()),
            "cells_reused": int((cells == REUSED).sum()),
            "operations": self.operations[step],
            "growth": step * (self.operations[step] - self.operations[step - 1]) / self.operations[step],
        }
        return Moment(metrics, pictures)

    def _cells(self, step: int) -> Heat:
        """How each key was had; of a long text some places share a cell, which is computed where one of them is."""
        side = -(-self.T // MOST_CELLS)
        shown = max_pool2d(self.cells.nan_to_num(0.0)[None], side, ceil_mode=True)[0]
        shown[-(-step // side) :] = torch.nan
        return Heat(values=shown.numpy(), x_title="place of a key", y_title="symbol (1: computed, 0.3: cached)")

    def _text(self, step: int) -> Text:
        return Text(text="".join(ALPHABET[one] for one in self.text[: step + 1]))

    def _operations(self, step: int) -> Lines:
        each = np.diff(self.operations[: step + 1])
        return lines({"multiplications": (np.arange(1, step + 1), each)}, x_title="symbol", y_title="multiplications")
