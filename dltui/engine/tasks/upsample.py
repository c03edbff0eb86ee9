"""Upsampling shown: a small grid is enlarged cell by cell, and where each cell's value comes from."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import conv_transpose2d, interpolate, max_unpool2d

from dltui.engine.algorithms.convolution import covered, spread
from dltui.engine.algorithms.upsampling import (
    bed_of_nails,
    between,
    bilinear,
    max_pool,
    max_unpool,
    nearest,
    transposed,
)
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
METRICS = {
    "wrong": Metric(
        "cells that are not yet as in the worked example, cut to whole numbers; of other values, as torch has"
    ),
    "error": Metric("greatest distance of the enlarged grid from torch's", better="lower"),
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


def build(
    *,
    method: Literal["nearest", "nails", "bilinear", "unpool", "transposed"] = "nearest",
    values: list[float] = (),
) -> Callable:
    """Returns (data, nets, device) -> Upsample.

    method: nearest repeats a value; nails puts it into a corner among zeros; bilinear takes means between; unpool puts
        it back where max pooling had found the greatest; transposed slides a kernel over values spread with zeros.
    values: four numbers, a grid of 2 by 2; none for those of the worked example.
    """
    return partial(Upsample, method=method, values=values)


class Upsample:
    """A step is a cell of the enlarged grid."""

    def __init__(
        self, data: Dataset | None, nets: dict[str, nn.Module], device: torch.device, method: str, values: list[float]
    ):
        if len(values) not in (0, 4):
            raise DltuiError(
                f"task.values has {len(values)} numbers; a grid of 2 by 2 has 4.",
                "Example: task.values=[1,2,3,4]",
                ExitStatus.USAGE,
            )
        given, worked = EXAMPLES[method]
        self.method = method
        self.x = torch.tensor(values or given, dtype=torch.float64).view(2, 2)
        self.out = enlarged(method, self.x, torch.tensor(POOLED).double())
        self.want = torchs(method, self.x, torch.tensor(POOLED).double())
        known = list(values) in ([], list(given))
        self.worked = torch.tensor(worked).double() if known else self.want.floor()
        self.place = nets["place"] = Counters(step=0)

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        return {}

    def evaluate(self) -> dict[str, float]:
        done = self._filled(self.place["step"])
        return {
            "wrong": float((done.floor() != self.worked).sum()),
            "error": (self.out - self.want).abs().max().item(),
        }

    def _filled(self, cells: int) -> Tensor:
        """The enlarged grid, the cells to come NaN."""
        done = self.out.clone()
        done.view(-1)[cells:] = torch.nan
        return done

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        step = self.place["step"]
        if step > self.out.numel():
            return
        at = divmod(step - 1, self.out.shape[1]) if step else None
        grids, signs, caption = getattr(self, f"_{self.method}")(at)
        whole = self.out.flatten().tolist()
        grids.append(
            {
                "title": "output",
                "values": self._filled(step).numpy(),
                "digits": max(len(f"{value:g}") for value in whole),
                "now": [at] if at else [],
            }
        )
        yield Picture("grid", {"type": "grids", "grids": grids, "signs": signs, "caption": caption})
        if step == 0:
            yield Picture("on a disc", self._disc())

    def _nearest(self, at: tuple[int, int] | None) -> tuple[list[dict], list[str], str]:
        if not at:
            return [{"title": "input", "values": self.x.numpy()}], ["->"], "every value will be repeated"
        cell = at[0] // 2, at[1] // 2
        grid = {"title": "input", "values": self.x.numpy(), "lit": [cell]}
        return [grid], ["->"], f"the nearest value is {self.x[cell].item():g}"

    def _nails(self, at: tuple[int, int] | None) -> tuple[list[dict], list[str], str]:
        grid = {"title": "input", "values": self.x.numpy()}
        if not at:
            return [grid], ["->"], "every value will be put into the corner of its block"
        if at[0] % 2 or at[1] % 2:
            return [grid], ["->"], "not the corner of its block: 0"
        cell = at[0] // 2, at[1] // 2
        return [grid | {"lit": [cell]}], ["->"], f"the corner of its block: {self.x[cell].item():g}"

    def _bilinear(self, at: tuple[int, int] | None) -> tuple[list[dict], list[str], str]:
        grid = {"title": "input", "values": self.x.numpy()}
        if not at:
            return [grid], ["->"], "every cell will be a mean of the values around, the nearer the more"
        shares = between(2)[at[0]][:, None] * between(2)[at[1]]  # (2, 2)
        lit = [tuple(cell) for cell in shares.nonzero().tolist()]
        terms = " + ".join(f"{shares[cell].item() * 16:g}/16*{self.x[cell].item():g}" for cell in lit)
        return [grid | {"lit": lit}], ["->"], f"{terms} = {self.out[at].item():g}"

    def _unpool(self, at: tuple[int, int] | None) -> tuple[list[dict], list[str], str]:
        pooled = torch.tensor(POOLED).double()
        _, places = max_pool(pooled)
        tops = [divmod(place, pooled.shape[1]) for place in places.flatten().tolist()]
        grids = [
            {"title": "pooled before", "values": pooled.numpy(), "lit": tops},
            {"title": "input", "values": self.x.numpy()},
        ]
        if not at:
            return grids, ["", "->"], "the places of the greatest values are remembered"
        if at not in tops:
            return grids, ["", "->"], "no greatest value was here: 0"
        cell = divmod(tops.index(at), 2)
        grids[0]["now"], grids[1]["lit"] = [at], [cell]
        return grids, ["", "->"], f"the greatest, {pooled[at].item():g}, was here: {self.x[cell].item():g}"

    def _transposed(self, at: tuple[int, int] | None) -> tuple[list[dict], list[str], str]:
        x, kernel = spread(self.x, 2, 1), torch.tensor(KERNEL).double()
        grids = [{"title": "spread input", "values": x.numpy()}, {"title": "kernel", "values": kernel.numpy()}]
        if not at:
            return grids, ["*", "="], "zeros are put between and around; then it is a convolution"
        window = covered(*at, (3, 3))
        used = [(cell, divmod(k, 3)) for k, cell in enumerate(window) if x[cell] and kernel[divmod(k, 3)]]
        terms = " + ".join(f"{x[cell].item():g}*{kernel[weight].item():g}" for cell, weight in used) or "0"
        grids[0]["lit"], grids[1]["lit"] = window, [weight for _, weight in used]
        return grids, ["*", "="], f"{terms} = {self.out[at].item():g}"

    def _disc(self) -> dict:
        """What the method makes of a small picture."""
        axis = torch.linspace(-1, 1, 2 * SMALL).double()
        large = (1.3 - 1.5 * torch.hypot(axis[:, None], axis)).clamp(0, 1)
        small = large.view(SMALL, 2, SMALL, 2).mean((1, 3))
        drawn = enlarged(self.method, small, large)
        size = len(drawn)
        framed = torch.zeros(2, 1, size, size, dtype=torch.float64)
        framed[0, 0, :SMALL, :SMALL] = small
        framed[1, 0] = drawn / max(1.0, drawn.max().item())
        return montage(framed, columns=2, title=f"{SMALL} x {SMALL} enlarged to {size} x {size}")


def enlarged(method: str, x: Tensor, pooled: Tensor) -> Tensor:
    """x (H, W) -> the enlarged grid. pooled (2 H, 2 W): where its greatest values stand, max-unpooling puts x."""
    if method == "unpool":
        return max_unpool(x, max_pool(pooled)[1], tuple(pooled.shape))
    if method == "transposed":
        return transposed(x, torch.tensor(KERNEL).to(x))
    return {"nearest": nearest, "nails": bed_of_nails, "bilinear": bilinear}[method](x)


def torchs(method: str, x: Tensor, pooled: Tensor) -> Tensor:
    """The same by torch's own functions."""
    whole = x[None, None]
    if method == "unpool":
        _, places = nn.functional.max_pool2d(pooled[None, None], 2, return_indices=True)
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
