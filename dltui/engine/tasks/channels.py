"""Convolution over channels shown: a cube of weights slides over red, green and blue; 32 cubes make 32 maps."""

import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate

from dltui.engine.algorithms.channels import convolve_channels, layer_weights, mix
from dltui.engine.algorithms.convolution import output_size
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
METRICS = {
    "value": Metric("newest value of the output"),
    "error": Metric("greatest distance of small numbers, maps and grey from torch's convolution", better="lower"),
    "weights": Metric("numbers that the 32 kernels and their biases hold"),
    "sizes_right": Metric("layers of the table whose output and number of weights are those of torch's"),
    "colour": Metric("mean answer of the kernels that compare colours, on the photograph"),
    "colour_on_grey": Metric("their greatest answer, whatever the sign, when the photograph is made grey"),
}
NAMES = ("red", "green", "blue")
GREY = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)
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


def build(*, kernel: int = 3) -> Callable:
    """Returns (data, nets, device) -> Channels.

    kernel: rows and columns of the cube that is worked out number by number, at least 1, at most 3.
    """
    return partial(Channels, kernel=kernel)


class Channels:
    """Small whole numbers that the run's seed draws, and the first picture of the data.

    A step is a product of the first value, then a value; then the same with a 1 x 1 kernel. A map comes with each.
    """

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, kernel: int):
        if data.train.inputs.dim() != 4 or data.train.inputs.shape[1] != 3:
            raise DltuiError(
                "Channels are shown on pictures in colour; these data have none.",
                "Take: data.kind=photographs or data.kind=cifar10.",
                ExitStatus.DATA,
            )
        self.x = torch.randint(0, 4, (3, 4, 4)).double()
        cubes = (torch.randint(-2, 3, (3, kernel, kernel)), torch.randint(-2, 3, (3, 1, 1)))
        self.cubes = [cube.double() for cube in cubes]  # [(3, K, K), (3, 1, 1)]
        self.outputs = [convolve_channels(self.x, cube[None])[0] for cube in self.cubes]
        self.picture = as_floats(data.train.inputs[0]).double()  # (3, S, S)
        self.kernels = colour_kernels()  # (32, 3, 3, 3)
        self.maps = convolve_channels(self.picture, self.kernels)  # (32, S - 2, S - 2)
        self.grey = mix(self.picture, torch.tensor([GREY]).double())  # (1, S, S)
        self.measured = self._measure()
        self.place = nets["place"] = Counters(step=0)

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        number, done = self._work()
        newest = max(0, done - self.cubes[number].numel())
        return {"value": self.outputs[number].flatten()[newest].item()}

    def _work(self) -> tuple[int, int]:
        """Which of the two cubes is at work, and how many steps of it are done."""
        first, second = (cube.numel() + out.numel() - 1 for cube, out in zip(self.cubes, self.outputs, strict=True))
        step = self.place["step"]
        return (0, step) if step <= first else (1, min(step - first - 1, second))

    def evaluate(self) -> dict[str, float]:
        return self.measured

    def _measure(self) -> dict[str, float]:
        kernels = [(self.x, cube[None]) for cube in self.cubes] + [(self.picture, self.kernels)]
        found = [*(out[None] for out in self.outputs), self.maps, self.grey]
        kernels.append((self.picture, torch.tensor(GREY).double().view(1, 3, 1, 1)))
        errors = [(conv2d(x[None], w)[0] - y).abs().max() for (x, w), y in zip(kernels, found, strict=True)]
        on_grey = convolve_channels(self.grey.expand(3, -1, -1), self.kernels)
        return {
            "error": max(errors).item(),
            "weights": float(layer_weights(*self.kernels.shape[:3])),
            "sizes_right": float(sum(map(agrees_with_torch, LAYERS))),
            "colour": self.maps[DIRECTIONS:].abs().mean().item(),
            "colour_on_grey": on_grey[DIRECTIONS:].abs().max().item(),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        step = self.place["step"]
        yield Picture("cube", self._cube())
        if step <= len(self.kernels):
            yield Picture("one map", self._one(max(0, step - 1)))
            yield Picture("32 maps", self._sheet(step))
        if step == 0:
            cells = torch.stack([self.picture, *(plane.expand(3, -1, -1) for plane in (*self.picture, self.grey[0]))])
            captions = ["picture", *NAMES, "1 x 1: grey"]
            yield Picture("channels", montage(cells, columns=len(cells), captions=captions))
            yield Picture("layers", table())

    def _cube(self) -> dict:
        """Red, green, blue; the cube's three slices; the output so far, the newest window and value lit."""
        number, done = self._work()
        cube, out = self.cubes[number], self.outputs[number]
        K, products = cube.shape[-1], cube.numel()
        value, terms = max(0, done - products), min(done, products)
        shown = out.flatten().clone()
        shown[value + (terms == products) :] = torch.nan
        row, column = divmod(value, out.shape[1])
        grids = [{"title": name, "values": plane.numpy()} for name, plane in zip(NAMES, self.x, strict=True)]
        grids += [{"title": f"w {name[0]}", "values": part.numpy()} for name, part in zip(NAMES, cube, strict=True)]
        digits = max(len(f"{number:g}") for number in out.flatten().tolist())
        grids.append({"title": "output", "values": shown.view(out.shape).numpy(), "digits": digits})
        if done:
            self._light(grids, cube, (row, column), terms)
            grids[-1]["now"] = [(row, column)]
        signs = [" ", " ", "*", " ", " ", "="]
        title = f"3 channels, one kernel of {K} x {K} x 3: {products} products make one number"
        caption = self._sum(cube, (row, column), terms) if done else "the cube is laid on the first corner"
        return {"type": "grids", "grids": grids, "signs": signs, "title": title, "caption": caption}

    def _light(self, grids: list[dict], cube: Tensor, at: tuple[int, int], terms: int) -> None:
        """Marks the window in the channels that have been summed, and the newest product."""
        K = cube.shape[-1]
        cells = [(y, z) for y in range(K) for z in range(K)]
        for c in range(math.ceil(terms / len(cells))):
            grids[c]["lit"], grids[3 + c]["lit"] = [(at[0] + y, at[1] + z) for y, z in cells], cells
        if terms < cube.numel():
            c, k = divmod(terms - 1, len(cells))
            y, z = cells[k]
            grids[c]["now"], grids[3 + c]["now"] = [(at[0] + y, at[1] + z)], [cells[k]]

    def _sum(self, cube: Tensor, at: tuple[int, int], terms: int) -> str:
        """The channels' sums so far in words; the channel at work product by product."""
        K = cube.shape[-1]
        window = self.x[:, at[0] : at[0] + K, at[1] : at[1] + K].flatten(1)  # (3, K K)
        weights = cube.flatten(1)
        parts, whole = [], 0.0
        for c, name in enumerate(NAMES):
            seen = min(max(0, terms - c * K * K), K * K)
            if seen:
                total = (window[c, :seen] * weights[c, :seen]).sum().item()
                whole += total
                parts.append(f"{name} {total:g}")
        c, seen = divmod(terms - 1, K * K)
        newest = f"{window[c, seen].item():g}*{weights[c, seen].item():g}, " if terms < cube.numel() else ""
        return f"{newest}{' + '.join(parts)} = {whole:g}"

    def _shown_maps(self) -> Tensor:
        """(32, S - 2, S - 2) in 0..1, what is below 0 black; the eight of a contrast to their own brightest."""
        answers = self.maps.clamp(min=0).view(len(COLOURS), -1)
        white = answers.quantile(BRIGHT, dim=1, keepdim=True).clamp(min=1e-6)
        return (answers / white).clamp(0, 1).view(self.maps.shape)

    def _one(self, k: int) -> dict:
        """The picture, kernel k as a coloured picture, grey for 0, and the map that it makes."""
        cube, S = self.kernels[k], self.picture.shape[-1]
        cells = torch.zeros(3, *self.picture.shape, dtype=torch.float64)
        cells[0] = self.picture
        cells[1] = interpolate((0.5 + 0.5 * cube / cube.abs().max())[None], (S, S))[0]
        cells[2, :, 1:-1, 1:-1] = self._shown_maps()[k]
        row, column = divmod(k, DIRECTIONS)
        title = f"{list(COLOURS)[row]}, {column * 360 // DIRECTIONS} degrees"
        return montage(cells, columns=3, captions=["picture", "kernel", f"map {k + 1}"], title=title)

    def _sheet(self, count: int) -> dict:
        """The first maps, a row a contrast, a column a direction."""
        sheet = self._shown_maps()[:, None]  # (32, 1, S - 2, S - 2)
        sheet[count:] = 0
        return montage(sheet, columns=DIRECTIONS, least=8)  # as many as may be: they are to be compared


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


def agrees_with_torch(layer: tuple[int, int, int, int]) -> bool:
    """Whether output and number of weights of a layer of LAYERS are those of torch's."""
    size, C, kernels, K = layer
    convolution = nn.Conv2d(C, kernels, K)
    shape = convolution(torch.zeros(1, C, size, size)).shape[1:]
    counted = sum(p.numel() for p in convolution.parameters())
    side = output_size(size, K)
    return (kernels, side, side) == tuple(shape) and layer_weights(kernels, C, K) == counted


def table() -> dict:
    """The layers of LAYERS, in numbers."""
    rows = []
    for size, C, kernels, K in LAYERS:
        out, weights = output_size(size, K), layer_weights(kernels, C, K)
        rows.append([f"{size}x{size}x{C}", f"{kernels} of {K}x{K}x{C}", f"{weights:,}", f"{out}x{out}x{kernels}"])
    return {"type": "table", "columns": ["input", "kernels", "weights", "output"], "rows": rows}
