"""The same net in torch and in scikit-learn's MLPClassifier: from the same first weights, and from its own."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.models.mlp import MLP
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a batch, in torch", better="lower", progress=True),
    "loss_torch": Metric("mean loss on the test rows of torch's net", better="lower", progress=True),
    "loss_twin": Metric(
        "the same of scikit-learn's net that began with torch's weights", better="lower", progress=True
    ),
    "loss_own": Metric(
        "the same of scikit-learn's net that began with weights of its own", better="lower", progress=True
    ),
    "accuracy_torch": Metric(
        "share of the test rows that torch's net classifies rightly", better="higher", range=(0, 1)
    ),
    "accuracy_twin": Metric("the same of the twin", better="higher", range=(0, 1)),
    "accuracy_own": Metric("the same of the net with its own start", better="higher", range=(0, 1)),
    "difference": Metric("accuracy of torch's net less that of its twin, without the sign"),
    "difference_own": Metric("accuracy of torch's net less that of the one with its own start, without the sign"),
    "apart": Metric("distance between all weights of the twin and of torch, as a share of the length of torch's"),
    "apart_own": Metric("the same of the net with its own start"),
}
ACTIVATIONS = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "logistic"}
UNITS = 6  # of the first layer that are shown
POINTS = 200  # test rows that are shown
SURE = 8.0  # log-odds beyond which no answer is drawn


def build(*, rate: float = 0.1, momentum: float = 0.9, alpha: float = 0.0) -> Callable:
    """Returns (data, nets, device) -> BesideSklearn.

    rate: learning rate of scikit-learn's nets, above 0; torch's is optimizer.lr.
    momentum: their momentum, at least 0, below 1; torch's is optimizer.momentum.
    alpha: scikit-learn's factor of the squared weights in the loss of a batch, at least 0; its own default is 0.0001.
    """
    return partial(BesideSklearn, rate=rate, momentum=momentum, alpha=alpha)


class BesideSklearn:
    """A net of kind mlp, and two of scikit-learn's that learn from the same batches."""

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        rate: float,
        momentum: float,
        alpha: float,
    ):
        self.net, classes = nets["model"], len(data.classes)
        _check(self.net, classes)
        self.inputs, self.test_inputs = (as_floats(split.inputs).flatten(1) for split in (data.train, data.test))
        self.targets, self.test_targets = data.train.targets, data.test.targets
        self.shape = data.train.inputs.shape[1:]
        self.rows, self.device, self.seen = len(self.inputs), device, None
        first = self.inputs[:1].numpy()
        seed = int(torch.randint(2**31, ()))
        self.twin = nets["twin"] = Sklearn(self.net, first, classes, seed, rate, momentum, alpha)
        self.own = nets["own"] = Sklearn(self.net, first, classes, seed, rate, momentum, alpha)
        self.twin.take(self.net)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        self.seen = rows if self.seen is None else torch.cat([self.seen, rows])  # a batch may come in pieces
        rows = rows.cpu()
        return cross_entropy(self.net(self.inputs[rows].to(self.device)), self.targets[rows].to(self.device))

    def after_step(self) -> None:
        """scikit-learn's nets take the step that torch's took."""
        rows, self.seen = self.seen.cpu(), None
        for sklearn in (self.twin, self.own):
            sklearn.step(self.inputs[rows], self.targets[rows])

    def log_probabilities(self) -> dict[str, Tensor]:
        """What each net says of the test rows, (N, classes)."""
        x = self.test_inputs
        said = {"torch": self.net(x.to(self.device)).float().log_softmax(1).cpu()}
        return said | {"twin": self.twin.log_probabilities(x), "own": self.own.log_probabilities(x)}

    def evaluate(self) -> dict[str, float]:
        values, y = {}, self.test_targets
        for name, said in self.log_probabilities().items():
            values[f"loss_{name}"] = -said.gather(1, y[:, None]).mean().item()
            values[f"accuracy_{name}"] = (said.argmax(1) == y).float().mean().item()
        values["difference"] = abs(values["accuracy_torch"] - values["accuracy_twin"])
        values["difference_own"] = abs(values["accuracy_torch"] - values["accuracy_own"])
        return values | {"apart": self.twin.apart(self.net), "apart_own": self.own.apart(self.net)}

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """What the first units look at, where rows are pictures; and one net's answers over another's."""
        if len(self.shape) == 3 and self.shape[0] in (1, 3):
            yield Picture("first units", self._units())
        yield Picture("answers", self._answers())

    def _units(self) -> dict:
        """A unit of torch's net beside the same ones of both others, so that the three are seen however little fits."""
        first = [parameters_of(self.net)[0].T, self.twin.weights()[0].T, self.own.weights()[0].T]  # (units, inputs)
        count = min(UNITS, len(first[0]))
        pictures = torch.stack([weights[:count].cpu() for weights in first], 1).view(-1, *self.shape)
        scale = pictures.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
        return montage(0.5 + 0.5 * pictures / scale, columns=6, captions=["torch", "twin", "own"] * count)

    def _answers(self) -> dict:
        """How sure each of scikit-learn's nets is of the true class, over how sure torch's is; both in log-odds."""
        y = self.test_targets[:POINTS, None]
        sure = {name: _odds(said[:POINTS].gather(1, y)[:, 0]) for name, said in self.log_probabilities().items()}
        count = len(y)
        x, y = sure["torch"].repeat(2), torch.cat([sure["own"], sure["twin"]])
        return {
            "type": "scatter", "x": x.numpy(), "y": y.numpy(),
            "label": [0] * count + [1] * count, "classes": ["own start", "its twin"],
            "x_title": "sure of the truth: torch, log-odds", "y_title": "scikit-learn",
        }  # fmt: skip


class Sklearn(nn.Module):
    """An MLPClassifier whose weights are this module's buffers, with their velocities, so that it is resumed."""

    def __init__(self, net: MLP, row: np.ndarray, classes: int, seed: int, rate: float, momentum: float, alpha: float):
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
        self.sgd.learning_rate = rate
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

    def apart(self, net: MLP) -> float:
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
            "Take data of three classes or more, such as digits or wine.",
            ExitStatus.USAGE,
        )


def _known(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear) or type(module) in ACTIVATIONS


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The number of logits is the data's number of classes."""
    return {"outputs": facts["classes"]}
