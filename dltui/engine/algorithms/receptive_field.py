"""The receptive field: the square of a picture that one unit of a layer sees; computed, and measured by gradients.

Computed from kernels and strides: Dumoulin and Visin 2016. What the unit makes of that square, its gradient tells: Luo,
Li, Urtasun, Zemel 2016, "Understanding the effective receptive field in deep convolutional neural networks".
"""

import re
from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.receptive_field import Square, Window, side_view, slope_maps
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

NEEDS_DATA = False
METRICS = {
    "computed": Metric("pixels along a side of what a unit of the layer sees, by the formula", whole=True, unit="px"),
    "measured": Metric(
        "pixels along a side on which its gradient is not 0, in the pictures so far",
        whole=True,
        unit="px",
        axis="computed",
    ),
    "wrong": Metric(
        "layers for which the square that is measured is not yet the one computed", counter=True, unit="layers"
    ),
    "weights": Metric("weights of the layers so far, for one channel to one channel", whole=True),
    "filled": Metric("share of the pixels of the computed square on which the unit's gradient is not 0"),
    "middle": Metric("share of the unit's gradient that lies in the middle quarter of the square"),
}
LAYER = re.compile(r"(?P<kind>conv|max) (?P<k>\d+)(?: stride (?P<s>\d+))?(?: dilation (?P<d>\d+))?")
CHANNELS = 4  # of the picture and of each layer: enough that not all are cut off by their ReLU
MARGIN = 1  # pixels beside the largest field
MOST = 64  # pixels of a field


class Field(NamedTuple):
    """The unit at (0, 0) sees pixels from `start` on along each side, its neighbour those `stride` further on."""

    size: int
    stride: int
    start: int


def field_of(layers: nn.Sequential) -> Field:
    """Returns the field of the units of the last of `layers`: convolutions, pooling, and what works on each value."""
    size, stride, start = 1, 1, 0
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
            sizes = (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
            k, s, p, d = (_along_a_side(value) for value in sizes)
            size += d * (k - 1) * stride
            start -= p * stride
            stride *= s
    return Field(size, stride, start)


def _along_a_side(value: int | tuple[int, int]) -> int:
    return value if isinstance(value, int) else value[0]


def cut_out(pictures: Tensor, field: Field, places: Tensor) -> Tensor:
    """Returns (N, C, size, size): what the unit at places[n] = (row, column) sees of picture n; black beyond it."""
    size = field.size
    padded = pad(pictures, (size, size, size, size))
    corners = (places * field.stride + field.start + size).tolist()
    patches = [picture[:, y : y + size, x : x + size] for picture, (y, x) in zip(padded, corners, strict=True)]
    return torch.stack(patches)


def slopes_of(layers: nn.Sequential, pictures: Tensor, row: int, column: int) -> Tensor:
    """Returns by how much each pixel of pictures (N, C, H, W) moves the unit at (row, column) of the last layer.

    (N, H, W): the absolute gradients, summed over channels; the unit is the sum of the layer's channels there.
    """
    with torch.enable_grad():
        x = pictures.detach().requires_grad_()
        unit = layers(x)[:, :, row, column].sum()
        (slope,) = torch.autograd.grad(unit, x)
    return slope.abs().sum(1)


def extent(slope: Tensor) -> tuple[int, int, int, int]:
    """Returns the first row, first column, last row and last column of slope (H, W) that are not all 0.

    All are -1 where there is none.
    """
    rows, columns = (slope.ne(0).any(dim).nonzero()[:, 0].tolist() for dim in (1, 0))
    return (rows[0], columns[0], rows[-1], columns[-1]) if rows else (-1, -1, -1, -1)


def build(
    *, layers: list[str] = ("conv 3", "conv 3", "conv 3"), pictures: int = 8
) -> Callable[[Context], "ReceptiveField"]:
    """Each step measures a layer on one more random picture; one layer comes after the other.

    layers: "conv 3" or "max 2", the number being the rows and columns of its window; after it "stride 2" (a max's own
        stride is its window) or "dilation 2".
    pictures: random pictures on which each layer is measured, at least 1.
    """
    return lambda context: ReceptiveField(list(layers), pictures)


class ReceptiveField:
    """A walkthrough through convolutions with random weights and ReLU, and max pooling. The unit is in the middle."""

    def __init__(self, layers: list[str], pictures: int):
        parts = [layer(text) for text in layers]
        flat = [module for part in parts for module in (part if isinstance(part, nn.Sequential) else (part,))]
        depths = [number + 1 for number, module in enumerate(flat) if not isinstance(module, nn.ReLU)]
        stacks = [nn.Sequential(*flat[:depth]) for depth in depths]  # each as far as it, without a ReLU behind
        self.fields, self.windows = list(map(field_of, stacks)), [window_of(stack[-1]) for stack in stacks]
        kernels = [sum(w[0, 0].numel() for w in stack[-1].parameters()) for stack in stacks]  # 0 for a max
        self.weights = list(accumulate(kernels))
        if not layers or self.fields[-1].size > MOST:
            seen = self.fields[-1].size if layers else "nothing"
            what = f"algorithm.layers: a unit of the last layer sees {seen}; it must see 1 to {MOST} pixels a side."
            raise DltuiError(what, 'Example: algorithm.layers=["conv 3","max 2","conv 3"]', ExitStatus.USAGE)
        least = self.fields[-1].size + 2 * MARGIN
        size = least + least % 2  # a line of text holds two rows of pixels
        self.squares, slopes = [], []
        for field, stack in zip(self.fields, stacks, strict=True):
            place = round((size / 2 - field.size / 2 - field.start) / field.stride)  # the field is in the middle
            first = place * field.stride + field.start
            self.squares.append(Square(first, first + field.size - 1))
            slopes.append(slopes_of(stack, torch.randn(pictures, CHANNELS, size, size), place, place))
        self.names, self.slopes = layers, torch.stack(slopes)  # (layers, pictures, size, size)

    @property
    def length(self) -> int:
        return self.slopes.shape[0] * self.slopes.shape[1]

    def at(self, step: int) -> Moment:
        """The layer that is measured at this step, on the pictures so far."""
        pictures = self.slopes.shape[1]
        layer = max(0, step - 1) // pictures
        felt = torch.zeros_like(self.slopes[:, 0])  # (layers, size, size)
        felt[:layer] = self.slopes[:layer].sum(1)
        felt[layer] = self.slopes[layer, : step - layer * pictures].sum(0)
        captions = [f"{field.size}x{field.size} {name}" for field, name in zip(self.fields, self.names, strict=True)]
        drawn = [  # who sees whom from the side, and the unit's gradient on the pictures
            Picture("side view", side_view(self.windows[: layer + 1])),
            Picture("felt", slope_maps(felt[layer : layer + 1], [self.squares[layer]], [captions[layer]])),
        ]
        if step % pictures == 0 and len(self.names) > 1:
            done = step // pictures  # layers that are measured
            drawn.append(Picture("layers", slope_maps(felt, self.squares[:done], captions[:done])))
        return Moment(self._measured(layer, felt) if step else {}, drawn)

    def _measured(self, layer: int, felt: Tensor) -> dict[str, float]:
        first, last = self.squares[layer]
        seen = felt[layer, first : last + 1, first : last + 1]
        quarter = round(len(seen) / 4)
        inner = seen[quarter : len(seen) - quarter, quarter : len(seen) - quarter]
        top, left, bottom, right = extent(felt[layer])
        squares = [(a, a, b, b) for a, b in self.squares]
        return {
            "computed": self.fields[layer].size,
            "measured": max(bottom - top, right - left) + 1 if top >= 0 else 0,
            "wrong": sum(extent(one) != square for one, square in zip(felt, squares, strict=True)),
            "weights": self.weights[layer],
            "filled": (seen != 0).double().mean().item(),
            "middle": (inner.sum() / felt[layer].sum()).item() if felt[layer].any() else 0.0,
        }


def window_of(layer: nn.Conv2d | nn.MaxPool2d) -> Window:
    """Returns what a unit of a layer sees of the layer below."""
    return Window(*map(_along_a_side, (layer.kernel_size, layer.stride, layer.dilation)))


def layer(text: str) -> nn.Module:
    """Returns the layer that is written "conv 3 stride 2". Raises DltuiError (2) for what is no layer."""
    match = LAYER.fullmatch(text.strip())
    k, s, d = (int(match[name] or 0) for name in "ksd") if match else (0, 0, 0)
    if not k or (match["s"] and not s) or (match["d"] and not d):
        hint = 'Valid: "conv 3", "conv 3 stride 2", "conv 3 dilation 2", "max 2", "max 3 stride 2".'
        raise DltuiError(f'algorithm.layers: there is no layer "{text}".', hint, ExitStatus.USAGE)
    if match["kind"] == "max":
        return nn.MaxPool2d(k, s or k, dilation=d or 1)
    convolution = nn.Conv2d(CHANNELS, CHANNELS, k, s or 1, (d or 1) * (k - 1) // 2, d or 1, bias=False)
    nn.init.normal_(convolution.weight, std=(2 / (CHANNELS * k * k)) ** 0.5)
    return nn.Sequential(convolution, nn.ReLU())
