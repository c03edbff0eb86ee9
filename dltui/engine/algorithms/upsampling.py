"""Ways to enlarge a grid of numbers, each by its definition; shown cell by cell, and where each value comes from.

Max-unpooling: Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks".
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import conv_transpose2d, interpolate, max_pool2d, max_unpool2d

from dltui.engine.algorithms.convolution import convolve, spread
from dltui.engine.algorithms.pooling import max_gradient
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.sliding_window import Cell, SlidingKernel, cells_of, filled, filling, sum_of_products
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Grid, Grids

NEEDS_DATA = False
METRICS = {
    "wrong": Metric(
        "cells that differ from the worked example, or from torch's for other values", counter=True, unit="cells"
    ),
    "error": Metric("greatest distance of the enlarged grid from torch's", better="lower", check=True),
    "disc_error": Metric("root mean square error of a small disc, enlarged", better="lower"),
    "unevenness": Metric("standard deviation over mean of a constant grid, enlarged", better="lower"),
    "at_maxima": Metric(
        "share of an enlarged grid of ones that stands where max pooling found its values",
        better="higher",
        range=(0, 1),
    ),
}
POOLED = ((1, 2, 6, 3), (3, 5, 2, 1), (1, 2, 2, 1), (7, 3, 4, 8))  # whose greatest values' places max-unpooling recalls
KERNEL = ((3, 1, 2), (2, 0, 0), (5, 4, 7))
# method -> the values of the worked example, and what becomes of them
EXAMPLES = {
    "nearest": ((10, 20, 30, 40), ((10, 10, 20, 20), (10, 10, 20, 20), (30, 30, 40, 40), (30, 30, 40, 40))),
    "nails": ((10, 20, 30, 40), ((10, 0, 20, 0), (0, 0, 0, 0), (30, 0, 40, 0), (0, 0, 0, 0))),
    "bilinear": ((10, 20, 30, 40), ((10, 12, 17, 20), (15, 17, 22, 25), (25, 27, 32, 35), (30, 32, 37, 40))),
    "unpool": ((1, 2, 3, 4), ((0, 0, 2, 0), (0, 1, 0, 0), (0, 0, 0, 0), (3, 0, 0, 4))),
    "transposed": ((2, 5, 4, 13), ((0, 4, 0), (18, 127, 57), (0, 8, 0))),
}
SMALL = 8  # rows and columns of the picture that is enlarged too


def nearest(x: Tensor, s: int = 2) -> Tensor:
    """x (H, W) -> (s H, s W): every value is repeated."""
    return x.repeat_interleave(s, 0).repeat_interleave(s, 1)


def bed_of_nails(x: Tensor, s: int = 2) -> Tensor:
    """x (H, W) -> (s H, s W): every value in the upper left corner of its block, zeros beside it."""
    out = x.new_zeros(s * x.shape[0], s * x.shape[1])
    out[::s, ::s] = x
    return out


def between(n: int, s: int = 2) -> Tensor:
    """Returns the shares (s n, n) of n values in s n new ones, by their distance; corners are not aligned.

    The middle of new cell k lies at (k + 1/2) / s - 1/2 among the old ones; beyond the first and last nothing changes.
    """
    at = ((torch.arange(s * n, dtype=torch.float64) + 0.5) / s - 0.5).clamp(0, n - 1)
    return (1 - (at[:, None] - torch.arange(n)).abs()).clamp(min=0)


def bilinear(x: Tensor, s: int = 2) -> Tensor:
    """x (H, W) -> (s H, s W): a mean of the four values around, the nearer the more."""
    return between(x.shape[0], s).to(x) @ x @ between(x.shape[1], s).to(x).T


def max_unpool(x: Tensor, pooled: Tensor, s: int = 2) -> Tensor:
    """x (H, W), pooled (s H, s W) -> (s H, s W): every value where the greatest one of its block of `pooled` was.

    It is the way that max pooling's gradient takes.
    """
    return max_gradient(x, pooled, s)


def transposed(x: Tensor, kernel: Tensor, s: int = 2, border: int = 1) -> Tensor:
    """x (H, W), kernel (k, k) -> (s (H - 1) + 2 + 2 border - k, ...): the kernel slides over x, spread with zeros.

    Whether the kernel is turned around is a convention: torch's conv_transpose2d turns it, the notes do not.
    """
    return convolve(spread(x, s, border), kernel)


def build(
    *,
    method: Literal["nearest", "nails", "bilinear", "unpool", "transposed"] = "nearest",
    values: list[float] = (),
) -> Callable[[Context], "Upsampling"]:
    """Each step computes a cell of the enlarged grid.

    method: nearest repeats a value; nails puts it into a corner among zeros; bilinear takes means between; unpool puts
        it back where max pooling had found the greatest; transposed slides a kernel over values spread with zeros.
    values: four numbers, a grid of 2 by 2; none for those of the worked example.
    """
    if len(values) not in (0, 4):
        what = f"algorithm.values has {len(values)} numbers; a grid of 2 by 2 has 4."
        raise DltuiError(what, "Example: algorithm.values=[1,2,3,4]", ExitStatus.USAGE)
    return lambda context: Upsampling(method, list(values))


class Upsampling:
    """A walkthrough."""

    def __init__(self, method: str, values: list[float]):
        given, worked = EXAMPLES[method]
        self.method = method
        self.pooled, self.kernel = torch.tensor(POOLED).double(), torch.tensor(KERNEL).double()
        self.x = torch.tensor(values or given, dtype=torch.float64).view(2, 2)
        self.out, self.want = enlarged(method, self.x, self.pooled), torchs(method, self.x, self.pooled)
        self.worked = torch.tensor(worked).double() if values in ([], list(given)) else self.want.floor()
        self.length = self.out.numel()
        self.measured = measured(method, self.pooled)

    def at(self, step: int) -> Moment:
        wrong = (filled(self.out, step).floor() != self.worked).sum().item()
        newest = cells_of(self.out)[step - 1] if step else None
        grids, signs, caption = getattr(self, f"_{self.method}")(newest)
        grids = Grids(grids=[*grids, filling(self.out, step)], signs=signs, caption=caption)
        pictures = [Picture("grid", grids)]
        if step == 0:
            pictures.append(Picture("on a disc", disc(self.method)))
        metrics = {"wrong": wrong, "error": (self.out - self.want).abs().max().item()}
        return Moment(metrics | (self.measured if step == self.length else {}), pictures)

    def _input(self, *lit: Cell) -> Grid:
        return Grid(title="input", values=self.x.numpy(), lit=list(lit) or None)

    def _nearest(self, at: Cell | None) -> tuple[list[Grid], list[str], str]:
        if not at:
            return [self._input()], ["->"], "every value will be repeated"
        cell = at[0] // 2, at[1] // 2
        return [self._input(cell)], ["->"], f"the nearest value is {self.x[cell].item():g}"

    def _nails(self, at: Cell | None) -> tuple[list[Grid], list[str], str]:
        if not at:
            return [self._input()], ["->"], "every value will be put into the corner of its block"
        if at[0] % 2 or at[1] % 2:
            return [self._input()], ["->"], "not the corner of its block: 0"
        cell = at[0] // 2, at[1] // 2
        return [self._input(cell)], ["->"], f"the corner of its block: {self.x[cell].item():g}"

    def _bilinear(self, at: Cell | None) -> tuple[list[Grid], list[str], str]:
        if not at:
            return [self._input()], ["->"], "every cell will be a mean of the values around, the nearer the more"
        shares = between(2)[at[0]][:, None] * between(2)[at[1]]  # (2, 2)
        lit = [(row, column) for row, column in cells_of(shares) if shares[row, column]]
        terms = " + ".join(f"{shares[cell].item() * 16:g}/16*{self.x[cell].item():g}" for cell in lit)
        return [self._input(*lit)], ["->"], f"{terms} = {self.out[at].item():g}"

    def _unpool(self, at: Cell | None) -> tuple[list[Grid], list[str], str]:
        greatest = max_unpool(torch.ones(2, 2), self.pooled) > 0  # (4, 4)
        lit = [cell for cell in cells_of(greatest) if greatest[cell]]
        before, signs = Grid(title="pooled before", values=self.pooled.numpy(), lit=lit), ["", "->"]
        if not at:
            return [before, self._input()], signs, "the places of the greatest values are remembered"
        if at not in lit:
            return [before, self._input()], signs, "no greatest value was here: 0"
        cell = at[0] // 2, at[1] // 2
        caption = f"the greatest, {self.pooled[at].item():g}, was here: {self.x[cell].item():g}"
        return [replace(before, now=[at]), self._input(cell)], signs, caption

    def _transposed(self, at: Cell | None) -> tuple[list[Grid], list[str], str]:
        sliding = SlidingKernel(spread(self.x, 2, 1)[None], self.kernel[None], self.out, by_product=False)
        step = cells_of(self.out).index(at) + 1 if at else 0
        grids, signs = sliding.grids(step, ("spread input", "kernel", "output"))[:2], ["*", "="]
        if not at:
            return grids, signs, "zeros are put between and around; then it is a convolution"
        products = sliding.products(step)
        used = [cell for cell, pair in zip(cells_of(self.kernel), products, strict=True) if all(pair)]
        return [grids[0], replace(grids[1], lit=used)], signs, sum_of_products(filter(all, products))


def discs() -> tuple[Tensor, Tensor]:
    """Returns a disc (2 SMALL, 2 SMALL) and the means of its blocks (SMALL, SMALL)."""
    axis = torch.linspace(-1, 1, 2 * SMALL).double()
    large = (1.3 - 1.5 * torch.hypot(axis[:, None], axis)).clamp(0, 1)
    return large, large.view(SMALL, 2, SMALL, 2).mean((1, 3))


def measured(method: str, pooled: Tensor) -> dict[str, float]:
    """What a method makes of a disc, of a constant grid, and of ones where the blocks of `pooled` (2 H, 2 W) were.

    The transposed convolution makes a grid of another size, with which neither the disc nor `pooled` can be compared.
    """
    large, small = discs()
    constant = enlarged(method, torch.ones_like(small), large)
    found = {"unevenness": (constant.std(correction=0) / constant.mean()).item()}
    if method == "transposed":
        return found
    ones = torch.ones_like(pooled[::2, ::2])
    out, maxima = enlarged(method, ones, pooled), max_unpool(ones, pooled) > 0
    error = (enlarged(method, small, large) - large).square().mean().sqrt()
    return found | {"disc_error": error.item(), "at_maxima": (out[maxima].sum() / out.sum()).item()}


def disc(method: str) -> dict:
    """Returns the payload `image` of what a method makes of a small picture."""
    large, small = discs()
    drawn = enlarged(method, small, large)
    size = len(drawn)
    framed = torch.zeros(2, 1, size, size, dtype=torch.float64)
    framed[0, 0, :SMALL, :SMALL] = small
    framed[1, 0] = drawn / max(1.0, drawn.max().item())
    return montage(framed, columns=2, title=f"{SMALL} x {SMALL} enlarged to {size} x {size}")


def enlarged(method: str, x: Tensor, pooled: Tensor) -> Tensor:
    """x (H, W) -> the enlarged grid. pooled (2 H, 2 W): where its greatest values stand, max-unpooling puts x."""
    if method == "unpool":
        return max_unpool(x, pooled)
    if method == "transposed":
        return transposed(x, torch.tensor(KERNEL).to(x))
    return {"nearest": nearest, "nails": bed_of_nails, "bilinear": bilinear}[method](x)


def torchs(method: str, x: Tensor, pooled: Tensor) -> Tensor:
    """x (H, W) -> what torch's own functions make of it; pooled as in `enlarged`."""
    whole = x[None, None]
    if method == "unpool":
        _, places = max_pool2d(pooled[None, None], 2, return_indices=True)
        return max_unpool2d(whole, places, 2)[0, 0]
    if method == "transposed":
        turned = torch.tensor(KERNEL).to(x).flip(0, 1)[None, None]
        return conv_transpose2d(whole, turned, stride=2, padding=1)[0, 0]
    if method == "nails":
        corner = torch.zeros(1, 1, 2, 2).to(x)
        corner[0, 0, 0, 0] = 1
        return conv_transpose2d(whole, corner, stride=2)[0, 0]
    aligned = {} if method == "nearest" else {"align_corners": False}
    return interpolate(whole, scale_factor=2, mode=method, **aligned)[0, 0]
