"""How much of the gradient reaches each layer of a deep net: four nets side by side (Hochreiter 1991)."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.models.deep_mlp import DeepMLP
from dltui.recipes.metric import Metric

MODELS = ("sigmoid", "tanh", "relu", "skip")
METRICS = {
    "loss_sigmoid": Metric(
        "training loss of a batch of the net of this name, so for all", better="lower", progress=True
    ),
    "loss_tanh": Metric("the same", better="lower", progress=True),
    "loss_relu": Metric("the same", better="lower", progress=True),
    "loss_skip": Metric("the same", better="lower", progress=True),
    "ratio_sigmoid": Metric("norm of the gradient in the first of the equal layers, as a share of that in the last"),
    "ratio_tanh": Metric("the same"),
    "ratio_relu": Metric("the same"),
    "ratio_skip": Metric("the same"),
    "accuracy_sigmoid": Metric("share of the test rows classified rightly", better="higher", range=(0, 1)),
    "accuracy_tanh": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_relu": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_skip": Metric("the same", better="higher", range=(0, 1)),
}
ROWS = 256  # training rows that a gradient is measured on


def build(*, deepest: int = 30) -> Callable:
    """Returns (data, nets, device) -> GradientFlow.

    deepest: greatest depth at which untrained nets are compared, at least 2.
    """
    return partial(GradientFlow, deepest=deepest)


class GradientFlow:
    """Nets of kind deep_mlp, trained on the same batches."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, deepest: int):
        self.nets: dict[str, DeepMLP] = {role: nets[role] for role in MODELS}
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)
        self.depths = list(range(2, deepest + 1, 2))
        self.untrained = {
            role: [ratio(self.norms(net.with_depth(depth))) for depth in self.depths] for role, net in self.nets.items()
        }

    def objectives(self) -> list[Objective]:
        return [Objective(f"loss_{role}", role, partial(self.loss, net)) for role, net in self.nets.items()]

    def loss(self, net: DeepMLP, rows: Tensor) -> Tensor:
        return cross_entropy(net(self.inputs[rows]), self.targets[rows])

    def norms(self, net: DeepMLP) -> Tensor:
        """(depth,): of the gradient in each layer, for the first training rows."""
        with torch.enable_grad():
            return gradient_norms(net, cross_entropy(net(self.inputs[:ROWS]), self.targets[:ROWS]))

    def evaluate(self) -> dict[str, float]:
        values = {}
        for role, net in self.nets.items():
            values[f"ratio_{role}"] = ratio(self.norms(net))
            right = net(self.test_inputs).argmax(1) == self.test_targets
            values[f"accuracy_{role}"] = right.float().mean().item()
        return values

    def pictures(self) -> Iterator[Picture]:
        """The norm in every layer now; and first layer to last in untrained nets of every depth."""
        layers = []
        for role, net in self.nets.items():
            norms = self.norms(net).cpu()
            layers.append({"name": role, "x": torch.arange(1, len(norms) + 1).numpy(), "y": norms.numpy()})
        axes = {"x_title": "layer, from the input", "y_title": "norm of the gradient", "log_y": True}
        yield Picture("gradients", {"type": "lines", "curves": layers, **axes})
        curves = [{"name": role, "x": self.depths, "y": ratios} for role, ratios in self.untrained.items()]
        axes = {"x_title": "depth, untrained", "y_title": "first / last", "log_y": True}
        yield Picture("depths", {"type": "lines", "curves": curves, **axes})


def ratio(norms: Tensor) -> float:
    """The first layer's as a share of the last's."""
    return (norms[0] / norms[-1]).item()


def gradient_norms(net: DeepMLP, loss: Tensor) -> Tensor:
    """Returns the norm of the loss's gradient in the weights of each of the equal layers (depth,)."""
    gradients = torch.autograd.grad(loss, [layer.weight for layer in net.layers])
    return torch.stack([gradient.double().norm() for gradient in gradients])
