"""Pooling and the way back of its gradient; shown: squares of numbers become one, and a picture slides beneath.

LeCun et al. 1998, "Gradient-based learning applied to document recognition"; Scherer, Müller, Behnke 2010, "Evaluation
of pooling operations in convolutional architectures for object recognition".
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d, one_hot, pad

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.sliding_window import Cell, filled, filling, window
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Grid, Grids

LIVE = ("window",)
METRICS = {
    "wrong": Metric(
        "cells of the worked example, pooled and of the gradient, that are not yet as they should be",
        counter=True,
        unit="cells",
    ),
    "changed": Metric(
        "share of the pooled map that changed when the pictures last moved by a pixel", axis="moved", rows="test"
    ),
    "moved": Metric(
        "share of the pooled map that changes when the pictures move by a pixel, mean of all moves so far", rows="test"
    ),
    "circle": Metric(
        "share of the pooled circle that changes when it moves by a pixel, mean of all moves so far", axis="moved"
    ),
    "unpooled": Metric(
        "share of the pictures themselves that changes when they move by a pixel, mean of all so far",
        axis="moved",
        rows="test",
    ),
    "error": Metric("greatest distance of pooling and its gradient from torch's", better="lower", check=True),
}
X = ((1, 2, 6, 3), (3, 5, 2, 1), (1, 2, 2, 1), (7, 3, 4, 8))  # the worked example, pooled by 2
SLOPES = ((4, 8), (12, 16))  # which come back to it
WORKED = {"max": ((5, 6), (7, 8)), "average": ((2.75, 3), (3.25, 3.75))}
TORCHS = {"max": max_pool2d, "average": avg_pool2d}
CORNERS = window(0, 0, (2, 2))  # of the example's squares: row and column of each, in the order of the steps
SQUARES = [window(*corner, (2, 2), stride=2) for corner in CORNERS]
BY_SQUARE = [cell for square in SQUARES for cell in square]
SIDE = 4  # pixels: pictures slide around a square of this side
AROUND = tuple([(0, 1)] * SIDE + [(1, 0)] * SIDE + [(0, -1)] * SIDE + [(-1, 0)] * SIDE)  # (down, right)
PICTURES = 100  # on which a change is measured
RING = 1.3  # thickness of the circle in pixels


def squares(x: Tensor, s: int) -> Tensor:
    """x (..., H, W) -> its squares of s by s cells, (..., H // s, W // s, s s); cells beyond the last one are cut."""
    H, W = x.shape[-2] // s, x.shape[-1] // s
    cut = x[..., : H * s, : W * s]
    return cut.unflatten(-1, (W, s)).unflatten(-3, (H, s)).transpose(-3, -2).flatten(-2)


def joined(squares: Tensor, s: int) -> Tensor:
    """The way back: (..., H, W, s s) -> (..., s H, s W)."""
    return squares.unflatten(-1, (s, s)).transpose(-3, -2).flatten(-2).flatten(-3, -2)


def max_pool(x: Tensor, s: int) -> Tensor:
    """x (..., H, W) -> the greatest number of each square, (..., H // s, W // s)."""
    return squares(x, s).amax(-1)


def average_pool(x: Tensor, s: int) -> Tensor:
    """x (..., H, W) -> the mean of each square, (..., H // s, W // s)."""
    return squares(x, s).mean(-1)


def max_gradient(g: Tensor, x: Tensor, s: int) -> Tensor:
    """g (..., H, W), the slope of a loss by every greatest number of x -> by x (..., s H, s W): all to the winner.

    Of equal ones the first wins.
    """
    winner = one_hot(squares(x, s).argmax(-1), s * s).to(g)  # (..., H, W, s s)
    return joined(g[..., None] * winner, s)


def average_gradient(g: Tensor, x: Tensor, s: int) -> Tensor:
    """g (..., H, W), the slope of a loss by every mean of x -> by x (..., s H, s W): an equal share to each cell."""
    return joined(g[..., None].expand(*g.shape, s * s) / (s * s), s)


POOL = {"max": max_pool, "average": average_pool}
GRADIENT = {"max": max_gradient, "average": average_gradient}


def change(before: Tensor, after: Tensor) -> Tensor:
    """Two maps (..., H, W) -> sum |after - before| / sum |before|, (...)."""
    return (after - before).abs().sum((-2, -1)) / before.abs().sum((-2, -1)).clamp(min=torch.finfo(before.dtype).tiny)


def build(*, method: Literal["max", "average"] = "max", window: int = 2) -> Callable[[Context], "Pooling"]:
    """Each step is a square of the example forward, then one backward, then a pixel that the pictures move.

    method: max keeps the greatest number of each square, average the mean.
    window: rows and columns of the squares of the sliding pictures, at least 1, at most 8.
    """
    return lambda context: Pooling(context.rows, method, window)


class Pooling:
    """A walkthrough: a worked example, and a circle and test pictures, drawn by the run's seed, that slide."""

    length = 2 * len(SQUARES) + len(AROUND)

    def __init__(self, rows: Rows, method: str, window: int):
        test = rows.pictures().test
        if min(test.stored.shape[2:]) < 8:
            height, width = test.stored.shape[2:]
            what = f"Pooling slides over pictures of at least 8 x 8 pixels, not of {height} x {width}."
            raise DltuiError(what, "Take: data.kind=mnist or data.kind=photographs.", ExitStatus.DATA)
        self.method, self.window = method, window
        chosen = torch.randperm(len(test))[:PICTURES]
        pictures = test.batch(chosen.to(rows.device)).cpu().mean(1).double()  # (N, H, W), grey
        self.slid = around(torch.cat([circle(*pictures.shape[1:])[None], pictures]))  # (17, 1 + N, H', W')
        self.x, self.slopes = torch.tensor(X).double(), torch.tensor(SLOPES).double()
        self.pooled = POOL[method](self.x, 2)
        self.gradient = GRADIENT[method](self.slopes, self.x, 2)
        self.winners = max_gradient(torch.ones(2, 2), self.x, 2) > 0  # (4, 4)
        self.known: dict[int, Tensor] = {}  # changes by window

    def at(self, step: int) -> Moment:
        forward, backward = min(step, len(SQUARES)), min(max(0, step - len(SQUARES)), len(SQUARES))
        moves = step - forward - backward
        metrics: dict[str, float] = {"wrong": self._wrong(forward, backward), "error": self._error()}
        if moves:
            changes = self._changes(self.window)[:moves]
            metrics |= {
                "changed": changes[-1, 1:].mean().item(),
                "moved": changes[:, 1:].mean().item(),
                "circle": changes[:, 0].mean().item(),
                "unpooled": self._changes(1)[:moves, 1:].mean().item(),
            }
        pictures = [] if moves else [Picture("numbers", self._numbers(forward, backward))]
        if moves or step == 0:
            pictures.append(Picture("sliding", self._sliding(moves)))
        return Moment(metrics, pictures)

    def _changes(self, window: int) -> Tensor:
        """What each move changes of circle and pictures, pooled by `window`, (16, 1 + N); 1 leaves them as they are."""
        if window not in self.known:
            maps = [POOL[self.method](slid, window) for slid in self.slid]
            self.known[window] = torch.stack([change(*pair) for pair in pairwise(maps)])
        return self.known[window]

    def _wrong(self, forward: int, backward: int) -> int:
        """Against the numbers of the example; a gradient is right where the slopes of each square add up."""
        pooled = filled(self.pooled, forward)
        sums = squares(filled(self.gradient, 4 * backward, BY_SQUARE), 2).sum(-1)
        return int((pooled != torch.tensor(WORKED[self.method])).sum() + (sums != self.slopes).sum())

    def _error(self) -> float:
        """Of pictures pooled by the window, and of the gradient of the example."""
        maps = POOL[self.method](self.slid[0], self.window)
        torchs = TORCHS[self.method](self.slid[0][:, None], self.window)[:, 0]
        with torch.enable_grad():
            x = self.x.clone().requires_grad_()
            (want,) = torch.autograd.grad(TORCHS[self.method](x[None], 2)[0], x, self.slopes)
        return max((maps - torchs).abs().max().item(), (self.gradient - want).abs().max().item())

    def _numbers(self, forward: int, backward: int) -> Grids:
        """The example forward; backward it stands above its gradient."""
        grids = [Grid(title="input", values=self.x.numpy()), filling(self.pooled, forward, title=self.method)]
        if not forward:
            return Grids(grids=grids, signs=["->"], caption="each square of four numbers will become one")
        newest = (backward or forward) - 1
        square = SQUARES[newest]
        winner = [cell for cell in square if self.winners[cell]] if self.method == "max" else []
        grids[0] = replace(grids[0], lit=square, now=winner)
        if not backward:
            return Grids(grids=grids, signs=["->"], caption=self._forward(square, self.pooled[CORNERS[newest]].item()))
        gradient = filling(self.gradient, 4 * backward, title="the input's", order=BY_SQUARE)
        grids[1] = replace(grids[1], now=None)
        grids.append(Grid(title="its slope", values=self.slopes.numpy(), now=[CORNERS[newest]]))
        grids.append(replace(gradient, lit=square, now=winner or square))
        slope = self.slopes[CORNERS[newest]].item()
        caption = f"the slope {slope:g} is shared: {slope:g} / 4 = {slope / 4:g} for each"
        if winner:
            caption = f"all of the slope {slope:g} goes to the greatest, {self.x[winner[0]].item():g}"
        return Grids(grids=grids, signs=["->", "|", "->"], caption=caption)

    def _forward(self, square: list[Cell], value: float) -> str:
        numbers = [f"{self.x[cell].item():g}" for cell in square]
        worked = f"max({', '.join(numbers)})" if self.method == "max" else f"({' + '.join(numbers)}) / 4"
        return f"{worked} = {value:g}"

    def _sliding(self, moves: int) -> dict:
        """Circle and first picture as they lie, pooled, and what of that changed with the last pixel."""
        before, maps = (POOL[self.method](self.slid[move, :2], self.window) for move in (max(0, moves - 1), moves))
        top = torch.maximum(maps, before).amax((1, 2), keepdim=True).clamp(min=1e-12)
        cells = []
        for small in (maps / top, (maps - before).abs() / top):
            large = small.repeat_interleave(self.window, 1).repeat_interleave(self.window, 2)
            short = [side - have for side, have in zip(self.slid.shape[2:], large.shape[1:], strict=True)]
            cells.append(pad(large, (0, short[1], 0, short[0])))
        shares = [f"changed {share:.0%}" for share in change(before, maps).tolist()]
        rows = torch.stack([self.slid[moves, :2], *cells], 1)  # (2, 3, H', W')
        captions = ["circle", self.method, shares[0], "picture", self.method, shares[1]]
        title = f"moved by {moves} pixels"
        return montage(rows.flatten(0, 1)[:, None], columns=3, captions=captions, title=title, least=8)


def circle(height: int, width: int) -> Tensor:
    """Returns a ring in the middle, (height, width) in 0..1."""
    down, across = (torch.arange(side).double() - (side - 1) / 2 for side in (height, width))
    radius = min(height, width) / 3
    return (RING - (torch.hypot(down[:, None], across) - radius).abs()).clamp(0, 1)


def around(pictures: Tensor) -> Tensor:
    """pictures (N, H, W) -> (17, N, H + 4, W + 4): after each move around a square, black beside them."""
    wide = pad(pictures, (0, SIDE, 0, SIDE))
    places = [(0, 0)]
    for down, right in AROUND:
        places.append((places[-1][0] + down, places[-1][1] + right))
    return torch.stack([wide.roll(place, (1, 2)) for place in places])
