"""What a unit of a convolutional net sees: from the side, layer under layer, and on the picture."""

from itertools import accumulate
from operator import mul
from typing import NamedTuple

import torch
from torch import Tensor

from dltui.engine.pictures.montage import montage
from dltui.runs.payloads import Marks, Path, Scatter

UNSEEN = "not seen"
ACROSS = 4  # layers in one row; more of them take several rows


class Window(NamedTuple):
    """What a unit of a layer sees of the layer below, along a side."""

    k: int
    stride: int
    dilation: int


class Square(NamedTuple):
    """Pixels, down as across."""

    first: int
    last: int


def side_view(windows: list[Window]) -> Scatter:
    """Returns one unit of the last layer at the top, below it what it sees, down to the pixels.

    windows: of each layer, the lowest first. A unit stands over the middle of its window, joined to those it sees.
    """
    strides = [1, *accumulate((window.stride for window in windows), mul)]  # pixels from unit to unit
    layers, links = [[0.0]], []  # of each layer from the top, places in pixels
    for depth in range(len(windows), 0, -1):
        k, _, d = windows[depth - 1]
        taps = [(tap - (k - 1) / 2) * d * strides[depth - 1] for tap in range(k)]
        links += [Path(x=[x, x + tap], y=[depth, depth - 1]) for x in layers[-1] for tap in taps]
        layers.append(sorted({x + tap for x in layers[-1] for tap in taps}))
    seen = layers[-1]
    y = [float(len(windows) - row) for row, places in enumerate(layers) for _ in places]
    x = [place for places in layers for place in places]
    pixels = torch.arange(seen[0] - 1, seen[-1] + 2).tolist()
    unseen = [pixel for pixel in pixels if pixel not in seen]
    return Scatter(
        x=x + unseen,
        y=y + [0.0] * len(unseen),
        label=[0] * len(x) + [1] * len(unseen),
        classes=[f"sees {len(seen)} of {round(max(seen) - min(seen)) + 1}", UNSEEN],
        behind={UNSEEN: ""},
        paths=links,
        marks=Marks(x=x, y=y, label=[0] * len(x)),
        x_title="pixel",
        y_title="layer",
    )


def slope_maps(slopes: Tensor, squares: list[Square], captions: list[str]) -> dict:
    """Returns the payload `boxes`: of each layer how strongly each pixel moves its unit, and the square computed.

    slopes: (layers, H, W), at least 0. squares: of the layers that are measured, the first ones.
    """
    top = slopes.amax((1, 2), keepdim=True).clamp(min=1e-12)
    bright = (slopes / top).sqrt()  # a pixel that counts a hundredth can still be seen
    columns = len(slopes) if len(slopes) <= ACROSS else 3
    boxes = [
        {"cell": cell, "box": [first - 1, first - 1, last + 2, last + 2], "colour": 0}
        for cell, (first, last) in enumerate(squares)
    ]
    return montage(bright[:, None], columns=columns, captions=captions) | {"type": "boxes", "boxes": boxes}
