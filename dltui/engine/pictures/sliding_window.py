"""A window slides over grids of numbers, and the grid of its results fills: parts of the payload `grids`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from dltui.runs.payloads import Grid

Cell = tuple[int, int]  # row, column


def window(row: int, column: int, shape: Cell, stride: int = 1, dilation: int = 1) -> list[Cell]:
    """Returns the cells of the padded input that the output at (row, column) sees, row after row.

    shape: rows and columns of the window.
    """
    rows, columns = shape
    return [(row * stride + y * dilation, column * stride + x * dilation) for y in range(rows) for x in range(columns)]


def cells_of(values: Tensor) -> list[Cell]:
    """Returns all cells of values (H, W), row after row."""
    return window(0, 0, (values.shape[0], values.shape[1]))


def filled(values: Tensor, count: int, order: Sequence[Cell] = ()) -> Tensor:
    """Returns a copy of values (H, W), NaN in the cells that are still to come.

    order: in which cells come, all row after row where it is empty; `count` of them are there, and all others.
    """
    shown = values.clone()
    for cell in (order or cells_of(values))[count:]:
        shown[cell] = torch.nan
    return shown


def filling(values: Tensor, count: int, *, title: str | None = "output", order: Sequence[Cell] = ()) -> Grid:
    """Returns the grid of `filled` values, as wide as their longest number; the newest cell is told apart."""
    newest = [(order or cells_of(values))[count - 1]] if count else None
    return Grid(values=filled(values, count, order).numpy(), title=title, now=newest, digits=digits(values))


def digits(values: Tensor) -> int:
    """Returns how many characters the longest of the numbers has."""
    return max((len(f"{value:g}") for value in values.flatten().tolist()), default=1)


def sum_of_products(pairs: Iterable[tuple[float, float]]) -> str:
    """Returns "2*3 + 5*1 = 11"."""
    pairs = list(pairs)
    return f"{' + '.join(f'{a:g}*{b:g}' for a, b in pairs) or '0'} = {sum(a * b for a, b in pairs):g}"


class SlidingKernel:
    """A kernel (C, K, L) is laid on window after window of x (C, H, W); each gives a value of the output (H', W').

    The first value takes a step for each of its products, every other value one step. by_product: False where the
    first value takes one step too. edge: cells of padding around x.
    """

    def __init__(
        self, x: Tensor, kernel: Tensor, output: Tensor, *, stride: int = 1, dilation: int = 1, edge: int = 0,
        by_product: bool = True,
    ):  # fmt: skip
        self.x, self.kernel, self.output = x, kernel, output
        self.stride, self.dilation, self.edge = stride, dilation, edge
        self.first = kernel.numel() if by_product else 1  # steps that the first value takes

    @property
    def length(self) -> int:
        """Steps until the output is full."""
        return self.output.numel() + self.first - 1 if self.output.numel() else 0

    def value(self, step: int) -> float:
        """The value of the output that is worked out at `step`, from 1."""
        return self.output.flatten()[max(0, step - self.first)].item()

    def products(self, step: int) -> list[tuple[float, float]]:
        """The products (number, weight) of this value so far, channel after channel."""
        cells, terms = self._window(step), self._terms(step)
        numbers = [plane[cell].item() for plane in self.x for cell in cells]
        return list(zip(numbers, self.kernel.flatten().tolist(), strict=True))[:terms]

    def grids(self, step: int, titles: Sequence[str] = ("input", "kernel", "output")) -> list[Grid]:
        """The channels of x, those of the kernel, and the output after `step` steps.

        Lit are the window and the weights, in the channels that are summed so far; told apart the newest product.
        """
        terms, window_of_x = self._terms(step), self._window(step)
        grids = []
        for planes, cells in ((self.x, window_of_x), (self.kernel, cells_of(self.kernel[0]))):
            for number, plane in enumerate(planes):
                seen = terms - number * len(cells)  # products of this channel; more than it has: of later ones too
                newest = 0 < seen <= len(cells) and terms < self.kernel.numel()
                grid = Grid(
                    values=plane.numpy(),
                    title=titles[len(grids)],
                    lit=cells if seen > 0 else None,
                    now=[cells[seen - 1]] if newest else None,
                    edge=self.edge if planes is self.x else None,
                )
                grids.append(grid)
        return [*grids, self._filling(step, titles[-1])]

    def _filling(self, step: int, title: str) -> Grid:
        """The output; its newest value is told apart from the first product on, and there after the last one."""
        known = step - self.first + 1
        grid = filling(self.output, max(0, known), title=title)
        return replace(grid, now=[(0, 0)]) if step and known <= 0 else grid

    def _terms(self, step: int) -> int:
        """How many products of the newest value are made."""
        return self.kernel.numel() if step >= self.first else step

    def _window(self, step: int) -> list[Cell]:
        row, column = divmod(max(0, step - self.first), max(1, self.output.shape[1]))
        return window(row, column, (self.kernel.shape[1], self.kernel.shape[2]), self.stride, self.dilation)


def steps_in_turn(several: Sequence[SlidingKernel]) -> int:
    """Returns the steps until the outputs of all are full, one after the other; between two a step for the next one to
    be laid on its first corner."""
    return sum(one.length + 1 for one in several) - 1


def in_turn(several: Sequence[SlidingKernel], step: int) -> tuple[SlidingKernel, int]:
    """Returns which of several is at work at `step`, and how many of its own steps are done; in the end the last."""
    for one in several:
        if step <= one.length:
            return one, step
        step -= one.length + 1
    return several[-1], several[-1].length
