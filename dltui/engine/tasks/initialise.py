"""First weights: one deep net begun in five ways, what is left of the activations in each layer, and who learns."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.initialisation import INITIALISATIONS
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.models.deep_mlp import DeepMLP
from dltui.engine.pictures.units import passes
from dltui.recipes.metric import Metric

MODELS = ("zeros", "constant", "normal", "xavier", "he")
METRICS = {
    "loss_zeros": Metric("training loss of a batch of the net of this name, so for all", better="lower", progress=True),
    "loss_constant": Metric("the same", better="lower", progress=True),
    "loss_normal": Metric("the same", better="lower", progress=True),
    "loss_xavier": Metric("the same", better="lower", progress=True),
    "loss_he": Metric("the same", better="lower", progress=True),
    "accuracy_zeros": Metric("share of the test rows classified rightly", better="higher", range=(0, 1)),
    "accuracy_constant": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_normal": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_xavier": Metric("the same", better="higher", range=(0, 1)),
    "accuracy_he": Metric("the same", better="higher", range=(0, 1)),
    "spread_zeros": Metric("deviation of the activations of the last hidden layer, as a share of that of the first"),
    "spread_constant": Metric("the same"),
    "spread_normal": Metric("the same"),
    "spread_xavier": Metric("the same"),
    "spread_he": Metric("the same"),
    "units_zeros": Metric("units of the last hidden layer that do not answer alike to every row"),
    "units_constant": Metric("the same"),
    "units_normal": Metric("the same"),
    "units_xavier": Metric("the same"),
    "units_he": Metric("the same"),
    "uneven_he": Metric("factor, at most, between the spread in the first layer and in any other"),
    "moved_zeros": Metric("greatest change of a weight since the start, biases aside"),
}
ROWS = 256  # rows that activations and gradients are measured on
ALIKE = 1e-4  # of the greatest activation: closer answers are the same


def build() -> Callable:
    """Returns (data, nets, device) -> Initialise."""
    return Initialise


class Initialise:
    """Nets of kind deep_mlp, each begun as its role says and trained on the same batches."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device):
        self.nets: dict[str, DeepMLP] = {role: nets[role] for role in MODELS}
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)
        with torch.no_grad():
            for role, net in self.nets.items():
                for layer in linear_layers(net):
                    INITIALISATIONS[role](layer.weight)
                    layer.bias.zero_()
            self.untrained = self.forward()

    def objectives(self) -> list[Objective]:
        return [Objective(f"loss_{role}", role, partial(self.loss, net)) for role, net in self.nets.items()]

    def loss(self, net: DeepMLP, rows: Tensor) -> Tensor:
        return cross_entropy(net(self.inputs[rows]), self.targets[rows])

    def activations(self, net: DeepMLP) -> list[Tensor]:
        """The outputs (rows, units) of each hidden layer for the first training rows."""
        return [each.outputs for each in passes(net, self.inputs[:ROWS])]

    def evaluate(self) -> dict[str, float]:
        found = {}
        for role, net in self.nets.items():
            right = net(self.test_inputs).argmax(1) == self.test_targets
            hidden = self.activations(net)
            spread = spreads(hidden)
            found[f"accuracy_{role}"] = right.float().mean().item()
            found[f"spread_{role}"] = (spread[-1] / spread[0]).nan_to_num(0.0).item()  # nothing of nothing: 0
            found[f"units_{role}"] = different(hidden[-1])
            if role == "he":
                found["uneven_he"] = torch.maximum(spread / spread[0], spread[0] / spread).max().item()
        moved = [layer.weight.abs().max() for layer in linear_layers(self.nets["zeros"])]  # they began at 0
        found["moved_zeros"] = torch.stack(moved).max().item()
        return found

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """What is left going forward, now and at the start; what is left going back; and all in numbers."""
        title = "deviation of the activations"
        yield Picture("activations", lines(self.forward(), 0, title))
        yield Picture("at the start", lines(self.untrained, 0, title))
        gradients = {role: self.gradients(net) for role, net in self.nets.items()}
        yield Picture("gradients", lines(gradients, 1, "gradient of a weight, root mean square"))
        yield Picture("numbers", self._table())

    def forward(self) -> dict[str, Tensor]:
        """Role -> deviation (1 + layers,) of the input and of what each hidden layer makes of it."""
        return {role: spreads([self.inputs[:ROWS], *self.activations(net)]) for role, net in self.nets.items()}

    def gradients(self, net: DeepMLP) -> Tensor:
        """(layers,): root mean square of the loss's gradient in the weights of each layer, the last one's too."""
        weights = [layer.weight for layer in linear_layers(net)]
        with torch.enable_grad():
            loss = cross_entropy(net(self.inputs[:ROWS]), self.targets[:ROWS])
            gradients = torch.autograd.grad(loss, weights)
        return torch.stack([gradient.double().square().mean().sqrt() for gradient in gradients])

    def _table(self) -> dict:
        found, rows = self.evaluate(), []
        for role, net in self.nets.items():
            units = f"{found[f'units_{role}']} of {net.head.in_features}"
            rows.append([role, found[f"spread_{role}"], units, found[f"accuracy_{role}"]])
        return {"type": "table", "columns": ["", "last / first", "different units", "accuracy"], "rows": rows}


def linear_layers(net: DeepMLP) -> list[nn.Linear]:
    """All of the net's layers with weights, from the input to the logits."""
    return [net.first, *net.layers, net.head]


def spreads(hidden: list[Tensor]) -> Tensor:
    """Returns the deviation (layers,) over all rows and units of each layer."""
    return torch.stack([each.double().std(correction=0) for each in hidden])


def different(hidden: Tensor) -> int:
    """Returns how many of the units of hidden (rows, units) do not answer alike."""
    steps = (hidden / (ALIKE * hidden.abs().max().clamp(min=1e-30))).round()
    return steps.unique(dim=1).shape[1]


def lines(values: dict[str, Tensor], first: int, title: str) -> dict:
    """Returns the payload `lines` of values (layers,) by name; what is 0 has no place on the axis."""
    curves = [
        {"name": name, "x": torch.arange(first, first + len(each)).numpy(), "y": each.cpu().numpy()}
        for name, each in values.items()
    ]
    return {"type": "lines", "curves": curves, "x_title": "layer, from the input", "y_title": title, "log_y": True}
