"""Activation maximisation (Erhan, Bengio, Courville, Vincent 2009, "Visualizing higher-layer features of a deep
network"): x* = argmax h(theta, x) over the pictures x that are allowed, by gradient ascent with theta held fixed.

The paper allows pictures of one length, |x| = rho; here those whose pixels lie in 0..1, as every picture's do.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from dltui.engine.algorithms.receptive_field import Field, cut_out, field_of
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.probes.feature_maps import relu_depths
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

TASKS = ("classify",)
METRICS = {
    "activation_ratio": Metric(
        "activation, made over best test picture; least of the chosen units", better="higher", rows="test"
    ),
    "class_activation_ratio": Metric(
        "activation, made over best test picture; least of the classes", better="higher", rows="test"
    ),
    "optimum_ratio": Metric(
        "activation by the made picture over the highest that there is, the least of the first layer's chosen units",
        better="higher",
        range=(None, 1),
    ),
}
ROWS = 500  # test pictures looked at together
ETA = 0.2  # how far the first step of an ascent moves pixels


class Layer(NamedTuple):
    """One layer of units, before their ReLU: their activations everywhere, and what one of them sees of a picture."""

    name: str
    maps: Callable[[Tensor], Tensor]  # pictures (B, C, H, W) -> (B, units, h, w)
    field: Field


class Maximised(NamedTuple):
    """The chosen units (n,) of a layer, and what activates them most."""

    units: Tensor
    best: Tensor  # (n,) their activation, the highest of all test pictures and places
    seen: Tensor  # (n, C, s, s) what the unit saw there
    made: Tensor  # (n, C, s, s) what it sees of the picture made for it
    path: Tensor  # (steps + 1, n) its activation along the ascent
    optimum: Tensor  # (n,) the highest that there is, were the unit linear in the picture

    @property
    def ratio(self) -> Tensor:
        """path over best, (steps + 1, n); NaN for a unit that no test picture activates."""
        return torch.where(self.best > 0, self.path / self.best, torch.nan)


def build(*, units: int = 5, ascent: int = 60, penalty: float = 0.05) -> Callable[[Classify], "ActivationMaximisation"]:
    """For a net with `features`, layers one after the other.

    units: units of each layer that are shown and compared, those that test pictures activate most, at least 1.
    ascent: steps of gradient ascent on a picture, at least 0.
    penalty: what a bright pixel costs in the ascent, as a share of the steepest slope, at least 0, below 1.
    """
    return partial(ActivationMaximisation, units=units, ascent=ascent, penalty=penalty)


class ActivationMaximisation:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify, units: int, ascent: int, penalty: float):
        self.task, self.rows = task, task.rows.pictures()
        self.units, self.ascent, self.penalty = units, ascent, penalty
        self.layers = self._layers()

    def _layers(self) -> list[Layer]:
        """Each convolution as far as its ReLU, then the classes: units that see the whole picture."""
        features = [self.task.net.features[: depth - 1] for depth in relu_depths(self.task.net)]
        layers = [Layer(f"layer {number}", of, field_of(of)) for number, of in enumerate(features, 1)]
        whole = Field(self.rows.train.stored.shape[-1], 1, 0)
        return [*layers, Layer("classes", lambda x: self.task.net(x)[:, :, None, None], whole)]

    def evaluate(self) -> dict[str, float]:
        layers = [self.maximised(layer) for layer in self.layers]
        ratios = [units.ratio[-1].min().item() for units in layers]
        return {
            "activation_ratio": min(ratios),
            "class_activation_ratio": ratios[-1],
            "optimum_ratio": (layers[0].path[-1] / layers[0].optimum).min().item(),
        }

    def maximised(self, layer: Layer) -> Maximised:
        """What activates the units most: of all test pictures, and of those that an ascent from grey can make."""
        pictures = self.rows.test.inputs
        strongest, where = (
            torch.cat(parts) for parts in zip(*(_peaks(layer, part) for part in pictures.split(ROWS)), strict=True)
        )
        best, row = strongest.max(0)  # (units,)
        units = best.topk(min(self.units, len(best))).indices.sort().values  # (n,)
        seen = cut_out(pictures[row[units]], layer.field, where[row[units], units])
        grey = torch.full((len(units), *pictures.shape[1:]), 0.5, device=pictures.device)
        middle = torch.tensor(layer.maps(grey).shape[2:]) // 2  # far from the edges, which a unit might feel

        def h(x: Tensor) -> Tensor:
            """Picture n is for unit n: (n, C, H, W) -> (n,)."""
            return layer.maps(x)[torch.arange(len(units)), units, middle[0], middle[1]]

        made, path = ascend(h, grey, self.ascent, ETA, self.penalty)
        patches = cut_out(made, layer.field, middle.expand(len(units), 2))
        optimum = highest_if_linear(h, torch.zeros_like(grey))
        return Maximised(units, best[units], seen, patches, path, optimum)

    def pictures(self) -> Iterator[Picture]:
        """What activates the classes and the later layers most, the kernels, and how the ascents rise."""
        *hidden, classes = [self.maximised(layer) for layer in self.layers]
        yield Picture("classes", made_and_seen(classes, [self.rows.classes[unit] for unit in classes.units]))
        for layer, units in list(zip(self.layers, hidden, strict=False))[:0:-1]:
            yield Picture(layer.name, made_and_seen(units, [str(int(unit)) for unit in units.units]))
        yield Picture("kernels", kernels(self.task.net.features[0].weight, hidden[0]))
        names = [layer.name for layer in self.layers]
        yield Picture("ascent", ascents(names, [units.ratio for units in (*hidden, classes)]))


def _peaks(layer: Layer, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Each unit's highest activation by each picture, (B, units), and its row and column on the map, (B, units, 2)."""
    maps = layer.maps(pictures)
    strongest, place = maps.flatten(2).max(2)
    return strongest, torch.stack([place // maps.shape[3], place % maps.shape[3]], 2)


# -- the ascent --------------------------------------------------------------------------------------------------------


def ascend(
    h: Callable[[Tensor], Tensor], x: Tensor, steps: int, eta: float, penalty: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Returns the pictures (B, C, H, W) that the ascent comes to from x, and h before and after each step (steps+1, B).

    h: pictures -> the activation (B,) of each one's own unit; no picture's h depends on another picture.
    eta: how far the first step moves the pixels, in root mean square; steps shrink to 0 along the way.
    penalty: what a bright pixel costs, as a share of the steepest slope dh/dx: those that give less go black.
    """
    path = []
    for step in range(steps):
        activation, gradient = _with_gradient(h, x)
        steepest = gradient.abs().amax((1, 2, 3), keepdim=True)
        seen = gradient != 0  # what a unit does not look at stays as it is
        pull = torch.where(seen, gradient - penalty * steepest, 0)
        length = (pull.square().sum((1, 2, 3)) / seen.sum((1, 2, 3)).clamp(min=1)).sqrt().clamp(min=1e-12)
        x = (x + eta * (1 - step / steps) * pull / length[:, None, None, None]).clamp(0, 1)
        path.append(activation)
    return x, torch.stack([*path, _with_gradient(h, x)[0]])


def highest_if_linear(h: Callable[[Tensor], Tensor], black: Tensor) -> Tensor:
    """Returns the highest activation (B,) of units linear in x: h = b + w.x is highest where x is 1 if w > 0, else 0.

    black: pictures (B, C, H, W) of zeros.
    """
    b, w = _with_gradient(h, black)
    return b + w.clamp(min=0).sum((1, 2, 3))


def _with_gradient(h: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """h(x) and dh/dx, wherever gradients are off; weights get none."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        activation = h(x)
        return activation.detach(), torch.autograd.grad(activation.sum(), x)[0]


# -- pictures ----------------------------------------------------------------------------------------------------------


def made_and_seen(of: Maximised, names: list[str]) -> dict:
    """Returns the payload `image`: made pictures above, of the test pictures those that activate a unit most below."""
    captions = [f"{name}: {h:.3g}" for name, h in zip(names, of.path[-1].tolist(), strict=True)]
    captions += [f"test: {h:.3g}" for h in of.best.tolist()]
    rows = ["made", "the test's best"]
    return montage(torch.cat([of.made, of.seen]), columns=len(names), row_titles=rows, captions=captions)


def kernels(weight: Tensor, of: Maximised) -> dict:
    """Returns the payload `image` of the chosen kernels of weight (units, C, k, k) above what activates them most."""
    chosen = weight[of.units]
    # each to its own scale: its strongest weight is black or white
    shown = 0.5 + 0.5 * chosen / chosen.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    captions = [f"#{unit}" for unit in of.units.tolist()]
    captions += [f"{h:.3g}" for h in (*of.path[-1].tolist(), *of.best.tolist())]
    rows = ["kernel", "made for it", "the test's best"]
    return montage(torch.cat([shown, of.made, of.seen]), columns=len(chosen), row_titles=rows, captions=captions)


def ascents(names: list[str], ratios: list[Tensor]) -> Lines:
    """Of each layer the unit that ends lowest, its activation over the best test picture's (steps + 1, n) by step."""
    curves = []
    for name, ratio in zip(names, ratios, strict=True):
        lowest = ratio[:, ratio[-1].argmin()].cpu().numpy()
        curves.append(Curve(name=name, x=list(range(len(lowest))), y=lowest))
    curves.append(Curve(name="best test picture", x=[0, len(ratios[0]) - 1], y=[1.0, 1.0]))
    return Lines(curves=curves, x_title="steps of ascent", y_title="activation / test's best")
