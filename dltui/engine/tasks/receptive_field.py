"""What one unit sees of a picture, layer by layer: computed from kernels and strides, and measured by gradients."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import nn

from dltui.engine.algorithms.receptive_field import Field, extent, field_of, slope_of
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.receptive_field import Square, Window, felt_picture, side_view
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
METRICS = {
    "computed": Metric("pixels along a side of what a unit of the layer sees, by the formula"),
    "measured": Metric("pixels along a side on which its gradient is not 0, in the pictures so far"),
    "wrong": Metric("layers for which the square that is measured is not yet the one computed"),
    "weights": Metric("weights of the layers so far, for one channel to one channel"),
    "filled": Metric("share of the pixels of the computed square that the unit feels at all"),
    "middle": Metric("share of all that it feels that lies in the middle quarter of the square"),
}
LAYER = re.compile(r"(?P<kind>conv|max) (?P<k>\d+)(?: stride (?P<s>\d+))?(?: dilation (?P<d>\d+))?")
CHANNELS = 4  # of the picture and of each layer: enough that not all are cut off by their ReLU
MARGIN = 1  # pixels beside the largest field
MOST = 64  # pixels of a field


def build(*, layers: list[str] = ("conv 3", "conv 3", "conv 3"), pictures: int = 8) -> Callable:
    """Returns (data, nets, device) -> ReceptiveField.

    layers: "conv 3" or "max 2", the number being the rows and columns of its window; after it "stride 2" (a max's own
        stride is its window) or "dilation 2".
    pictures: random pictures on which each layer is measured, one a step, at least 1.
    """
    return partial(ReceptiveField, layers=list(layers), pictures=pictures)


class ReceptiveField:
    """Convolutions with random weights and ReLU, and max pooling. The unit is one in the middle."""

    def __init__(
        self, data: Dataset | None, nets: dict[str, nn.Module], device: torch.device, layers: list[str], pictures: int
    ):
        self.names, self.pictures_a_layer = layers, pictures
        parts = [_layer(text) for text in layers]
        flat = [module for part in parts for module in (part if isinstance(part, nn.Sequential) else (part,))]
        depths = [number + 1 for number, module in enumerate(flat) if not isinstance(module, nn.ReLU)]
        self.stacks = [nn.Sequential(*flat[:depth]) for depth in depths]  # each as far as it, without a ReLU behind
        self.fields = [field_of(stack) for stack in self.stacks]
        self.windows = [flat[depth - 1] for depth in depths]
        if not layers or self.fields[-1].size > MOST:
            seen = self.fields[-1].size if layers else "nothing"
            raise DltuiError(
                f"task.layers: a unit of the last layer sees {seen}; it has to see 1 to {MOST} pixels along a side.",
                'Example: task.layers=["conv 3","max 2","conv 3"]',
                ExitStatus.USAGE,
            )
        least = self.fields[-1].size + 2 * MARGIN
        self.size = least + least % 2  # a line of text holds two rows of pixels
        self.places = [_in_the_middle(field, self.size) for field in self.fields]
        self.felt = nets["felt"] = Felt(len(layers), self.size)

    def advance(self, step: int) -> dict[str, float]:
        self.felt.step.fill_(step)
        if step <= len(self.names) * self.pictures_a_layer:
            layer, place = self._layer, self.places[self._layer]
            picture = torch.randn(1, CHANNELS, self.size, self.size)
            self.felt.slopes[layer] += slope_of(self.stacks[layer], picture, place, place)
        return {}

    @property
    def _layer(self) -> int:
        """The number of the layer that is looked at, from 0."""
        return min(max(0, int(self.felt.step) - 1) // self.pictures_a_layer, len(self.names) - 1)

    def square(self, layer: int) -> Square:
        """What its unit sees, by the formula."""
        field = self.fields[layer]
        first = self.places[layer] * field.stride + field.start
        return Square(first, first + field.size - 1)

    def evaluate(self) -> dict[str, float]:
        if not int(self.felt.step):
            return {}  # no layer has been looked at
        layer = self._layer
        first, last = self.square(layer)
        slope = self.felt.slopes[layer]
        top, left, bottom, right = extent(slope)
        seen = slope[first : last + 1, first : last + 1]
        quarter = round(len(seen) / 4)
        inner = seen[quarter : len(seen) - quarter, quarter : len(seen) - quarter]
        squares = [(a, a, b, b) for a, b in map(self.square, range(len(self.names)))]
        return {
            "computed": self.fields[layer].size,
            "measured": max(bottom - top, right - left) + 1 if top >= 0 else 0,
            "wrong": sum(extent(felt) != square for felt, square in zip(self.felt.slopes, squares, strict=True)),
            "weights": sum(_window(each).k ** 2 for each in self.windows[: layer + 1] if isinstance(each, nn.Conv2d)),
            "filled": (seen != 0).double().mean().item(),
            "middle": (inner.sum() / slope.sum()).item() if slope.any() else 0.0,
        }

    def pictures(self) -> Iterator[Picture]:
        """Who sees whom from the side, and what the unit feels of the pictures; of all layers when one is done."""
        step = int(self.felt.step)
        if step > len(self.names) * self.pictures_a_layer:
            return
        layer, slopes = self._layer, self.felt.slopes
        sizes = [f"{field.size}x{field.size} {name}" for field, name in zip(self.fields, self.names, strict=True)]
        squares = [self.square(number) for number in range(len(self.names))]
        yield Picture("side view", side_view([_window(each) for each in self.windows[: layer + 1]]))
        yield Picture("felt", felt_picture(slopes[layer : layer + 1], [squares[layer]], [sizes[layer]]))
        if len(self.names) > 1 and step % self.pictures_a_layer == 0:
            done = step // self.pictures_a_layer
            yield Picture("layers", felt_picture(slopes, squares[:done], sizes[:done]))


class Felt(nn.Module):
    """Of each layer the slopes of its unit, summed over pictures: (layers, size, size)."""

    def __init__(self, layers: int, size: int):
        super().__init__()
        self.register_buffer("step", torch.tensor(0))
        self.register_buffer("slopes", torch.zeros(layers, size, size))


def _window(layer: nn.Conv2d | nn.MaxPool2d) -> Window:
    sides = (layer.kernel_size, layer.stride, layer.dilation)
    return Window(*(side if isinstance(side, int) else side[0] for side in sides))


def _in_the_middle(field: Field, size: int) -> int:
    """Row and column of the unit whose field lies most nearly in the middle of a picture."""
    return round((size / 2 - field.size / 2 - field.start) / field.stride)


def _layer(text: str) -> nn.Module:
    """Raises DltuiError (2) for what is no layer."""
    match = LAYER.fullmatch(text.strip())
    k, s, d = (int(match[name] or 0) for name in "ksd") if match else (0, 0, 0)
    if not k or (match["s"] and not s) or (match["d"] and not d):
        raise DltuiError(
            f'task.layers: there is no layer "{text}".',
            'Valid: "conv 3", "conv 3 stride 2", "conv 3 dilation 2", "max 2", "max 3 stride 2".',
            ExitStatus.USAGE,
        )
    if match["kind"] == "max":
        return nn.MaxPool2d(k, s or k, dilation=d or 1)
    convolution = nn.Conv2d(CHANNELS, CHANNELS, k, s or 1, (d or 1) * (k - 1) // 2, d or 1, bias=False)
    nn.init.normal_(convolution.weight, std=(2 / (CHANNELS * k * k)) ** 0.5)
    return nn.Sequential(convolution, nn.ReLU())
