"""What a convolutional net has learned: its kernels, its maps of a picture, and what excites its units most."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.activation_maximisation import ascend, highest_if_linear
from dltui.engine.algorithms.receptive_field import Field, cut_out, field_of
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.activation_maximisation import climbs, kernels, maps_of, what_excites
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True),
    "accuracy": Metric("share of the test pictures classified rightly", better="higher", range=(0, 1)),
    "ratio": Metric("excitation of the made picture over that of the best test picture, the least of the chosen units"),
    "class_ratio": Metric("the same of the classes' units alone"),
    "reached": Metric(
        "excitation of the made picture over the most possible, the least of the first layer's chosen units"
    ),
}
ROWS = 500  # test pictures looked at together
ETA = 0.2  # how far the first step of an ascent moves pixels


class Layer(NamedTuple):
    """One layer of units, before their ReLU: what they answer everywhere, and what one of them sees of a picture."""

    name: str
    maps: Callable[[Tensor], Tensor]  # pictures (B, C, H, W) -> (B, units, h, w)
    field: Field


class Excited(NamedTuple):
    """The chosen units (n,) of a layer, and what excites them."""

    units: Tensor
    best: Tensor  # (n,) of all test pictures and places
    seen: Tensor  # (n, C, s, s) what the unit saw there
    made: Tensor  # (n, C, s, s) what it sees of the made picture
    path: Tensor  # (steps + 1, n) its excitation along the ascent
    possible: Tensor  # (n,) the most that any picture can do, were the unit linear

    @property
    def rise(self) -> Tensor:
        """path over best, (steps + 1, n); NaN for a unit that no test picture excites."""
        return torch.where(self.best > 0, self.path / self.best, torch.nan)


def build(*, units: int = 5, ascent: int = 60, penalty: float = 0.05, picture: int = 0) -> Callable:
    """Returns (data, nets, device) -> Features.

    units: units of each layer that are shown and compared, those that test pictures excite most, at least 1.
    ascent: steps of gradient ascent on a picture, at least 0.
    penalty: what a bright pixel costs in the ascent, as a share of the steepest slope, at least 0, below 1.
    picture: the test picture whose maps are shown, at least 0.
    """
    return partial(Features, units=units, ascent=ascent, penalty=penalty, picture=picture)


class Features:
    """A classifier of pictures with `features`, layers one after the other."""

    def __init__(
        self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, units: int, ascent: int, penalty: float,
        picture: int,
    ):  # fmt: skip
        self.net, self.classes = nets["model"], data.classes
        _check(data, self.net, picture)
        self.units, self.ascent, self.penalty, self.picture = units, ascent, penalty, picture
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)
        self.layers = self._layers()

    def _layers(self) -> list[Layer]:
        """Each convolution as far as its ReLU, then the classes: units that see the whole picture."""
        features = self.net.features
        depths = [depth for depth, module in enumerate(features) if isinstance(module, nn.ReLU)]
        layers = [
            Layer(f"layer {number}", features[:depth], field_of(features[:depth]))
            for number, depth in enumerate(depths, 1)
        ]
        whole = Field(self.inputs.shape[-1], 1, 0)
        return [*layers, Layer("classes", lambda x: self.net(x)[:, :, None, None], whole)]

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return cross_entropy(self.net(self.inputs[rows]), self.targets[rows])

    def evaluate(self) -> dict[str, float]:
        right = [
            (self.net(x).argmax(1) == y).float()
            for x, y in zip(self.test_inputs.split(ROWS), self.test_targets.split(ROWS), strict=True)
        ]
        excited = [self.excited(layer) for layer in self.layers]
        ratios = [units.rise[-1].min().item() for units in excited]
        return {
            "accuracy": torch.cat(right).mean().item(),
            "ratio": min(ratios),
            "class_ratio": ratios[-1],
            "reached": (excited[0].path[-1] / excited[0].possible).min().item(),
        }

    def excited(self, layer: Layer) -> Excited:
        """What excites the units most: of all test pictures, and of those that an ascent from grey can make."""
        strongest, where = (
            torch.cat(parts)
            for parts in zip(*(_peaks(layer, pictures) for pictures in self.test_inputs.split(ROWS)), strict=True)
        )
        best, row = strongest.max(0)  # (units,)
        units = best.topk(min(self.units, len(best))).indices.sort().values  # (n,)
        seen = cut_out(self.test_inputs[row[units]], layer.field, where[row[units], units])
        grey = torch.full((len(units), *self.inputs.shape[1:]), 0.5, device=self.inputs.device)
        middle = torch.tensor(layer.maps(grey).shape[2:]) // 2  # far from the edges, which a unit might feel

        def h(x: Tensor) -> Tensor:
            """Picture n is for unit n: (n, C, H, W) -> (n,)."""
            return layer.maps(x)[torch.arange(len(units)), units, middle[0], middle[1]]

        made, path = ascend(h, grey, self.ascent, ETA, self.penalty)
        patches = cut_out(made, layer.field, middle.expand(len(units), 2))
        possible = highest_if_linear(h, torch.zeros_like(grey))
        return Excited(units, best[units], seen, patches, path, possible)

    def pictures(self) -> Iterator[Picture]:
        """What excites the classes and the later layers, the kernels, a picture's maps, and how the ascents rise."""
        *hidden, classes = [self.excited(layer) for layer in self.layers]
        yield Picture("classes", what_excites(classes, [self.classes[unit] for unit in classes.units]))
        for layer, units in list(zip(self.layers, hidden, strict=False))[:0:-1]:
            yield Picture(layer.name, what_excites(units, [str(int(unit)) for unit in units.units]))
        yield Picture("kernels", kernels(self.net.features[0].weight, hidden[0]))
        yield Picture("maps", self._maps([units.units for units in hidden]))
        names = [layer.name for layer in self.layers]
        yield Picture("ascent", climbs(names, [units.rise for units in (*hidden, classes)]))

    def _maps(self, units: list[Tensor]) -> dict:
        """One test picture, and the maps (after ReLU) that the chosen units of each layer make of it."""
        x, y = self.test_inputs[self.picture : self.picture + 1], self.test_targets[self.picture]
        maps = [layer.maps(x)[0, of].relu() for layer, of in zip(self.layers, units, strict=False)]
        words = f"a {self.classes[y]}, the net says {self.classes[self.net(x).argmax()]}"
        return maps_of(x[0], maps, units, words)


def _peaks(layer: Layer, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Each unit's strongest answer to each picture, (B, units), and its row and column on the map, (B, units, 2)."""
    maps = layer.maps(pictures)
    strongest, place = maps.flatten(2).max(2)
    return strongest, torch.stack([place // maps.shape[3], place % maps.shape[3]], 2)


def _check(data: Dataset, net: nn.Module, picture: int) -> None:
    """Raises DltuiError (2) for rows that are no pictures, another sort of net, and a picture that there is not."""
    features = getattr(net, "features", ())
    if data.train.inputs.dim() != 4 or not any(isinstance(module, nn.ReLU) for module in features):
        raise DltuiError(
            f"Kernels and maps are shown of a convolutional net with ReLU on pictures, not of {type(net).__name__} on "
            f"rows of {tuple(data.train.inputs.shape[1:])}.",
            "Take model.kind=lenet or small_cnn, and data such as mnist or cifar10.",
            ExitStatus.USAGE,
        )
    if picture >= len(data.test.inputs):
        raise DltuiError(
            f"task.picture is {picture}; there are {len(data.test.inputs)} test pictures, the first is 0.",
            f"Set task.picture to {len(data.test.inputs) - 1} at most.",
            ExitStatus.USAGE,
        )
