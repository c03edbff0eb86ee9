"""Feature maps: one picture on its way through the layers of a convolutional net."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import ROWS, Classify
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

TASKS = ("classify",)
LIVE = ("picture",)
METRICS = {
    "label_probability": Metric(
        "predicted probability of the label of the picture that is shown", range=(0, 1), rows="test"
    ),
}
LEAST = 6  # points of the terminal that a map must have: deep ones have few cells, and all layers are to be seen


def build(
    *, picture: int = 0, maps: int = 4, choice: Literal["first", "strongest"] = "first"
) -> Callable[[Classify], "FeatureMaps"]:
    """For a net with `features`, layers one after the other, each as far as its ReLU.

    picture: the test picture that is shown, at least 0; past the last one it begins again with the first.
    maps: feature maps of each layer that are shown, at least 1.
    choice: which of them: the first, or those of the units that test pictures activate most.
    """
    return partial(FeatureMaps, picture=picture, maps=maps, choice=choice)


def relu_depths(net: nn.Module) -> list[int]:
    """Returns the depths in `features` of a convolutional net, each just behind a ReLU. Raises DltuiError (2)."""
    features = getattr(net, "features", ())
    depths = [depth for depth, module in enumerate(features, 1) if isinstance(module, nn.ReLU)]
    if not depths:
        raise DltuiError(
            f"Feature maps are shown of a convolutional net with ReLU, not of {type(net).__name__}.",
            "Set model.kind to small_cnn or lenet.",
            ExitStatus.USAGE,
        )
    return depths


class FeatureMaps:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify, picture: int, maps: int, choice: str):
        self.task, self.rows = task, task.rows.pictures()
        self.picture, self.maps, self.choice = picture, maps, choice
        self.layers = [task.net.features[:depth] for depth in relu_depths(task.net)]

    def _shown(self) -> tuple[Tensor, int]:
        """The picture (1, C, H, W) and its class."""
        row = self.picture % len(self.rows.test)
        return self.rows.test.inputs[row : row + 1], int(self.rows.test.targets[row])

    def evaluate(self) -> dict[str, float]:
        x, y = self._shown()
        return {"label_probability": self.task.probabilities(x)[0, y].item()}

    def pictures(self) -> Iterator[Picture]:
        x, y = self._shown()
        units = [self._units(layer) for layer in self.layers]
        maps = [layer(x)[0, of] for layer, of in zip(self.layers, units, strict=True)]  # (n, h, w), at least 0 each
        p, prediction = self.task.probabilities(x)[0].max(0)
        title = f"label {self.rows.classes[y]}, prediction {self.rows.classes[prediction]} ({p.item():.0%})"
        yield Picture("feature maps", maps_picture(x[0], maps, units, title))

    def _units(self, layer: nn.Sequential) -> Tensor:
        """The numbers (n,) of the units whose maps are shown."""
        if self.choice == "first":
            return torch.arange(min(self.maps, layer(self._shown()[0]).shape[1]))
        strongest = torch.stack([layer(part).amax((0, 2, 3)) for part in self.rows.test.inputs.split(ROWS)]).amax(0)
        return strongest.topk(min(self.maps, len(strongest))).indices.sort().values


def maps_picture(picture: Tensor, maps: list[Tensor], units: list[Tensor], title: str) -> dict:
    """Returns the payload `image`: a row a layer, on the left its input, the brightest at each place, then its maps.

    picture: (C, H, W). maps: of each layer (n, h, w), at least 0. units: their numbers.
    """
    size = picture.shape[1:]
    columns = 1 + max(map(len, maps))
    cells, captions = [], []
    input_ = picture.amax(0)
    for number, (of_layer, names) in enumerate(zip(maps, units, strict=True), 1):
        bright = of_layer / of_layer.amax().clamp(min=1e-12)  # a layer's maps to one scale
        row = [input_, *interpolate(bright[None], size=size)[0]]
        cells += [*row, *[torch.zeros_like(input_)] * (columns - len(row))]
        captions += [f"layer {number}", *[f"unit {unit}" for unit in names.tolist()]]
        captions += [""] * (columns - len(row))
        input_ = torch.stack(row[1:]).amax(0)
    return montage(torch.stack(cells)[:, None], columns=columns, captions=captions, title=title, least=LEAST)
