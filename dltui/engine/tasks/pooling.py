"""Pooling shown: squares of numbers become one, the gradient finds its way back, and a picture slides beneath."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d, pad

from dltui.engine.algorithms.pooling import (
    average_gradient,
    average_pool,
    change,
    max_gradient,
    max_pool,
)
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
LIVE = ("window",)
METRICS = {
    "wrong": Metric("cells of the worked example, pooled and of the gradient, that are not yet as they should be"),
    "changed": Metric("share of the pooled map that changed when the pictures last moved by a pixel"),
    "moved": Metric("the same, the mean of all moves so far"),
    "circle": Metric("the same as moved, of a circle alone"),
    "unpooled": Metric("the same as moved, of the pictures themselves"),
    "error": Metric(
        "greatest distance of a pooled picture, or of the example's gradient, from torch's", better="lower"
    ),
}
X = ((1, 2, 6, 3), (3, 5, 2, 1), (1, 2, 2, 1), (7, 3, 4, 8))  # the worked example, pooled by 2
SLOPES = ((4, 8), (12, 16))  # which come back to it
WORKED = {"max": ((5, 6), (7, 8)), "average": ((2.75, 3), (3.25, 3.75))}
POOL = {"max": max_pool, "average": average_pool}
GRADIENT = {"max": max_gradient, "average": average_gradient}
TORCHS = {"max": max_pool2d, "average": avg_pool2d}
SQUARES = 4  # of the example
SIDE = 4  # pixels: pictures slide around a square of this side
AROUND = tuple([(0, 1)] * SIDE + [(1, 0)] * SIDE + [(0, -1)] * SIDE + [(-1, 0)] * SIDE)  # (down, right)
PICTURES = 100  # on which a change is measured
RING = 1.3  # thickness of the circle in pixels


def build(*, method: Literal["max", "average"] = "max", window: int = 2) -> Callable:
    """Returns (data, nets, device) -> Pooling.

    method: max keeps the greatest number of each square, average the mean.
    window: rows and columns of the squares of the sliding pictures, at least 1, at most 8.
    """
    return partial(Pooling, method=method, window=window)


class Pooling:
    """A step is a square of the example forward, then one backward, then a pixel that the pictures move."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, method: str, window: int):
        if data.test.inputs.dim() != 4 or min(data.test.inputs.shape[2:]) < 8:
            raise DltuiError(
                "Pooling slides over pictures of at least 8 by 8 pixels; these data are others.",
                "Take: data.kind=mnist or data.kind=photographs.",
                ExitStatus.USAGE,
            )
        self.method, self.window = method, window
        rows = torch.randperm(len(data.test.inputs))[:PICTURES]
        pictures = as_floats(data.test.inputs[rows]).mean(1).double()  # (N, H, W), grey
        self.slid = around(torch.cat([circle(*pictures.shape[1:])[None], pictures]))  # (17, 1 + N, H', W')
        self.x, self.slopes = torch.tensor(X).double(), torch.tensor(SLOPES).double()
        self.known: dict[int, Tensor] = {}  # changes by window
        self.place = nets["place"] = Counters(step=0)

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        return {}

    @property
    def _moves(self) -> int:
        return min(max(0, self.place["step"] - 2 * SQUARES), len(AROUND))

    def evaluate(self) -> dict[str, float]:
        pooled, gradient = self._example()
        error = max((self._maps(0) - self._torchs()).abs().max().item(), self._gradient_error())
        values = {"wrong": self._wrong(pooled, gradient), "error": error}
        if self._moves:
            changes = self._changes(self.window)[: self._moves]
            values |= {
                "changed": changes[-1, 1:].mean().item(),
                "moved": changes[:, 1:].mean().item(),
                "circle": changes[:, 0].mean().item(),
                "unpooled": self._changes(1)[: self._moves, 1:].mean().item(),
            }
        return values

    def _changes(self, window: int) -> Tensor:
        """What each move changes of circle and pictures, pooled by `window`, (16, 1 + N); 1 leaves them as they are."""
        if window not in self.known:
            maps = [POOL[self.method](slid, window) for slid in self.slid]
            self.known[window] = torch.stack([change(*pair) for pair in pairwise(maps)])
        return self.known[window]

    def _maps(self, move: int) -> Tensor:
        """Circle and pictures after so many moves, pooled: (1 + N, h, w)."""
        return POOL[self.method](self.slid[move], self.window)

    def _torchs(self) -> Tensor:
        return TORCHS[self.method](self.slid[0][:, None], self.window)[:, 0]

    def _gradient_error(self) -> float:
        with torch.enable_grad():
            x = self.x.clone().requires_grad_()
            (want,) = torch.autograd.grad(TORCHS[self.method](x[None], 2)[0], x, self.slopes)
        return (GRADIENT[self.method](self.slopes, self.x, 2) - want).abs().max().item()

    def _example(self) -> tuple[Tensor, Tensor]:
        """The example pooled (2, 2) and its gradient (4, 4), NaN where they are still to come."""
        step = self.place["step"]
        pooled = POOL[self.method](self.x, 2)
        gradient = GRADIENT[self.method](self.slopes, self.x, 2)
        for number in range(SQUARES):
            row, column = divmod(number, 2)
            if number >= step:
                pooled[row, column] = torch.nan
            if number >= step - SQUARES:
                gradient[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = torch.nan
        return pooled, gradient

    def _wrong(self, pooled: Tensor, gradient: Tensor) -> int:
        """Against the numbers of the example; a gradient is right where the slopes of each square add up."""
        sums = gradient.view(2, 2, 2, 2).sum((1, 3))
        return int((pooled != torch.tensor(WORKED[self.method])).sum() + (sums != self.slopes).sum())

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        step = self.place["step"]
        if step <= 2 * SQUARES:
            yield Picture("numbers", self._numbers(step))
        if step == 0 or 2 * SQUARES < step <= 2 * SQUARES + len(AROUND):
            yield Picture("sliding", self._sliding())

    def _numbers(self, step: int) -> dict:
        """The example: forward in the upper grids, backward in the lower ones."""
        pooled, gradient = self._example()
        grids = [
            {"title": "input", "values": self.x.numpy()},
            {"title": self.method, "values": pooled.numpy(), "digits": 4},
        ]
        signs, caption = ["->"], "each square of four numbers will become one"
        if 0 < step <= SQUARES:
            at, lit, winner = self._at(step - 1)
            numbers = [f"{self.x[cell].item():g}" for cell in lit]
            worked = f"max({', '.join(numbers)})" if self.method == "max" else f"({' + '.join(numbers)}) / 4"
            grids[0] |= {"lit": lit, "now": winner}
            grids[1]["now"] = [at]
            caption = f"{worked} = {pooled[at].item():g}"
        elif step > SQUARES:
            at, lit, winner = self._at(step - SQUARES - 1)
            grids[0] |= {"lit": lit, "now": winner}
            grids += [
                {"title": "its slope", "values": self.slopes.numpy(), "now": [at]},
                {"title": "the input's", "values": gradient.numpy(), "digits": 2, "lit": lit, "now": winner or lit},
            ]
            signs, slope = ["->", "|", "->"], f"{self.slopes[at].item():g}"
            all_to_one = (
                f"all of the slope {slope} goes to the greatest, {self.x[winner[0]].item():g}" if winner else ""
            )
            caption = (
                all_to_one or f"the slope {slope} is shared: {slope} / 4 = {self.slopes[at].item() / 4:g} for each"
            )
        return {"type": "grids", "grids": grids, "signs": signs, "caption": caption}

    def _at(self, number: int) -> tuple[tuple[int, int], list[tuple[int, int]], list[tuple[int, int]]]:
        """The place of a square, its cells, and, for max, the cell that wins."""
        row, column = divmod(number, 2)
        lit = [(2 * row + y, 2 * column + x) for y in range(2) for x in range(2)]
        return (row, column), lit, [max(lit, key=lambda cell: self.x[cell].item())] if self.method == "max" else []

    def _sliding(self) -> dict:
        """Circle and first picture as they lie, pooled, and what of that changed with the last pixel."""
        maps, before = self._maps(self._moves)[:2], self._maps(max(0, self._moves - 1))[:2]
        top = torch.maximum(maps, before).amax((1, 2), keepdim=True).clamp(min=1e-12)
        cells = []
        for small in (maps / top, (maps - before).abs() / top):
            large = small.repeat_interleave(self.window, 1).repeat_interleave(self.window, 2)
            short = [side - have for side, have in zip(self.slid.shape[2:], large.shape[1:], strict=True)]
            cells.append(pad(large, (0, short[1], 0, short[0])))
        shares = [f"changed {share:.0%}" for share in change(before, maps).tolist()]
        rows = torch.stack([self.slid[self._moves, :2], *cells], 1)  # (2, 3, H', W')
        captions = ["circle", self.method, shares[0], "picture", self.method, shares[1]]
        return montage(
            rows.flatten(0, 1)[:, None], columns=3, captions=captions, title=f"moved by {self._moves} pixels", least=8
        )


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
