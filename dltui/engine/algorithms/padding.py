"""Padding: what a convolution finds beyond the border, cell by cell, and what it makes of a photograph.

Which cell is looked up for a place outside: Gonzalez and Woods, "Digital image processing".
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate
from torch.nn.functional import pad as torch_pad

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.sliding_window import filling
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Grids

LIVE = ("padding",)
ANEW = ("padding",)
METRICS = {
    "missing": Metric("cells around the grid that are not filled yet", counter=True, unit="cells"),
    "error": Metric("greatest distance of the padded grid from torch's", better="lower", check=True),
    "seam": Metric("mean step of brightness across the border of the photographs, from inside to outside"),
    "rim_error": Metric("mean error at the blurred photographs' border, against real surroundings", better="lower"),
}
SHARE = 6  # of a photograph's size is taken for its surroundings, at each side
REACH = 4  # pixels that the blur sees to each side


def build(
    *, mode: Literal["zeros", "replicate", "reflect", "circular"] = "zeros", size: int = 4, padding: int = 2
) -> Callable[[Context], "Padding"]:
    """Each step fills a cell beyond the border; meanwhile the padding of the photographs grows.

    mode: zeros puts nothing around the grid; replicate repeats the border; reflect mirrors what lies inside of it;
        circular goes on at the other end.
    size: rows and columns of the grid, at least 4, at most 7.
    padding: cells around it at each side, at least 1, at most 3.
    """
    return lambda context: Padding(context.rows, mode, size, padding)


def source(i: int, n: int, mode: str) -> int | None:
    """Returns which of the cells 0 .. n - 1 is seen at place i, which may lie beyond them; None where nothing is: 0.

    replicate: the border's; reflect: as in a mirror that stands on the border's cell; circular: from the other end.
    """
    if 0 <= i < n:
        return i
    if mode == "replicate":
        return min(max(i, 0), n - 1)
    if mode == "reflect":
        m = i % (2 * n - 2) if n > 1 else 0
        return min(m, 2 * n - 2 - m)
    return i % n if mode == "circular" else None


def pad(x: Tensor, p: int, mode: str) -> Tensor:
    """x (..., H, W) -> (..., H + 2 p, W + 2 p), p cells of padding at each side."""
    for dim in (-2, -1):
        n = x.shape[dim]
        places = [source(i, n, mode) for i in range(-p, n + p)]
        nothing = torch.tensor([place is None for place in places], device=x.device)
        x = x.index_select(dim, torch.tensor([place or 0 for place in places], device=x.device))
        x = x.masked_fill(nothing[:, None] if dim == -2 else nothing, 0)
    return x


class Padding:
    """A walkthrough. What really surrounds a photograph is known: its middle is padded, its own margin kept."""

    def __init__(self, rows: Rows, mode: str, size: int, padding: int):
        self.mode, self.padding = mode, padding
        self.x = torch.arange(1, size * size + 1).double().view(size, size)
        self.photographs = rows.pictures().train.inputs[:2].double().cpu()  # (N, C, S, S)
        if self.photographs.shape[-1] < 8 * SHARE:
            side = self.photographs.shape[-1]
            what = f"Padding is shown on pictures of at least {8 * SHARE} pixels a side, not of {side}."
            raise DltuiError(what, "Take: data.kind=photographs.", ExitStatus.DATA)
        self.margin = self.photographs.shape[-1] // SHARE
        self.middle = self.photographs[..., self.margin : -self.margin, self.margin : -self.margin]
        padded = pad(self.middle, REACH, mode)
        self.blurred = blur(padded)  # (N, C, M, M)
        self.measured = {"seam": seam(padded), "rim_error": self._rim_error()}

    @property
    def length(self) -> int:
        return len(self._around)

    @property
    def _around(self) -> list[tuple[int, int]]:
        """The cells beyond the border, in their order."""
        p, n = self.padding, len(self.x)
        inside, wide = range(p, p + n), range(n + 2 * p)
        return [(row, column) for row in wide for column in wide if row not in inside or column not in inside]

    def at(self, step: int) -> Moment:
        """With `step` cells filled."""
        want = torchs(self.x, self.padding, self.mode)
        error = (pad(self.x, self.padding, self.mode) - want).abs().max().item()
        pictures = [Picture("grid", self._grid(step))]
        if (wide := self._wide(step)) != self._wide(step - 1):
            pictures.append(Picture("photograph", self._photograph(wide)))
        return Moment({"missing": self.length - step, "error": error, **self.measured}, pictures)

    def _rim_error(self) -> float:
        cut = self.margin - REACH
        real = blur(self.photographs[..., cut:-cut, cut:-cut])
        rim = torch.ones(real.shape[-2:], dtype=torch.bool)
        rim[1:-1, 1:-1] = False
        return (self.blurred - real)[..., rim].abs().mean().item()

    def _wide(self, filled: int) -> int:
        """Pixels of padding around the photographs when so many cells of the grid's are filled; -1 before the first."""
        return round(filled / self.length * self.margin) if filled >= 0 else -1

    def _grid(self, filled: int) -> Grids:
        """The grid within its padding, the cells to come empty; the newest, and the one that it was taken from."""
        p, around, lit = self.padding, self._around, None
        caption = f"a grid of {len(self.x)} x {len(self.x)}; what stands around it?"
        if filled:
            cell = around[filled - 1]
            row, column = (source(i - p, len(self.x), self.mode) for i in cell)
            place = f"({cell[0] - p}, {cell[1] - p})"  # short: a pane may have 24 cells
            caption = f"{place}: nothing there, 0"
            if row is not None and column is not None:
                lit = [(row + p, column + p)]
                caption = f"{place} copies ({row}, {column}): {self.x[row, column].item():g}"
        grid = filling(pad(self.x, p, self.mode), filled, title=None, order=around)
        return Grids(grids=[replace(grid, edge=p, lit=lit)], title=f"{self.mode}, padding {p}", caption=caption)

    def _photograph(self, wide: int) -> dict:
        """The first photograph's middle as padded so far, then blurred; and what really lay around it."""
        S = self.photographs.shape[-1]
        cells = torch.zeros(3, self.photographs.shape[1], S, S, dtype=torch.float64)
        cut = self.margin - wide
        cells[0, :, cut : S - cut, cut : S - cut] = pad(self.middle[0], wide, self.mode)
        cells[1] = interpolate(self.blurred[:1], (S, S), mode="bilinear")[0]
        cells[2] = self.photographs[0]
        captions = ["padded", "then blurred", "what was there"]
        return montage(cells, columns=3, captions=captions)


def torchs(x: Tensor, p: int, mode: str) -> Tensor:
    """x (H, W) padded by torch."""
    named = {"zeros": "constant"}.get(mode, mode)
    return torch_pad(x[None, None], (p, p, p, p), mode=named)[0, 0]


def blur(x: Tensor) -> Tensor:
    """(N, C, S + 2 REACH, S + 2 REACH) -> the mean of each pixel's surroundings (N, C, S, S)."""
    return avg_pool2d(x, 2 * REACH + 1, 1)


def seam(x: Tensor) -> float:
    """Mean distance between the outermost pixels of pictures padded by REACH and the padding beside them."""
    x = x[..., REACH - 1 : x.shape[-2] - REACH + 1, REACH - 1 : x.shape[-1] - REACH + 1]
    steps = [x[..., k, 1:-1] - x[..., inner, 1:-1] for k, inner in ((0, 1), (-1, -2))]
    steps += [x[..., 1:-1, k] - x[..., 1:-1, inner] for k, inner in ((0, 1), (-1, -2))]
    return torch.stack(steps).abs().mean().item()
