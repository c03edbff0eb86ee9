"""Convolution over channels: a kernel is a cube as deep as its input and makes one map (LeCun et al. 1989); shown.

The 1 x 1 convolution: Lin, Chen, Yan 2014, "Network in network".
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate

from dltui.engine.algorithms.convolution import convolve, output_size
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.sliding_window import SlidingKernel, in_turn, steps_in_turn
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Grids, Table

METRICS = {
    "value": Metric("newest value of the output"),
    "error": Metric(
        "greatest distance of small numbers, maps and grey from torch's convolution", better="lower", check=True
    ),
    "weights": Metric("numbers that the 32 kernels and their biases hold", whole=True),
    "sizes_right": Metric(
        "layers of the table whose output and number of weights are those of torch's", whole=True, unit="layers"
    ),
    "colour": Metric("mean response of the kernels that compare colours, on the photograph"),
    "colour_on_grey": Metric(
        "greatest response of the kernels that compare colours, when the photograph is made grey", axis="colour"
    ),
}
NAMES = ("red", "green", "blue")
TITLES = (*NAMES, *(f"w {name[0]}" for name in NAMES), "output")
GREY = ((0.299, 0.587, 0.114),)  # of red, green and blue (ITU-R BT.601)
# what a kernel looks for: shares of red, green and blue; those of a contrast of colours sum to 0
COLOURS = {
    "brightness": (1 / 3, 1 / 3, 1 / 3),
    "red against green": (1 / 2, -1 / 2, 0),
    "blue against yellow": (-1 / 4, -1 / 4, 1 / 2),
    "red against cyan": (1 / 2, -1 / 4, -1 / 4),
}
DIRECTIONS = 8
SOBEL = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
BRIGHT = 0.99  # share of a row's answers that are not drawn as bright as can be
# (size, C, kernels, K): the notes' two layers, the 32 maps, and two ways to make eight of them
LAYERS = ((32, 3, 5, 3), (30, 5, 3, 3), (48, 3, 32, 3), (46, 32, 8, 3), (46, 32, 8, 1))


def convolve_channels(x: Tensor, kernels: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (C, H, W), kernels (O, C, K, L), bias (O) -> (O, H - K + 1, W - L + 1): for each kernel a sum over channels.

    Raises ValueError for kernels that are not as deep as x.
    """
    maps = [sum(convolve(plane, part) for plane, part in zip(x, cube, strict=True)) for cube in kernels]
    return torch.stack(maps) + (0 if bias is None else bias[:, None, None])


def mix(x: Tensor, weights: Tensor) -> Tensor:
    """x (..., C, H, W), weights (O, C) -> (..., O, H, W): the 1 x 1 convolution, a linear layer over the channels."""
    return torch.einsum("oc,...chw->...ohw", weights, x)


def grey(x: Tensor) -> Tensor:
    """Pictures (..., 3, H, W) or (..., 1, H, W) -> (..., 1, H, W): red, green and blue mixed as bright as they look."""
    return mix(x, torch.tensor(GREY).to(x)) if x.shape[-3] == 3 else x


def layer_weights(kernels: int, C: int, K: int) -> int:
    """Returns how many numbers a layer of kernels K x K over C channels learns: C K^2 weights and a bias each."""
    return kernels * (C * K * K + 1)


def colour_kernels() -> Tensor:
    """Returns 32 cubes (32, 3, 3, 3): an edge in each of eight directions, in each of four contrasts of colour."""
    across = torch.tensor(SOBEL).double() / 4  # brighter to the right
    up = across.T.flip(0)  # brighter upwards
    cubes = []
    for shares in COLOURS.values():
        for k in range(DIRECTIONS):
            angle = 2 * math.pi * k / DIRECTIONS
            edge = math.cos(angle) * across + math.sin(angle) * up
            cubes.append(torch.tensor(shares).double()[:, None, None] * edge)
    return torch.stack(cubes)


def build(*, kernel: int = 3) -> Callable[[Context], "Channels"]:
    """Each step makes a product of the first value, then a value; then the same with a 1 x 1 kernel; a map with each.

    kernel: rows and columns of the cube that is worked out number by number, at least 1, at most 3.
    """
    return lambda context: Channels(context.rows.pictures(channels=3).train.inputs[0].double().cpu(), kernel)


class Channels:
    """A walkthrough: small whole numbers that the run's seed draws, and a picture (3, S, S)."""

    def __init__(self, picture: Tensor, kernel: int):
        x = torch.randint(0, 4, (3, 4, 4)).double()
        cubes = (torch.randint(-2, 3, (3, kernel, kernel)), torch.randint(-2, 3, (3, 1, 1)))
        self.sliding = [
            SlidingKernel(x, cube, convolve_channels(x, cube[None])[0]) for cube in map(Tensor.double, cubes)
        ]
        self.picture, self.kernels = picture, colour_kernels()  # (32, 3, 3, 3)
        self.maps = convolve_channels(picture, self.kernels)  # (32, S - 2, S - 2)
        self.grey = grey(picture)  # (1, S, S)
        self.measured = self._measured()

    @property
    def length(self) -> int:
        return max(steps_in_turn(self.sliding), len(self.kernels))

    def at(self, step: int) -> Moment:
        """One of the two cubes at work, and a map more than at the step before."""
        sliding, done = in_turn(self.sliding, step)
        pictures = [Picture("cube", cube(sliding, done))]
        if step <= len(self.kernels):
            pictures += [Picture("one map", self._one(max(0, step - 1))), Picture("32 maps", self._sheet(step))]
        if step == 0:
            planes = [plane.expand(3, -1, -1) for plane in (*self.picture, self.grey[0])]
            captions = ["picture", *NAMES, "1 x 1: grey"]
            cells = torch.stack([self.picture, *planes])
            pictures.append(Picture("channels", montage(cells, columns=len(cells), captions=captions)))
            pictures.append(Picture("layers", layer_table()))
        return Moment(({"value": sliding.value(done)} if step else {}) | self.measured, pictures)

    def _measured(self) -> dict[str, float]:
        found = [(s.x, s.kernel[None], s.output[None]) for s in self.sliding]
        found.append((self.picture, self.kernels, self.maps))
        found.append((self.picture, torch.tensor(GREY).double()[:, :, None, None], self.grey))
        on_grey = convolve_channels(self.grey.expand(3, -1, -1), self.kernels)
        return {
            "error": max((conv2d(x[None], kernels)[0] - y).abs().max().item() for x, kernels, y in found),
            "weights": layer_weights(*self.kernels.shape[:3]),
            "sizes_right": sum(map(agrees_with_torch, LAYERS)),
            "colour": self.maps[DIRECTIONS:].abs().mean().item(),
            "colour_on_grey": on_grey[DIRECTIONS:].abs().max().item(),
        }

    def _shown_maps(self) -> Tensor:
        """(32, S - 2, S - 2) in 0..1, what is below 0 black; the eight of a contrast to their own brightest."""
        answers = self.maps.clamp(min=0).view(len(COLOURS), -1)
        white = answers.quantile(BRIGHT, dim=1, keepdim=True).clamp(min=1e-6)
        return (answers / white).clamp(0, 1).view(self.maps.shape)

    def _one(self, k: int) -> dict:
        """The picture, kernel k as a coloured picture, grey for 0, and the map that it makes."""
        kernel, S = self.kernels[k], self.picture.shape[-1]
        cells = torch.zeros(3, *self.picture.shape, dtype=torch.float64)
        cells[0] = self.picture
        cells[1] = interpolate((0.5 + 0.5 * kernel / kernel.abs().max())[None], (S, S))[0]
        cells[2, :, 1:-1, 1:-1] = self._shown_maps()[k]
        row, column = divmod(k, DIRECTIONS)
        title = f"{list(COLOURS)[row]}, {column * 360 // DIRECTIONS} degrees"
        return montage(cells, columns=3, captions=["picture", "kernel", f"map {k + 1}"], title=title)

    def _sheet(self, count: int) -> dict:
        """The first maps, a row a contrast, a column a direction."""
        sheet = self._shown_maps()[:, None]  # (32, 1, S - 2, S - 2)
        sheet[count:] = 0
        return montage(sheet, columns=DIRECTIONS, least=8)  # as many as may be: they are to be compared


def cube(sliding: SlidingKernel, done: int) -> Grids:
    """Red, green, blue; the cube's three slices; the output so far, and the sums of the channels in words."""
    products, K = sliding.kernel.numel(), sliding.kernel.shape[-1]
    caption = "the cube is laid on the first corner"
    if done:
        pairs = sliding.products(done)
        sums = [sum(a * b for a, b in pairs[c * K * K : (c + 1) * K * K]) for c in range(math.ceil(len(pairs) / K**2))]
        newest = f"{pairs[-1][0]:g}*{pairs[-1][1]:g}, " if len(pairs) < products else ""
        by_channel = " + ".join(f"{name} {total:g}" for name, total in zip(NAMES, sums, strict=False))
        caption = f"{newest}{by_channel} = {sum(sums):g}"
    return Grids(
        grids=sliding.grids(done, TITLES),
        signs=[" ", " ", "*", " ", " ", "="],
        title=f"3 channels, one kernel of {K} x {K} x 3: {products} products make one number",
        caption=caption,
    )


def agrees_with_torch(layer: tuple[int, int, int, int]) -> bool:
    """Whether output and number of weights of a layer of LAYERS are those of torch's."""
    size, C, kernels, K = layer
    convolution = nn.Conv2d(C, kernels, K)
    shape = convolution(torch.zeros(1, C, size, size)).shape[1:]
    counted = sum(p.numel() for p in convolution.parameters())
    side = output_size(size, K)
    return (kernels, side, side) == tuple(shape) and layer_weights(kernels, C, K) == counted


def layer_table() -> Table:
    """Returns the layers of LAYERS, in numbers."""
    rows = []
    for size, C, kernels, K in LAYERS:
        out, weights = output_size(size, K), layer_weights(kernels, C, K)
        rows.append([f"{size}x{size}x{C}", f"{kernels} of {K}x{K}x{C}", f"{weights:,}", f"{out}x{out}x{kernels}"])
    return Table(columns=["input", "kernels", "weights", "output"], rows=rows)
