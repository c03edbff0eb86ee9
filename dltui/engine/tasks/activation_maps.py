"""Classification by a convolutional net, watched from inside: one picture on its way through the layers' maps."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.activation_maximisation import maps_of
from dltui.engine.tasks import classify
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
LIVE = ("picture",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True),
    "test_loss": Metric("mean loss on the test rows", better="lower"),
    "accuracy": Metric("share of the test rows classified rightly", better="higher", range=(0, 1)),
    "share": Metric("share of the answer that the net gives to the true class of the picture that is watched"),
}


def build(*, picture: int = 0, maps: int = 4) -> Callable:
    """Returns (data, nets, device) -> ActivationMaps.

    picture: the test picture that is watched, at least 0.
    maps: maps of each layer that are shown, the first ones, at least 1.
    """
    return partial(ActivationMaps, picture=picture, maps=maps)


class ActivationMaps:
    """A classifier of pictures with `features`, layers one after the other, each as far as a ReLU."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, picture: int, maps: int):
        self.net, self.classes, self.maps = nets["model"], data.classes, maps
        features = getattr(self.net, "features", ())
        self.depths = [depth for depth, module in enumerate(features, 1) if isinstance(module, nn.ReLU)]
        if data.train.inputs.dim() != 4 or not self.depths:
            raise DltuiError(
                f"Maps are shown of a convolutional net with ReLU on pictures, not of {type(self.net).__name__} on "
                f"rows of {tuple(data.train.inputs.shape[1:])}.",
                "Take model.kind=small_cnn or lenet, and data such as mnist or cifar10.",
                ExitStatus.USAGE,
            )
        self.classify = classify.build()(data, nets, device)
        self.rows, self.picture = self.classify.rows, picture

    def objectives(self) -> list[Objective]:
        return self.classify.objectives()

    def evaluate(self) -> dict[str, float]:
        x, y = self._watched()
        return {**self.classify.evaluate(), "share": self.net(x).softmax(1)[0, y].item()}

    def pictures(self) -> Iterator[Picture]:
        """The maps; then what is taken for what, and the worst mistakes."""
        x, y = self._watched()
        activations, units = [], []
        for depth in self.depths:
            maps = self.net.features[:depth](x)[0, : self.maps]  # (n, h, w), at least 0 behind a ReLU
            activations.append(maps)
            units.append(torch.arange(len(maps)))
        p, best = self.net(x).softmax(1)[0].max(0)
        words = f"a {self.classes[y]}; the net says {self.classes[best]}, {p.item():.0%} sure"
        yield Picture("maps", maps_of(x[0], activations, units, words))
        yield from self.classify.pictures()

    def _watched(self) -> tuple[Tensor, int]:
        """The picture (1, C, H, W) and its class; past the last one it begins again with the first."""
        row = self.picture % len(self.classify.test_inputs)
        return self.classify.test_inputs[row : row + 1], int(self.classify.test_targets[row])
