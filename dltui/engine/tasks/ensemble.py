"""An ensemble: several nets learn the same classes, and their probabilities are averaged (Hansen and Salamon 1990)."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, nll_loss

from dltui.engine.algorithms.ensemble import accuracies, averaged, bootstrap, by_size
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.members import members_on_the_plane, teams
from dltui.engine.pictures.plane import decision_field
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a batch, mean of the members", better="lower", progress=True),
    "accuracy": Metric("share of the test rows classified rightly by the average", better="higher", range=(0, 1)),
    "mean_accuracy": Metric("the same by a member, mean of all", better="higher", range=(0, 1)),
    "best_accuracy": Metric(
        "the same by the best of them, which nobody knows before the test", better="higher", range=(0, 1)
    ),
    "test_loss": Metric("loss of the average on the test rows", better="lower"),
    "mean_test_loss": Metric("loss of a member, mean of all", better="lower"),
    "disagreed": Metric("share of the test rows on which the members do not all say the same"),
}


def build(*, bootstrap: bool = False) -> Callable:
    """Returns (data, nets, device) -> Ensemble.

    bootstrap: whether each member has training rows of its own, drawn from all with repetition (bagging).
    """
    return partial(Ensemble, own_rows=bootstrap)


class Ensemble:
    """A net that gives logits (members, B, classes)."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, own_rows: bool):
        self.net, self.classes = nets["model"], data.classes
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows, self.count = len(self.inputs), len(self.net.members)
        same = torch.arange(self.rows).expand(self.count, self.rows)
        own = bootstrap(self.count, self.rows) if own_rows else same.clone()
        self.own = nets["own"] = Own(own.to(device))

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """The members share no weight: the gradient of each is that of its own loss, divided by their number."""
        own = self.own.rows[:, rows]  # (members, B)
        logits = self.net([self.inputs[of_member] for of_member in own])
        return cross_entropy(logits.flatten(0, 1), self.targets[own].flatten())

    def evaluate(self) -> dict[str, float]:
        logits, targets = self.net(self.test_inputs), self.test_targets
        probabilities, single = averaged(logits), accuracies(logits, targets)
        answers = logits.argmax(-1)  # (members, N)
        return {
            "accuracy": (probabilities.argmax(-1) == targets).float().mean().item(),
            "mean_accuracy": single.mean().item(),
            "best_accuracy": single.max().item(),
            "test_loss": nll_loss(probabilities.clamp(min=1e-30).log(), targets).item(),
            "mean_test_loss": cross_entropy(logits.flatten(0, 1), targets.repeat(self.count)).item(),
            "disagreed": (answers != answers[0]).any(0).float().mean().item(),
        }

    def pictures(self) -> Iterator[Picture]:
        logits = self.net(self.test_inputs)
        single = accuracies(logits, self.test_targets)
        if self.inputs.shape[1:] == (2,) and len(self.classes) == 2:
            points = self.inputs, self.targets, self.classes
            yield Picture("average", decision_field(lambda rows: averaged(self.net(rows))[:, 1], *points))
            names = [f"{k}: {share:.3f}" for k, share in enumerate(single.tolist(), 1)]
            yield Picture("members", members_on_the_plane(self.net.members, *points, names))
        yield Picture("how many", teams(by_size(logits, self.test_targets), single))


class Own(nn.Module):
    """The training rows of each member (members, rows), drawn once: a checkpoint holds them."""

    def __init__(self, rows: Tensor):
        super().__init__()
        self.register_buffer("rows", rows)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The number of logits is the data's number of classes."""
    return {"outputs": facts["classes"]}
