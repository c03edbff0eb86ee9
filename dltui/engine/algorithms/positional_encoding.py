"""Positions as sines and cosines: distances, shifts, and attention with and without them (Vaswani et al. 2017,
arXiv:1706.03762)."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dltui.engine.algorithms.self_attention import Matrices, multi_head
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.positions import frequencies, sines
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Grid, Grids, Heat, Lines, Path, Scatter, Table

NEEDS_DATA = False
METRICS = {
    "first_fall": Metric("offset of two positions at which their distance first falls", unit="positions", whole=True),
    "nearest_ratio": Metric("least distance of two positions, in distances of position 0 from 1", better="higher"),
    "offset_error": Metric("greatest difference of the distances of pairs with one offset", "lower", check=True),
    "rotation_error": Metric(
        "greatest distance of a position from an earlier one, its pairs turned by the offset",
        better="lower",
        check=True,
    ),
    "bag_error": Metric(
        "greatest change of a word's attention without positions when the words are shuffled", "lower", check=True
    ),
    "order_seen": Metric("mean change of a word's attention with positions when the words are shuffled", "higher"),
}
LENGTH = 64  # positions
WIDTHS = (16, 64, 512)  # of the curves of distances
WORDS = ("dog", "bites", "man")
TURNED = ("man", "bites", "dog")
HEADS = 2
SHUFFLES = 20
SHORT = 6  # words of a sentence that is shuffled
LISTED = 4  # pairs whose numbers are worked out
HANDS = (0, 3, 6, 9)  # pairs whose way is drawn
APART = 2.5  # of the middles of their circles


def build(
    *, d: int = 64, base: float = 10_000.0, encoding: Literal["sines", "random", "number"] = "sines"
) -> Callable[[Context], "PositionalEncoding"]:
    """Each step encodes one more position.

    d: numbers of a position's vector, at least 20; even.
    base: the slowest pair of numbers turns once in about 2 pi of it positions, at least 1.
    encoding: sines, of a geometric series of frequencies; random, a vector drawn for each position; number, the
        position's number in each column.
    """
    return lambda context: PositionalEncoding(d - d % 2, base, encoding, context.seed)


def encoded(d: int, base: float, encoding: str, random: torch.Generator) -> Tensor:
    """Returns p (LENGTH, d) float64."""
    if encoding == "sines":
        return sines(LENGTH, d, base, torch.float64)
    if encoding == "random":
        return torch.randn(LENGTH, d, dtype=torch.float64, generator=random) / 2**0.5
    return torch.arange(LENGTH, dtype=torch.float64)[:, None].expand(-1, d) / LENGTH


def rotated(p: Tensor, offset: int, w: Tensor) -> Tensor:
    """p (N, d) with pair k turned by the angle offset * w_k."""
    sin, cos = p[:, 0::2], p[:, 1::2]
    a, b = (offset * w).sin(), (offset * w).cos()
    return torch.stack([sin * b + cos * a, cos * b - sin * a], 2).flatten(1)


class Distances(NamedTuple):
    """What is measured of the positions known by then."""

    first_fall: int
    nearest_ratio: float
    offset_error: float
    rotation_error: float


def measured(p: Tensor, base: float) -> Distances:
    """p (n, d), n at least 3."""
    n, d = p.shape
    between = torch.cdist(p, p, compute_mode="donot_use_mm_for_euclid_dist")  # (n, n)
    falls = (between[0].diff() < 0).nonzero()
    nearest = between.masked_fill(torch.eye(n, dtype=torch.bool), torch.inf).min() / between[0, 1]
    by_offset = [between.diagonal(offset) for offset in range(1, n)]
    apart = max((same.max() - same.min()).item() for same in by_offset)
    w = frequencies(d, base, p.dtype)
    turned = max((rotated(p[:-offset], offset, w) - p[offset:]).abs().max().item() for offset in range(1, n))
    return Distances(int(falls[0]) + 1 if len(falls) else n, nearest.item(), apart, turned)


def change_by_order(x: Tensor, p: Tensor, matrices: Matrices, order: Tensor) -> Tensor:
    """Returns (n,): how far the attention of each word of x (n, d) moves when the words stand in another order.

    p: (n, d), what is added to whatever word stands at a place. order: (n,), a permutation.
    """
    before, after = multi_head(x + p, matrices, HEADS).out, multi_head(x[order] + p, matrices, HEADS).out
    return (before[order] - after).norm(dim=1)


def changes_by_order(p: Tensor, random: torch.Generator) -> tuple[float, float]:
    """Returns the greatest change without positions and the mean change with p (n, d), of SHUFFLES sentences."""
    n, d = p.shape
    without, with_p = [], []
    for _ in range(SHUFFLES):
        x, order = torch.randn(n, d, dtype=p.dtype, generator=random), torch.randperm(n, generator=random)
        matrices = Matrices(*torch.randn(4, d, d, dtype=p.dtype, generator=random) / d**0.5)
        without.append(change_by_order(x, torch.zeros_like(p), matrices, order))
        with_p.append(change_by_order(x, p, matrices, order))
    return torch.stack(without).max().item(), torch.stack(with_p).mean().item()


class PositionalEncoding:
    """A walkthrough of LENGTH positions."""

    length = LENGTH

    def __init__(self, d: int, base: float, encoding: str, seed: int):
        self.base = base
        random = torch.Generator().manual_seed(seed)
        self.p = encoded(d, base, encoding, random)  # (LENGTH, d)
        widths = sorted({*WIDTHS, d})
        self.of_width = {width: encoded(width, base, encoding, random) for width in widths} | {d: self.p}
        self.bag_error, self.order_seen = changes_by_order(self.p[:SHORT], random)
        self.sentence = self._sentence(random)

    def at(self, step: int) -> Moment:
        """With `step` positions encoded."""
        metrics, seen = {}, max(step, 2)
        if step > 2:
            metrics = measured(self.p[:step], self.base)._asdict()
            metrics |= {"bag_error": self.bag_error, "order_seen": self.order_seen}
        shown = self.p.clone()
        shown[seen:] = torch.nan
        titles = {"x_title": "column: fast pairs left, slow pairs right", "y_title": "position, the first at the top"}
        pictures = {
            "encoding": Heat(values=shown.numpy(), **titles),
            "distance by offset": self._distances(seen),
            "pairs as clock hands": self._hands(seen),
            "numbers": self._numbers(seen - 1),
            "two sentences": self.sentence,
        }
        return Moment(metrics, [Picture(pane, payload) for pane, payload in pictures.items()])

    def _distances(self, step: int) -> Lines:
        """From position 0, divided by the root of d: else the widest would flatten the others."""
        offsets = np.arange(step)
        curves = {f"d = {d}": (offsets, (p[:step] - p[0]).norm(dim=1) / d**0.5) for d, p in self.of_width.items()}
        return lines(curves, x_title="offset in positions", y_title="distance / root of d")

    def _numbers(self, position: int) -> Grids:
        """The first pairs of a position, number by number."""
        w = frequencies(self.p.shape[1], self.base, self.p.dtype)[:LISTED]
        pairs = self.p[position, : 2 * LISTED].view(LISTED, 2)
        columns = {"w_k": w, "position * w_k": position * w, "column 2 k": pairs[:, 0], "column 2 k + 1": pairs[:, 1]}
        grids = [Grid(title=title, values=column[:, None].numpy(), digits=6) for title, column in columns.items()]
        caption = f"pairs k = 0 to {LISTED - 1}: the sine and the cosine of one angle"
        return Grids(grids=grids, signs=["=>", "=>", ""], title=f"position {position}", caption=caption)

    def _hands(self, step: int) -> Scatter:
        """Some pairs (cosine, sine) of the positions so far, each on a circle of its own."""
        x, y, label, paths = [], [], [], []
        for number, k in enumerate(HANDS):
            sin, cos = self.p[:step, 2 * k], self.p[:step, 2 * k + 1]
            x.append(cos + APART * number)
            y.append(sin)
            label.append(torch.full((step,), number))
            hand = [APART * number, float(x[-1][-1])], [0.0, float(sin[-1])]
            paths.append(Path(x=hand[0], y=hand[1], name=f"position {step - 1}"))
        return Scatter(
            x=torch.cat(x).numpy(),
            y=torch.cat(y).numpy(),
            label=torch.cat(label).numpy(),
            classes=[f"pair {k}" for k in HANDS],
            x_title="cosine, a circle for each pair",
            y_title="sine",
            paths=paths,
        )

    def _sentence(self, random: torch.Generator) -> Table:
        """How far the attention of each word moves from one sentence to the other, of words drawn at random."""
        n, d = len(WORDS), self.p.shape[1]
        x = torch.randn(n, d, dtype=self.p.dtype, generator=random)
        matrices = Matrices(*torch.randn(4, d, d, dtype=self.p.dtype, generator=random) / d**0.5)
        order = torch.tensor([WORDS.index(word) for word in TURNED])
        rows = []
        for added, name in ((torch.zeros_like(x), "without positions"), (self.p[:n], "with positions")):
            change = change_by_order(x, added, matrices, order)
            moved = {word: f"{abs(value):.3f}" for word, value in zip(TURNED, change.tolist(), strict=True)}
            rows.append([name, *(moved[word] for word in WORDS)])
        title = f'change from "{" ".join(WORDS)}" to "{" ".join(TURNED)}"'
        return Table(columns=[title, *WORDS], rows=rows)
