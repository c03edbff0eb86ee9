"""Convolution shown: the kernel slides over the input, product by product, and the output fills."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, conv2d

from dltui.engine.algorithms.convolution import convolve, covered, output_size, padded
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
LIVE = ("kernel", "stride", "padding", "dilation")
METRICS = {
    "sizes_right": Metric(
        "settings for which the formula gave the size of torch's convolution; more are tried at each step"
    ),
    "value": Metric("newest value of the output"),
    "output_size": Metric("rows and columns of the output, by the formula"),
    "error": Metric("greatest distance of the output from torch's convolution", better="lower"),
}
TOUR = ({}, {"stride": 2}, {"padding": 1}, {"dilation": 2}, {"stride": 2, "padding": 1})
LARGEST = 7  # kernel
# (i, k, p, s, d): input, kernel, padding, stride, dilation for which the formula is tried, and how many a step
SIZES = tuple(product(range(1, 9), range(1, 6), range(3), range(1, 4), range(1, 4)))
TRIED = 12
TURNED = -1  # the tour is over: a knob was turned


def build(
    *, size: int = 5, kernel: int = 3, stride: int = 1, padding: int = 0, dilation: int = 1, tour: bool = True
) -> Callable:
    """Returns (data, nets, device) -> Convolution.

    size: rows and columns of the input, at least 1, at most 12.
    kernel: rows and columns of the kernel, at least 1, at most 7.
    stride: cells that the kernel moves at a time, at least 1, at most 12.
    padding: zeros around the input, at least 0, at most 6.
    dilation: cells from one weight of the kernel to the next, at least 1, at most 6.
    tour: whether other strides, paddings and dilations are shown next, until one is set while it runs.
    """
    setting = Setting(kernel, stride, padding, dilation)
    return partial(Convolution, size=size, setting=setting, tour=tour)


class Setting(NamedTuple):
    """What can be turned."""

    kernel: int
    stride: int
    padding: int
    dilation: int


class Convolution:
    """An input and a kernel of small whole numbers, which the run's seed draws.

    A step is a value of the output; the first value of each setting takes a step for each of its products.
    """

    def __init__(
        self,
        data: Dataset | None,
        nets: dict[str, nn.Module],
        device: torch.device,
        size: int,
        setting: Setting,
        tour: bool,
    ):
        self.x = torch.randint(0, 4, (size, size)).double()
        self.weights = torch.randint(-2, 3, (LARGEST, LARGEST)).double()
        self.kernel, self.stride, self.padding, self.dilation = setting
        self.place = nets["place"] = Counters(step=0, done=0, stop=0 if tour else TURNED, **setting._asdict())

    @property
    def setting(self) -> Setting:
        """What is shown now: the knobs, and what the tour changes of them."""
        own = Setting(self.kernel, self.stride, self.padding, self.dilation)
        return own._replace(**TOUR[self.place["stop"]]) if self.place["stop"] != TURNED else own

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        knobs = {name: getattr(self, name) for name in LIVE}
        if any(self.place[name] != value for name, value in knobs.items()):
            for name, value in knobs.items():
                self.place[name] = value
            self.place["done"], self.place["stop"] = 0, TURNED
        elif self.place["done"] < self._steps:
            self.place["done"] += 1
        elif TURNED < self.place["stop"] < len(TOUR) - 1:
            self.place["stop"] += 1
            self.place["done"] = 0
        output = self._output.flatten()
        newest = max(0, self.place["done"] - self.setting.kernel**2)
        return {"value": output[newest].item()} if len(output) else {}

    @property
    def _steps(self) -> int:
        """Of this setting: a product each for the first value, a value each after it."""
        values = self._size**2
        return values + self.setting.kernel**2 - 1 if values else 0

    @property
    def _size(self) -> int:
        return output_size(len(self.x), self.setting.kernel, *self._order)

    @property
    def _order(self) -> tuple[int, int, int]:
        """(p, s, d), as the formula names them."""
        return self.setting.padding, self.setting.stride, self.setting.dilation

    def evaluate(self) -> dict[str, float]:
        tried = self._right[: TRIED * self.place["step"]]
        found = {"sizes_right": sum(tried), "output_size": self._size}
        if self._size:
            p, s, d = self._order
            want = conv2d(self.x[None, None], self._kernel[None, None], stride=s, padding=p, dilation=d)[0, 0]
            found["error"] = (self._output - want).abs().max().item()
        return found

    @cached_property
    def _right(self) -> list[bool]:
        """For each of SIZES, whether the formula is right."""
        found = []
        for i, k, p, s, d in SIZES:
            fits = d * (k - 1) + 1 <= i + 2 * p  # torch refuses what has no place
            size = conv1d(torch.zeros(1, 1, i), torch.zeros(1, 1, k), None, s, p, d).shape[2] if fits else 0
            found.append(output_size(i, k, p, s, d) == size)
        return found

    @property
    def _kernel(self) -> Tensor:
        return self.weights[: self.setting.kernel, : self.setting.kernel]

    @property
    def _output(self) -> Tensor:
        return convolve(self.x, self._kernel, *self._order)

    # -- the picture -----------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        size, output = self._size, self._output
        products = self.setting.kernel**2
        done = self.place["done"]
        value = max(0, done - products)  # the number of that which is being computed
        terms = min(done, products)
        shown = output.flatten().clone()
        shown[value + (terms == products) :] = torch.nan
        x = padded(self.x, self.setting.padding)
        grids = [
            {"title": "input", "values": x.numpy(), "edge": self.setting.padding},
            {"title": "kernel", "values": self._kernel.numpy()},
            {"title": "output", "values": shown.view(size, size).numpy(), "digits": _digits(output)},
        ]
        caption = "the kernel has no place: it covers more than the padded input"
        if size:
            start = "the kernel is laid on the first corner"
            caption = self._light(grids, x, divmod(value, size), terms) if done else start
        picture = {"grids": [grid for grid in grids if grid["values"].size], "signs": ["*", "="]}
        yield Picture("sliding", {"type": "grids", **picture, "title": self._formula(), "caption": caption})

    def _formula(self) -> str:
        """The size of the output, worked out."""
        (k, s, p, d), i = self.setting, len(self.x)
        covers = d * (k - 1) + 1
        worked = f"({i}-{covers}+2*{p})/{s}"
        worked = worked if (i - covers + 2 * p) % s == 0 else f"floor({worked})"
        dilated = f", dilation {d}" if d > 1 else ""
        return f"stride {s}, padding {p}{dilated}: {worked}+1 = {self._size}"

    def _light(self, grids: list[dict], x: Tensor, place: tuple[int, int], terms: int) -> str:
        """Marks the window, its newest product and the value; returns the sum so far in words."""
        K = self.setting.kernel
        window = covered(*place, (K, K), self.setting.stride, self.setting.dilation)
        weights = [divmod(k, K) for k in range(K * K)]
        parts = [
            f"{x[cell].item():g}*{self._kernel[weight].item():g}" for cell, weight in zip(window, weights, strict=True)
        ]
        total = sum(x[cell] * self._kernel[weight] for cell, weight in list(zip(window, weights, strict=True))[:terms])
        grids[0]["lit"], grids[1]["lit"] = window, weights
        if terms < K * K:
            grids[0]["now"], grids[1]["now"] = [window[terms - 1]], [weights[terms - 1]]
        grids[2]["now"] = [place]
        return f"{' + '.join(parts[:terms])} = {total.item():g}"


def _digits(values: Tensor) -> int:
    """Of the longest of whole numbers."""
    return max((len(f"{value:g}") for value in values.flatten().tolist()), default=1)
