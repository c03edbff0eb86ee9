"""Padding shown: what a convolution finds beyond the border, cell by cell, and what it makes of a photograph."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate
from torch.nn.functional import pad as torch_pad

from dltui.engine.algorithms.padding import pad, source
from dltui.engine.dataset import Dataset, as_floats
from dltui.engine.pictures.montage import montage
from dltui.engine.place import Place
from dltui.engine.task import Picture
from dltui.errors import DltuiError, ExitStatus

MODELS = ()
LIVE = ("padding",)
METRICS = {
    "missing": "cells around the grid that are not filled yet",
    "error": "greatest distance of the padded grid from torch's",
    "seam": "mean step of brightness across the border of the photographs, from inside to outside",
    "rim_error": "mean distance of the blurred photographs' outermost pixels from what the real surroundings give",
}
SHARE = 6  # of a photograph's size is taken for its surroundings, at each side
REACH = 4  # pixels that the blur sees to each side


def build(
    *, mode: Literal["zeros", "replicate", "reflect", "circular"] = "zeros", size: int = 4, padding: int = 2
) -> Callable:
    """Returns (data, nets, device) -> Padding.

    mode: zeros puts nothing around the grid; replicate repeats the border; reflect mirrors what lies inside of it;
        circular goes on at the other end.
    size: rows and columns of the grid, at least 4, at most 7.
    padding: cells around it at each side, at least 1, at most 3.
    """
    return partial(Padding, mode=mode, size=size, padding=padding)


class Padding:
    """A step is a cell beyond the border; meanwhile the padding of the photographs grows.

    What really surrounds a photograph is known: its middle is padded, and its own margin kept for comparison.
    """

    def __init__(
        self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, mode: str, size: int, padding: int
    ):
        if data.train.inputs.dim() != 4 or data.train.inputs.shape[-1] < 8 * SHARE:
            raise DltuiError(
                f"Padding is shown on pictures of at least {8 * SHARE} pixels a side; these data have none.",
                "Take: data.kind=photographs.",
                ExitStatus.DATA,
            )
        self.mode, self.padding = mode, padding
        self.x = torch.arange(1, size * size + 1).double().view(size, size)
        self.photographs = as_floats(data.train.inputs[:2]).double()  # (N, C, S, S)
        self.margin = self.photographs.shape[-1] // SHARE
        self.middle = self.photographs[..., self.margin : -self.margin, self.margin : -self.margin]
        padded = pad(self.middle, REACH, mode)
        self.blurred = _blur(padded)  # (N, C, M, M)
        self.measured = {"seam": _seam(padded), "rim_error": self._rim_error()}
        self.place = nets["place"] = Place(filled=0, padding=padding)

    def advance(self, step: int) -> dict[str, float]:
        if self.place["padding"] != self.padding:  # the knob was turned: begin anew
            self.place["padding"], self.place["filled"] = self.padding, 0
        self.place["filled"] = min(self.place["filled"] + 1, len(self._around))
        return {}

    @property
    def _around(self) -> list[tuple[int, int]]:
        """The cells beyond the border, in their order."""
        p, n = self.padding, len(self.x)
        inside = range(p, p + n)
        wide = range(n + 2 * p)
        return [(row, column) for row in wide for column in wide if row not in inside or column not in inside]

    def evaluate(self) -> dict[str, float]:
        want = torchs(self.x, self.padding, self.mode)
        return {
            "missing": float(len(self._around) - self.place["filled"]),
            "error": (pad(self.x, self.padding, self.mode) - want).abs().max().item(),
            **self.measured,
        }

    def _rim_error(self) -> float:
        cut = self.margin - REACH
        real = _blur(self.photographs[..., cut:-cut, cut:-cut])
        rim = torch.ones(real.shape[-2:], dtype=torch.bool)
        rim[1:-1, 1:-1] = False
        return (self.blurred - real)[..., rim].abs().mean().item()

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        yield Picture("grid", self._grid())
        wide, before = self._wide(self.place["filled"]), self._wide(self.place["filled"] - 1)
        if wide != before:
            yield Picture("photograph", self._photograph(wide))

    def _wide(self, filled: int) -> int:
        """Pixels of padding around the photographs when so many cells of the grid's are filled; -1 before the first."""
        return round(filled / len(self._around) * self.margin) if filled >= 0 else -1

    def _grid(self) -> dict:
        """The grid within its padding, the cells to come empty; the newest, and the one that it was taken from."""
        p, around, filled = self.padding, self._around, self.place["filled"]
        shown = pad(self.x, p, self.mode)
        for cell in around[filled:]:
            shown[cell] = torch.nan
        grid = {"values": shown.numpy(), "edge": p, "digits": len(str(self.x.numel()))}
        caption = f"a grid of {len(self.x)} x {len(self.x)}; what stands around it?"
        if filled:
            cell = around[filled - 1]
            row, column = (source(i - p, len(self.x), self.mode) for i in cell)
            grid["now"] = [cell]
            place = f"({cell[0] - p}, {cell[1] - p})"  # short: a pane may have 24 cells
            caption = f"{place}: nothing there, 0"
            if row is not None and column is not None:
                grid["lit"] = [(row + p, column + p)]
                caption = f"{place} copies ({row}, {column}): {self.x[row, column].item():g}"
        return {"type": "grids", "grids": [grid], "title": f"{self.mode}, padding {p}", "caption": caption}

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


def _blur(x: Tensor) -> Tensor:
    """(N, C, S + 2 REACH, S + 2 REACH) -> the mean of each pixel's surroundings (N, C, S, S)."""
    return avg_pool2d(x, 2 * REACH + 1, 1)


def _seam(x: Tensor) -> float:
    """Mean distance between the outermost pixels of pictures padded by REACH and the padding beside them."""
    x = x[..., REACH - 1 : x.shape[-2] - REACH + 1, REACH - 1 : x.shape[-1] - REACH + 1]
    steps = [x[..., k, 1:-1] - x[..., inner, 1:-1] for k, inner in ((0, 1), (-1, -2))]
    steps += [x[..., 1:-1, k] - x[..., 1:-1, inner] for k, inner in ((0, 1), (-1, -2))]
    return torch.stack(steps).abs().mean().item()
