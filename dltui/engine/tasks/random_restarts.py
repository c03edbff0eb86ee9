"""Little nets in the plane from many beginnings: what the best of them sees, and how many found it."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from dltui.engine.algorithms.threshold_units import Unit, formula
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.models.random_restarts import LittleNets
from dltui.engine.pictures.plane import decision_field
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a batch, the mean over all beginnings", better="lower", progress=True),
    "accuracy": Metric(
        "share of the test rows classified rightly by the net with the least training loss",
        better="higher",
        range=(0, 1),
    ),
    "least_loss": Metric("that net's loss on the training rows", better="lower"),
    "solved": Metric("share of the beginnings whose net has every test row right"),
    "product_weight": Metric(
        "weight of x1 x2 in that net, where those of x1 and x2 are 1 on the mean; where it is an input"
    ),
}
LEVELS = {"all of them": 1.0, "three quarters": 0.7, "half": 0.45, "a quarter": 0.0}  # test rows right, at least
POINTS = 200  # of a drawn border


def build() -> Callable:
    """Returns (data, nets, device) -> Beginnings."""
    return partial(Beginnings)


class Beginnings:
    """Copies of a net of kind little_nets, two classes of points (N, 2)."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device):
        self.net: LittleNets = nets["model"]
        self.classes, self.rows = data.classes, len(data.train.targets)
        self.inputs, self.targets = data.train.inputs.to(device), data.train.targets.to(device).float()
        self.test_inputs, self.test_targets = data.test.inputs.to(device), data.test.targets.to(device)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", lambda rows: self.losses(rows).mean())]

    def losses(self, rows: Tensor | slice) -> Tensor:
        """(copies,): each copy's mean loss over training rows."""
        logits = self.net(self.inputs[rows])
        wanted = self.targets[rows].expand_as(logits)
        return binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean(1)

    def accuracies(self) -> Tensor:
        """(copies,): of each copy on the test rows."""
        return ((self.net(self.test_inputs) > 0) == self.test_targets).float().mean(1)

    def evaluate(self) -> dict[str, float]:
        losses, accuracies = self.losses(slice(None)), self.accuracies()
        best = losses.argmin()
        values = {
            "accuracy": accuracies[best].item(),
            "least_loss": losses[best].item(),
            "solved": (accuracies == 1).float().mean().item(),
        }
        if self.net.names == ["x1", "x2", "x1 x2"]:
            w1, w2, product = self.net.v[best].tolist()
            values["product_weight"] = product / ((w1 + w2) / 2)
        return values

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        best = int(self.losses(slice(None)).argmin())

        def probability(plane: Tensor) -> Tensor:
            return torch.sigmoid(self.net(plane)[best])

        yield Picture("field", decision_field(probability, self.test_inputs, self.test_targets, self.classes))
        yield Picture("last layer", self._last_layer(best))
        yield Picture("beginnings", self._levels())

    def _last_layer(self, best: int) -> dict:
        """The test rows as the last layer is given them, and its border, which is straight there."""
        features = self.net.features(self.test_inputs)[best]  # (N, features)
        v, c = self.net.v[best], self.net.c[best]
        titles = self.net.names
        if len(titles) != 2:
            features, v, c = flattened(features, v, c)
            titles = ["along it", formula(Unit("", tuple(range(len(titles))), *scaled(self.net, best)), titles)]
        shown = features.cpu()
        return {
            "type": "scatter", "x": shown[:, 0].numpy(), "y": shown[:, 1].numpy(), "classes": list(self.classes),
            "label": self.test_targets.cpu().numpy(), "paths": [border(shown, v.cpu(), c.cpu())],
            "x_title": titles[0], "y_title": titles[1],
        }  # fmt: skip

    def _levels(self) -> dict:
        """How many beginnings have got how far."""
        least = list(LEVELS.values())
        reached = [next(k for k, bound in enumerate(least) if value >= bound) for value in self.accuracies().tolist()]
        title = f"rows that each of {len(reached)} beginnings has right"
        counts = [reached.count(k) for k in range(len(least))]
        return {"type": "bars", "labels": list(LEVELS), "values": counts, "title": title}


def scaled(net: LittleNets, copy: int) -> tuple[tuple[float, ...], float]:
    """A copy's last weights and bias with the first weight 1 or -1: the border is the same, and easier to read."""
    size = net.v[copy, 0].abs().clamp(min=1e-9)
    return tuple((net.v[copy] / size).tolist()), (net.c[copy] / size).item()


def flattened(features: Tensor, v: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Points (N, D) -> (N, 2): what differs most along the border v f + c = 0, and distance from it; the border there.

    The border of a plane in space stays a straight line when one looks along it.
    """
    normal = v / v.norm().clamp(min=1e-9)
    distance = features @ normal + c / v.norm().clamp(min=1e-9)
    along = features - (features @ normal)[:, None] * normal
    direction = torch.linalg.svd(along - along.mean(0), full_matrices=False).Vh[0]
    direction = direction * direction[direction.abs().argmax()].sign()  # the same side up in every picture
    return torch.stack([along @ direction, distance], 1), v.new_tensor([0.0, 1.0]), c.new_zeros(())


def border(points: Tensor, v: Tensor, c: Tensor) -> dict:
    """Returns the path v f + c = 0, NaN where it leaves the rectangle that the points (N, 2) take up."""
    low, high = points.amin(0), points.amax(0)
    square = v.square().sum().clamp(min=1e-12)
    middle = (low + high) / 2
    nearest = middle - (v @ middle + c) / square * v
    along = torch.stack([-v[1], v[0]]) / square.sqrt()
    path = nearest + torch.linspace(-1, 1, POINTS)[:, None] * (high - low).norm() * along
    path = path.where(((path >= low) & (path <= high)).all(1, keepdim=True), torch.nan)
    return {"x": path[:, 0].numpy(), "y": path[:, 1].numpy()}
