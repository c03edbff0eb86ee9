"""The same net in scikit-learn's MLPClassifier, on the same batches: from the same first weights, and from its own."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Picture
from dltui.engine.models.mlp import MLP
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter

TASKS = ("classify",)
METRICS = {
    "twin_loss": Metric(
        "test loss of scikit-learn's net begun with torch's weights", better="lower", progress=True, rows="test"
    ),
    "own_loss": Metric(
        "test loss of scikit-learn's net begun with its own weights", better="lower", progress=True, rows="test"
    ),
    "twin_accuracy": Metric(
        "accuracy of scikit-learn's net begun with torch's weights", better="higher", range=(0, 1), rows="test"
    ),
    "own_accuracy": Metric(
        "accuracy of scikit-learn's net begun with its own weights", better="higher", range=(0, 1), rows="test"
    ),
    "twin_difference": Metric(
        "accuracy of torch's net less that of its twin, without the sign", range=(0, 1), rows="test"
    ),
    "own_difference": Metric(
        "accuracy of torch's net less that begun by itself, without the sign",
        range=(0, 1),
        axis="twin_difference",
        rows="test",
    ),
    "twin_distance": Metric("distance of the twin's weights from torch's, over the length of torch's", range=(0, None)),
    "own_distance": Metric(
        "distance of its own weights from torch's, over the length of torch's", range=(0, None), axis="twin_distance"
    ),
}
ACTIVATIONS = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "logistic"}
UNITS = 6  # of the first layer that are shown
POINTS = 200  # test rows that are shown
SURE = 8.0  # log-odds beyond which no answer is drawn


def build(*, lr: float = 0.1, momentum: float = 0.9, alpha: float = 0.0) -> Callable[[Classify], "SklearnTwin"]:
    """Two of scikit-learn's nets beside a net of kind mlp.

    lr: learning rate of scikit-learn's nets, above 0; torch's is optimizer.lr.
    momentum: their momentum, at least 0, below 1; torch's is optimizer.momentum.
    alpha: scikit-learn's factor of the squared weights in the loss of a batch, at least 0; its own default is 0.0001.
    """
    return partial(SklearnTwin, lr=lr, momentum=momentum, alpha=alpha)


class SklearnTwin(nn.Module):
    """See contracts.callback.Callback."""

    def __init__(self, task: Classify, lr: float, momentum: float, alpha: float):
        super().__init__()
        self.task, classes = task, len(task.rows.classes)
        _check(task.net, classes)
        self.test_inputs, self.test_targets = task.rows.test.table()
        self.batch: list[tuple[Tensor, Tensor]] = []  # it may come in pieces
        task.batch_transforms.append(self._seen)
        first = task.rows.train.inputs[:1].flatten(1).cpu().numpy()
        seed = int(torch.randint(2**31, ()))
        self.twin = Sklearn(task.net, first, classes, seed, lr, momentum, alpha)
        self.own = Sklearn(task.net, first, classes, seed, lr, momentum, alpha)
        self.twin.take(task.net)

    def _seen(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Keeps a batch, inputs (B, ...) and targets (B,), and leaves it as it is."""
        self.batch.append((inputs.flatten(1).cpu(), targets.cpu()))
        return inputs

    def after_step(self, step: int) -> None:
        """scikit-learn's nets take the step that torch's took."""
        inputs, targets = (torch.cat(part) for part in zip(*self.batch, strict=True))
        self.batch.clear()
        for sklearn in (self.twin, self.own):
            sklearn.step(inputs, targets)

    def log_probabilities(self) -> dict[str, Tensor]:
        """What each net predicts for the test rows, (N, classes)."""
        x = self.test_inputs
        found = {"torch": self.task.logits(self.task.rows.test.inputs).log_softmax(1).cpu()}
        return found | {"twin": self.twin.log_probabilities(x), "own": self.own.log_probabilities(x)}

    def evaluate(self) -> dict[str, float]:
        found, y, values = self.log_probabilities(), self.test_targets, {}
        accuracy = {name: (log_p.argmax(1) == y).float().mean().item() for name, log_p in found.items()}
        for name, sklearn in (("twin", self.twin), ("own", self.own)):
            values[f"{name}_loss"] = -found[name].gather(1, y[:, None]).mean().item()
            values[f"{name}_accuracy"] = accuracy[name]
            values[f"{name}_difference"] = abs(accuracy["torch"] - accuracy[name])
            values[f"{name}_distance"] = sklearn.distance(self.task.net)
        return values

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """What the first units look at, where rows are pictures; and one net's answers over another's."""
        shape = self.task.rows.train.stored.shape[1:]
        if len(shape) == 3 and shape[0] in (1, 3):
            yield Picture("first units", self._units(shape))
        yield Picture("answers", self._answers())

    def _units(self, shape: torch.Size) -> dict:
        """A unit of torch's net beside the same ones of both others, so that the three are seen however little fits."""
        nets = parameters_of(self.task.net), self.twin.weights(), self.own.weights()
        first = [weights[0].T for weights in nets]  # (units, inputs)
        count = min(UNITS, len(first[0]))
        pictures = torch.stack([weights[:count].cpu() for weights in first], 1).view(-1, *shape)
        scale = pictures.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
        return montage(0.5 + 0.5 * pictures / scale, columns=6, captions=["torch", "twin", "own"] * count)

    def _answers(self) -> Scatter:
        """How sure each of scikit-learn's nets is of the true class, over how sure torch's is; both in log-odds."""
        y = self.test_targets[:POINTS, None]
        sure = {name: _odds(log_p[:POINTS].gather(1, y)[:, 0]) for name, log_p in self.log_probabilities().items()}
        count = len(y)
        return Scatter(
            x=sure["torch"].repeat(2).numpy(),
            y=torch.cat([sure["own"], sure["twin"]]).numpy(),
            label=[0] * count + [1] * count,
            classes=["own start", "its twin"],
            x_title="sure of the truth: torch, log-odds",
            y_title="scikit-learn",
        )


class Sklearn(nn.Module):
    """An MLPClassifier whose weights are this module's buffers, with their velocities, so that it is resumed."""

    def __init__(self, net: MLP, row: np.ndarray, classes: int, seed: int, lr: float, momentum: float, alpha: float):
        super().__init__()
        from sklearn.neural_network import MLPClassifier  # 1.8 s

        linear = [module for module in net.modules() if isinstance(module, nn.Linear)]
        kinds = [ACTIVATIONS[type(module)] for module in net.layers if type(module) in ACTIVATIONS]
        self.classifier = MLPClassifier(
            [layer.out_features for layer in linear[:-1]], activation=kinds[0] if kinds else "relu", solver="sgd",
            momentum=momentum, nesterovs_momentum=False, alpha=alpha, batch_size=1, learning_rate_init=1e-30,
            shuffle=False, random_state=seed,
        )  # fmt: skip
        # draws the weights; at this rate they stay as drawn
        self.classifier.partial_fit(row, [0], classes=list(range(classes)))
        self.sgd = self.classifier._optimizer
        self.sgd.learning_rate = lr
        for number, weights in enumerate(self.classifier.coefs_ + self.classifier.intercepts_):
            self.register_buffer(f"weights{number}", torch.from_numpy(weights))  # one memory for both
            self.register_buffer(f"velocity{number}", torch.zeros(weights.shape))

    def weights(self) -> list[Tensor]:
        """Matrices (ins, outs) of the layers, then their biases (outs,)."""
        return self._all("weights")

    def _all(self, name: str) -> list[Tensor]:
        return [self.get_buffer(f"{name}{number}") for number in range(len(self.sgd.velocities))]

    def take(self, net: MLP) -> None:
        """Begins with the weights of torch's net."""
        for mine, given in zip(self.weights(), parameters_of(net), strict=True):
            mine.copy_(given)

    def step(self, x: Tensor, y: Tensor) -> None:
        """One update by the rows x (B, inputs) of classes y (B,)."""
        velocities = self._all("velocity")
        self.sgd.velocities = [one.numpy() for one in velocities]
        self.classifier.batch_size = len(x)
        self.classifier.partial_fit(x.numpy(), y.numpy())
        for mine, new in zip(velocities, self.sgd.velocities, strict=True):
            mine.copy_(torch.from_numpy(new))

    def log_probabilities(self, x: Tensor) -> Tensor:
        """x (N, inputs) -> (N, classes)."""
        return torch.from_numpy(self.classifier.predict_proba(x.numpy())).clamp(min=1e-30).log().float()

    def distance(self, net: MLP) -> float:
        """|w - w'| / |w'| of all weights together, w' being torch's."""
        mine, theirs = (torch.cat([w.flatten().cpu() for w in some]) for some in (self.weights(), parameters_of(net)))
        return ((mine - theirs).norm() / theirs.norm()).item()


def parameters_of(net: MLP) -> list[Tensor]:
    """The weights of torch's net in scikit-learn's order: matrices (ins, outs), then biases."""
    linear = [module for module in net.modules() if isinstance(module, nn.Linear)]
    return [layer.weight.detach().T for layer in linear] + [layer.bias.detach() for layer in linear]


def _odds(log_p: Tensor) -> Tensor:
    p = log_p.double().exp()
    return (log_p.double() - (1 - p).clamp(min=1e-30).log()).clamp(-SURE, SURE)


def _check(net: nn.Module, classes: int) -> None:
    """Raises DltuiError (2) for what MLPClassifier has not: other nets and activations, dropout, two logits."""
    strange = [type(module).__name__ for module in getattr(net, "layers", [net]) if not _known(module)]
    if strange:
        raise DltuiError(
            f"scikit-learn's MLPClassifier has no {strange[0]}.",
            'Take model.kind="mlp" with relu, tanh or sigmoid, and no dropout.',
            ExitStatus.USAGE,
        )
    if classes < 3:
        raise DltuiError(
            f"For {classes} classes scikit-learn's net has one output, torch's has {classes}.",
            "Take data of three classes or more, such as digits or bundled_table with name=wine.",
            ExitStatus.USAGE,
        )


def _known(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear) or type(module) in ACTIVATIONS
