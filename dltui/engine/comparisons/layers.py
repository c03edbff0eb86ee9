"""What reaches each layer: activations on the way forward, gradients on the way back, a line a variant.

Hochreiter 1991; Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
"""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.units import passes
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines, Table

TASKS = ("classify",)
METRICS = {
    "layer_std_ratio": Metric(
        "standard deviation of activations in the last hidden layer over that in the first", log=True, rows="train"
    ),
    "max_std_factor": Metric(
        "greatest factor between the standard deviation of the activations in the first hidden layer and in any other;"
        " while none is 0",
        better="lower",
        range=(1, None),
        log=True,
        rows="train",
    ),
    "distinct_units": Metric(
        "different units of the last hidden layer, over the rows",
        better="higher",
        range=(0, None),
        whole=True,
        unit="units",
        rows="train",
    ),
    "max_weight_change": Metric("greatest change of a weight since the start, biases aside", range=(0, None)),
    "grad_norm_ratio": Metric(
        "gradient norm in the first of the equal hidden layers over that in the last", log=True, rows="train"
    ),
}
ROWS = 256  # training rows that activations and gradients are measured on
ALIKE = 1e-4  # of the greatest activation: closer answers are the same


def build(*, activations: bool = True, deepest: int = 0) -> Callable[[Mapping[str, Classify]], "Layers"]:
    """The norm of the gradient in each layer; activations, and untrained nets of other depths.

    activations: whether their standard deviation in each layer is measured and drawn, now and at the start.
    deepest: depth to which untrained nets of kind deep_mlp are compared by the share of the gradient that is left in
        the first layer, at least 0; 0 leaves it out.
    """
    return lambda tasks: Layers(tasks, activations, deepest)


class Layers:
    """See contracts.probe.Comparison."""

    def __init__(self, tasks: Mapping[str, Classify], activations: bool, deepest: int):
        self.tasks, self.activations = tasks, activations
        self.depths = list(range(2, deepest + 1, 2))
        self.initial = {
            name: [layer.weight.detach().clone() for layer in linear(task.net)] for name, task in tasks.items()
        }
        with torch.no_grad():
            self.start = self.stds() if activations else {}
        with torch.random.fork_rng():  # the nets in training draw what they would have drawn
            self.untrained = {name: self._by_depth(task) for name, task in tasks.items()} if self.depths else {}

    def _by_depth(self, task: Classify) -> list[float]:
        return [ratio(grad_norms(task, task.net.with_depth(depth))) for depth in self.depths]

    def hidden(self, task: Classify) -> list[Tensor]:
        """The outputs (rows, units) of each hidden layer."""
        return [each.outputs for each in passes(task.net, task.rows.train.inputs[:ROWS])]

    def stds(self) -> dict[str, Tensor]:
        """Variant -> standard deviation (1 + layers,) of the inputs and of what each hidden layer makes of them."""
        return {name: stds([task.rows.train.inputs[:ROWS], *self.hidden(task)]) for name, task in self.tasks.items()}

    def evaluate(self) -> dict[str, dict[str, float]]:
        return {name: self._measured(name, task) for name, task in self.tasks.items()}

    def _measured(self, name: str, task: Classify) -> dict[str, float]:
        if not self.activations:
            return {"grad_norm_ratio": ratio(grad_norms(task, task.net))}
        hidden = self.hidden(task)
        std = stds(hidden)
        layers = zip(linear(task.net), self.initial[name], strict=True)
        changes = [(layer.weight - before).abs().max() for layer, before in layers]
        factors = {"max_std_factor": torch.maximum(std / std[0], std[0] / std).max().item()} if std.all() else {}
        return factors | {
            "layer_std_ratio": (std[-1] / std[0]).nan_to_num(0.0).item(),  # nothing of nothing: 0
            "distinct_units": distinct(hidden[-1]),
            "max_weight_change": torch.stack(changes).max().item(),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """What is left going forward, now and at the start; what is left going back; depths; and numbers."""
        if self.activations:
            title = "deviation of the activations"
            yield Picture("activations", by_layer(self.stds(), 0, title))
            yield Picture("at the start", by_layer(self.start, 0, title))
        norms = {name: grad_norms(task, task.net) for name, task in self.tasks.items()}
        yield Picture("gradients", by_layer(norms, 1, "norm of the gradient"))
        if self.depths:
            curves = [Curve(name=name, x=self.depths, y=ratios) for name, ratios in self.untrained.items()]
            yield Picture(
                "depths", Lines(curves=curves, x_title="depth, untrained", y_title="first / last", log_y=True)
            )
        if self.activations:
            yield Picture("numbers", self._table())

    def _table(self) -> Table:
        rows = []
        for name, task in self.tasks.items():
            values, units = self._measured(name, task), linear(task.net)[-1].in_features
            accuracy = task.evaluate()["accuracy"]
            rows.append([name, values["layer_std_ratio"], f"{values['distinct_units']} of {units}", accuracy])
        return Table(columns=["", "last / first", "different units", "accuracy"], rows=rows)


def linear(net: nn.Module) -> list[nn.Linear]:
    """All linear layers of a net, from the input to the logits."""
    return net.linear if hasattr(net, "linear") else [layer for layer in net.modules() if isinstance(layer, nn.Linear)]


def grad_norms(task: Classify, net: nn.Module) -> Tensor:
    """Returns the norm of the loss's gradient in the weights of each linear layer of a net (layers,) float64."""
    train = task.rows.train
    with torch.enable_grad():
        loss = task.criterion(net(train.inputs[:ROWS]), train.targets[:ROWS])
        gradients = torch.autograd.grad(loss, [layer.weight for layer in linear(net)])
    return torch.stack([gradient.double().norm() for gradient in gradients])


def ratio(norms: Tensor) -> float:
    """norms (layers,) -> the second layer's as a share of the last but one's: all between are of one size."""
    return (norms[1] / norms[-2]).item()


def stds(hidden: list[Tensor]) -> Tensor:
    """Returns the standard deviation (layers,) over all rows and units of each layer."""
    return torch.stack([each.double().std(correction=0) for each in hidden])


def distinct(hidden: Tensor) -> int:
    """Returns how many of the units of hidden (rows, units) do not answer alike."""
    steps = (hidden / (ALIKE * hidden.abs().max().clamp(min=1e-30))).round()
    return steps.unique(dim=1).shape[1]


def by_layer(values: dict[str, Tensor], first: int, title: str) -> Lines:
    """Values (layers,) by name; what is 0 has no place on the axis."""
    curves = [
        Curve(name=name, x=torch.arange(first, first + len(each)).numpy(), y=each.cpu().numpy())
        for name, each in values.items()
    ]
    return Lines(curves=curves, x_title="layer, from the input", y_title=title, log_y=True)
