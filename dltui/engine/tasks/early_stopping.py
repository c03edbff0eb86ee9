"""Early stopping watched: a net goes on learning by heart after it should have stopped, the best one beside it."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.early_stopping import EarlyStopping
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.pictures.plane import decision_field
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True),
    "train_loss": Metric("mean loss of the net of now on all rows that it is trained on", better="lower"),
    "validation_loss": Metric("the same on the rows held back from it", better="lower"),
    "test_loss": Metric("the same on the test rows, which nobody decides by", better="lower"),
    "accuracy": Metric("share of the test rows that the net of now classifies rightly", better="higher", range=(0, 1)),
    "returned_validation_loss": Metric("validation loss of the weights that come back, measured anew", better="lower"),
    "returned_test_loss": Metric("their test loss", better="lower"),
    "returned_accuracy": Metric("their accuracy", better="higher", range=(0, 1)),
    "best_step": Metric("the step that they come from"),
    "stopped_step": Metric("the step at which the patience ended; 0 before"),
}


def build(*, validation: float = 0.5, every: int = 10, patience: int = 200) -> Callable:
    """Returns (data, nets, device) -> Watched.

    validation: share of the training rows held back to stop by, above 0, below 1.
    every: steps between two looks at them, at least 1.
    patience: steps without a new least validation loss after which it stops, at least 1.
    """
    return partial(Watched, validation=validation, every=every, patience=patience)


class Watched:
    """A net trained to the end of the run, and the weights that early stopping would have returned."""

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        validation: float,
        every: int,
        patience: int,
    ):
        self.net, self.classes, self.every = nets["model"], data.classes, every
        inputs, targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        held = min(len(targets) - 1, max(1, round(validation * len(targets))))
        self.inputs, self.held_inputs = inputs[held:], inputs[:held]
        self.targets, self.held_targets = targets[held:], targets[:held]
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)
        self.stopping = nets["stopping"] = EarlyStopping(self.net, patience).to(device)
        self.place = nets["place"] = Counters(step=0)
        self.trajectory = nets["trail"] = Trajectory(self._look())  # a look is a step of it

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return cross_entropy(self.net(self.inputs[rows]), self.targets[rows])

    def after_step(self) -> None:
        self.place["step"] += 1
        if self.place["step"] % self.every == 0:
            self.trajectory.add(self.place["step"] // self.every, self._look())

    @torch.no_grad()
    def _look(self) -> Tensor:
        """Both losses now (2,): training, held back; the latter decides."""
        self.net.eval()
        train = cross_entropy(self.net(self.inputs), self.targets).item()
        held = cross_entropy(self.net(self.held_inputs), self.held_targets).item()
        self.net.train()
        self.stopping.update(self.place["step"], held, self.net)
        return torch.tensor([train, held], dtype=torch.float64)

    def evaluate(self) -> dict[str, float]:
        best, logits = self.stopping.best, self.net(self.test_inputs)
        returned = best(self.test_inputs)
        return {
            "train_loss": cross_entropy(self.net(self.inputs), self.targets).item(),
            "validation_loss": cross_entropy(self.net(self.held_inputs), self.held_targets).item(),
            "test_loss": cross_entropy(logits, self.test_targets).item(),
            "accuracy": (logits.argmax(1) == self.test_targets).float().mean().item(),
            "returned_validation_loss": cross_entropy(best(self.held_inputs), self.held_targets).item(),
            "returned_test_loss": cross_entropy(returned, self.test_targets).item(),
            "returned_accuracy": (returned.argmax(1) == self.test_targets).float().mean().item(),
            "best_step": float(self.stopping.best_step),
            "stopped_step": float(self.stopping.stopped_step),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        yield Picture("losses", self._losses())
        if self.inputs.shape[1:] == (2,) and len(self.classes) == 2:
            yield Picture("returned", self._field(self.stopping.best))
            yield Picture("now", self._field(self.net))

    def _losses(self) -> dict:
        """The payload `lines`: both losses, and upright lines where the best weights were and where it stopped."""
        steps, (train, held) = self.every * self.trajectory.steps.numpy(), self.trajectory.values.T.numpy()
        curves = [{"name": "training", "x": steps, "y": train}, {"name": "validation", "x": steps, "y": held}]
        low, high = min(train.min(), held.min()), max(train.max(), held.max())
        for name, step in (("best", self.stopping.best_step), ("stopped", self.stopping.stopped_step)):
            if step > 0:
                curves.append({"name": f"{name}: {int(step)}", "x": [int(step)] * 2, "y": [low, high]})
        return {"type": "lines", "curves": curves, "x_title": "step", "y_title": "loss"}

    def _field(self, net: nn.Module) -> dict:
        return decision_field(lambda rows: net(rows).softmax(1)[:, 1], self.inputs, self.targets, self.classes)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The number of logits is the data's number of classes."""
    return {"outputs": facts["classes"]}
