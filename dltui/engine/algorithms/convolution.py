"""Convolution by its definition, windows, products and sums, and shown: a kernel slides over a grid of numbers.

As deep learning means it: no kernel is turned around. Dumoulin and Visin 2016, "A guide to convolution arithmetic for
deep learning".
"""

import math
from collections.abc import Callable
from functools import cached_property
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import conv1d, conv2d

from dltui.engine.algorithms.padding import pad
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.sliding_window import SlidingKernel, in_turn, steps_in_turn, sum_of_products
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Grids

NEEDS_DATA = False
LIVE = ("kernel", "stride", "padding", "dilation")
ANEW = ("kernel", "stride", "padding", "dilation")
METRICS = {
    "sizes_right": Metric(
        "settings, more at each step, whose output size the formula gives as torch does", counter=True
    ),
    "value": Metric("newest value of the output"),
    "output_size": Metric("rows and columns of the output, by the formula", whole=True),
    "error": Metric("greatest distance of the output from torch's convolution", better="lower", check=True),
}
TOUR = ({}, {"stride": 2}, {"padding": 1}, {"dilation": 2}, {"stride": 2, "padding": 1})
LARGEST = 7  # kernel
# (i, k, p, s, d): input, kernel, padding, stride, dilation for which the formula is tried
SIZES = tuple(product(range(1, 9), range(1, 6), range(3), range(1, 4), range(1, 4)))


def output_size(i: int, k: int, p: int = 0, s: int = 1, d: int = 1) -> int:
    """Returns floor((i - k' + 2 p) / s) + 1, where a kernel of k with dilation d covers k' = d (k - 1) + 1.

    i, k, p: cells of input, kernel and padding, s: stride. 0 where the kernel has no place.
    """
    return max(0, (i - (d * (k - 1) + 1) + 2 * p) // s + 1)


def convolve(x: Tensor, kernel: Tensor, p: int = 0, s: int = 1, d: int = 1) -> Tensor:
    """x (H, W), kernel (K, L) -> (H', W') with the sizes of `output_size`; every value a sum of K L products."""
    (H, W), (K, L) = x.shape, kernel.shape
    wide = pad(x, p, "zeros")
    out = x.new_zeros(output_size(H, K, p, s, d), output_size(W, L, p, s, d))
    for y in range(K):  # a product of all windows at once
        for z in range(L):
            out += kernel[y, z] * wide[y * d :: s, z * d :: s][: out.shape[0], : out.shape[1]]
    return out


def spread(x: Tensor, s: int, border: int) -> Tensor:
    """x (H, W) -> x with s - 1 zeros between its values and `border` zeros around: (s (H - 1) + 1 + 2 border, ...).

    Convolving this with a kernel of k is a transposed convolution of stride s and padding k - 1 - border.
    """
    H, W = x.shape
    wide = x.new_zeros(s * (H - 1) + 1 + 2 * border, s * (W - 1) + 1 + 2 * border)
    wide[border : border + s * (H - 1) + 1 : s, border : border + s * (W - 1) + 1 : s] = x
    return wide


class Setting(NamedTuple):
    """What can be turned."""

    kernel: int
    stride: int
    padding: int
    dilation: int

    def output_size(self, i: int) -> int:
        """Rows and columns of the output for an input of i."""
        return output_size(i, self.kernel, self.padding, self.stride, self.dilation)


def build(
    *, size: int = 5, kernel: int = 3, stride: int = 1, padding: int = 0, dilation: int = 1, tour: bool = True
) -> Callable[[Context], "Convolution"]:
    """Each step computes a value of the output; the first value of each setting takes a step for each of its products.

    size: rows and columns of the input, at least 1, at most 12.
    kernel: rows and columns of the kernel, at least 1, at most 7.
    stride: cells that the kernel moves at a time, at least 1, at most 12.
    padding: zeros around the input, at least 0, at most 6.
    dilation: cells from one weight of the kernel to the next, at least 1, at most 6.
    tour: whether other strides, paddings and dilations are shown next, until one is set while it runs.
    """
    return lambda context: Convolution(size, Setting(kernel, stride, padding, dilation), tour)


class Convolution:
    """A walkthrough: an input and a kernel of small whole numbers, which the run's seed draws."""

    def __init__(self, size: int, setting: Setting, tour: bool):
        self.x = torch.randint(0, 4, (size, size)).double()
        self.weights = torch.randint(-2, 3, (LARGEST, LARGEST)).double()
        self.kernel, self.stride, self.padding, self.dilation = self.given = setting
        self.tour = tour
        self.known: dict[Setting, SlidingKernel] = {}

    @property
    def settings(self) -> list[Setting]:
        """What is shown, one after the other: the tour, as long as no knob is turned."""
        own = Setting(self.kernel, self.stride, self.padding, self.dilation)
        return [own._replace(**stop) for stop in (TOUR if self.tour and own == self.given else TOUR[:1])]

    @property
    def length(self) -> int:
        return steps_in_turn(list(map(self._sliding, self.settings)))

    def at(self, step: int) -> Moment:
        """One of the settings, so many products and values of it worked out."""
        tried = math.ceil(len(SIZES) * step / self.length) if self.length else len(SIZES)
        several = list(map(self._sliding, self.settings))
        sliding, done = in_turn(several, step)
        setting = self.settings[several.index(sliding)]
        metrics: dict[str, float] = {
            "sizes_right": sum(self._right[:tried]),
            "output_size": setting.output_size(len(self.x)),
        }
        if len(sliding.output):
            metrics["error"] = (sliding.output - self._torchs(setting)).abs().max().item()
            if step:
                metrics["value"] = sliding.value(done)
        return Moment(metrics, [Picture("sliding", self._drawn(setting, sliding, done))])

    def _sliding(self, setting: Setting) -> SlidingKernel:
        if setting not in self.known:
            k, s, p, d = setting
            x, kernel = pad(self.x, p, "zeros")[None], self.weights[None, :k, :k]
            output = convolve(self.x, kernel[0], p, s, d)
            self.known[setting] = SlidingKernel(x, kernel, output, stride=s, dilation=d, edge=p)
        return self.known[setting]

    def _torchs(self, setting: Setting) -> Tensor:
        k, s, p, d = setting
        return conv2d(self.x[None, None], self.weights[None, None, :k, :k], stride=s, padding=p, dilation=d)[0, 0]

    @cached_property
    def _right(self) -> list[bool]:
        """For each of SIZES, whether the formula is right."""
        found = []
        for i, k, p, s, d in SIZES:
            fits = d * (k - 1) + 1 <= i + 2 * p  # torch refuses what has no place
            size = conv1d(torch.zeros(1, 1, i), torch.zeros(1, 1, k), None, s, p, d).shape[2] if fits else 0
            found.append(output_size(i, k, p, s, d) == size)
        return found

    def _drawn(self, setting: Setting, sliding: SlidingKernel, done: int) -> Grids:
        """Input, kernel and output, and the sum so far in words."""
        caption = "the kernel is laid on the first corner"
        if not len(sliding.output):
            caption = "the kernel has no place: it covers more than the padded input"
        elif done:
            caption = sum_of_products(sliding.products(done))
        grids = [grid for grid in sliding.grids(done) if grid.values.size]
        return Grids(grids=grids, signs=["*", "="], title=formula(setting, len(self.x)), caption=caption)


def formula(setting: Setting, i: int) -> str:
    """Returns the size of the output for an input of i, worked out."""
    k, s, p, d = setting
    covers = d * (k - 1) + 1
    worked = f"({i}-{covers}+2*{p})/{s}"
    worked = worked if (i - covers + 2 * p) % s == 0 else f"floor({worked})"
    dilated = f", dilation {d}" if d > 1 else ""
    return f"stride {s}, padding {p}{dilated}: {worked}+1 = {setting.output_size(i)}"
