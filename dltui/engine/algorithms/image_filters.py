"""Filters made by hand: what a kernel answers to, on pictures and on a row of numbers."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from dltui.engine.algorithms.channels import grey
from dltui.engine.algorithms.convolution import convolve
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.sliding_window import SlidingKernel, in_turn, steps_in_turn, sum_of_products
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Grids

METRICS = {
    "edge": Metric("newest value of the edge filter (1, 0, -1) on the row"),
    "error": Metric("greatest distance of a filtered picture from torch's convolution", better="lower", check=True),
}
FILTERS = {
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "left diagonals": ((2, -1, -1), (-1, 2, -1), (-1, -1, 2)),
    "vertical lines": ((-1, 2, -1), (-1, 2, -1), (-1, 2, -1)),
    "all edges": ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
    "blur": ((1 / 9,) * 3,) * 3,
}
EDGE = ((1.0, 0.0, -1.0),)
STRIDES = (1, 2)  # of the edge filter, one after the other
PARTS = 4  # steps in which a picture is filtered
SHOWN = 2  # pictures
BRIGHT = 0.99  # share of the pixels that are not drawn as bright as can be
LONGEST = 12  # numbers of a row


def build(*, row: list[float] = (0, 0, 2, 2, 2, 7, 7, 7, 7, 3, 0, 0)) -> Callable[[Context], "Filters"]:
    """Each step computes a value of the edge filter and a quarter of a filtered picture; filter comes after filter.

    row: numbers over which the edge filter goes; where it is empty, the middle row of the first picture, in 0..16.
    """

    def begin(context: Context) -> Filters:
        train = context.rows.pictures().train
        return Filters(train.batch(torch.arange(min(SHOWN, len(train)))).cpu(), list(row))

    return begin


class Filters:
    """A walkthrough over pictures (N, C, H, W) in 0..1 and a row of numbers."""

    def __init__(self, pictures: Tensor, row: list[float]):
        self.photographs = pictures
        self.grey = grey(pictures)[:, 0].double()  # (N, H, W)
        self.row = torch.tensor(row or _middle_row(self.grey[0]), dtype=torch.float64)[None]  # (1, L)
        edge = torch.tensor(EDGE).double()
        self.sliding = [
            SlidingKernel(self.row[None], edge[None], convolve(self.row, edge, s=s), stride=s, by_product=False)
            for s in STRIDES
        ]
        self.error = max(map(self._error, FILTERS))

    @property
    def length(self) -> int:
        return max(PARTS * len(FILTERS), steps_in_turn(self.sliding))

    def at(self, step: int) -> Moment:
        """A filter at work, the edge filter on the row, and what all filters that are done have found."""
        metrics, pictures = {"error": self.error}, []
        number, part = divmod(max(0, step - 1), PARTS)
        if number < len(FILTERS):
            pictures.append(Picture("filter", self._at_work(list(FILTERS)[number], (part + 1) / PARTS if step else 0)))
        if step <= steps_in_turn(self.sliding):
            sliding, done = in_turn(self.sliding, step)
            pictures.append(Picture("edge filter", edge_grids(sliding, done)))
            if done:
                metrics["edge"] = sliding.value(done)
        ready, part = divmod(step, PARTS)
        if 0 < ready <= len(FILTERS) and part == 0:
            pictures.append(Picture("all filters", self._sheet(list(FILTERS)[:ready])))
        return Moment(metrics, pictures)

    def _error(self, name: str) -> float:
        kernel = kernel_of(name)
        want = conv2d(self.grey[:, None], kernel[None, None])[:, 0]
        return max((convolve(x, kernel) - y).abs().max().item() for x, y in zip(self.grey, want, strict=True))

    def _at_work(self, name: str, share: float) -> dict:
        """The first picture beside what the filter has made of its upper `share`."""
        answer = self._answers(name)[0]
        answer[:, round(share * answer.shape[1]) :] = 0
        cells = [cell.expand(3, -1, -1) for cell in (self.photographs[0], answer)]  # (3, H, W)
        rows = [" ".join(_written(weight) for weight in weights) for weights in FILTERS[name]]
        numbers = f"3 times {rows[0]}" if len(set(rows)) == 1 else "; ".join(rows)
        return montage(torch.stack(cells), columns=2, title=f"{name}: {numbers}")

    def _sheet(self, names: list[str]) -> dict:
        """Rows of pictures, a column a filter; those to come are black."""
        found = torch.zeros(len(self.grey), len(FILTERS), 1, *self.grey.shape[1:])
        for column, name in enumerate(names):
            found[:, column] = self._answers(name)
        captions = [name if name in names else "" for _ in self.grey for name in FILTERS]
        return montage(found.flatten(0, 1), columns=len(FILTERS), captions=captions, least=8)

    def _answers(self, name: str) -> Tensor:
        """(N, 1, H, W) in 0..1: how strongly the filter answers, whatever the sign; black where it has no place.

        Where equal neighbours are answered with 0 the strongest answer is white, else the answer is a grey itself.
        """
        kernel = kernel_of(name)
        found = torch.zeros(len(self.grey), 1, *self.grey.shape[1:])
        for x, answer in zip(self.grey, found, strict=True):
            strength = convolve(x, kernel).abs().float()
            white = 1.0 if kernel.sum() > 0.5 else strength.quantile(BRIGHT).clamp(min=1e-6)
            answer[0, 1:-1, 1:-1] = (strength / white).clamp(0, 1)
        return found


def kernel_of(name: str) -> Tensor:
    """Returns the weights of one of FILTERS, (3, 3) float64."""
    return torch.tensor(FILTERS[name], dtype=torch.float64)


def edge_grids(sliding: SlidingKernel, done: int) -> Grids:
    """Returns the row, the edge filter, and its first `done` values."""
    caption = "on equal neighbours 0, on a border the difference of its sides"
    if done:
        caption = sum_of_products((weight, number) for number, weight in sliding.products(done))
    grids = sliding.grids(done, ("row", "filter", "output"))
    return Grids(grids=grids, signs=["*", "="], title=f"edge filter, stride {sliding.stride}", caption=caption)


def _written(weight: float) -> str:
    """A weight as one would write it: the blur's are ninths."""
    return f"{weight:g}" if weight == int(weight) else f"{round(9 * weight)}/9"


def _middle_row(picture: Tensor) -> list[float]:
    """At most LONGEST numbers in 0..16 of a picture (H, W) in 0..1."""
    row = (picture[len(picture) // 2] * 16).round()
    start = max(0, (len(row) - LONGEST) // 2)
    return row[start : start + LONGEST].tolist()
