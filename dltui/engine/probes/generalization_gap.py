"""The generalization gap, how much higher the loss is on test than on training rows; and early stopping, which trains
until the validation loss has not fallen for a while and returns the best weights (Goodfellow, Bengio, Courville 2016,
"Deep Learning", algorithm 7.1; Prechelt 1998, "Early stopping - but when?").

The run itself goes on to its last step, so that one sees what early stopping spares.
"""

import copy
import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from dltui.engine.contracts.rows import RowSplit
from dltui.engine.contracts.task import Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.pictures.plane import decision_field
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

TASKS = ("classify",)
METRICS = {
    "train_loss": Metric(
        "mean loss on the training rows, a thousand at most, in evaluation mode",
        better="lower",
        axis="loss",
        rows="train",
    ),
    "gap": Metric("test_loss less train_loss", better="lower", rows="test"),
    "returned_validation_loss": Metric(
        "validation loss of the returned weights, measured anew", better="lower", rows="validation"
    ),
    "returned_test_loss": Metric(
        "test loss of the returned weights", better="lower", axis="returned_validation_loss", rows="test"
    ),
    "returned_accuracy": Metric(
        "accuracy of the returned weights on the test rows", better="higher", range=(0, 1), rows="test"
    ),
    "best_step": Metric(
        "the step of the least validation loss, whose weights are returned", counter=True, rows="validation"
    ),
    "stopped_step": Metric("the step at which the patience ended; 0 before", counter=True, rows="validation"),
}


ROWS = 1000  # training rows looked at for the gap
AT_ONCE = 10_000  # rows that the returned weights are asked of together


def build(*, patience: int = 0, every: int = 10) -> Callable[[Classify], "GeneralizationGap"]:
    """Compares the losses of training and test rows; with a patience also of the validation rows, over time.

    patience: steps without a new least loss of the rows that `train.validation` holds out after which training would
        have stopped, at least 0; 0 leaves early stopping out.
    every: steps between two measurements of that loss, at least 1.
    """
    return partial(EarlyStopping, every=every, patience=patience) if patience else GeneralizationGap


class GeneralizationGap:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify):
        self.task = task

    def evaluate(self) -> dict[str, float]:
        train, test = self.task.rows.train, self.task.rows.test
        train_loss = self.task.mean_loss(train.inputs[:ROWS], train.targets[:ROWS])
        return {"train_loss": train_loss, "gap": self.task.mean_loss(test.inputs, test.targets) - train_loss}


class Stopping(nn.Module):
    """The book's theta* (`best`), i* (`best_step`) and v, as buffers; p is the patience, in steps."""

    def __init__(self, net: nn.Module, patience: int):
        super().__init__()
        self.patience = patience
        self.best = copy.deepcopy(net).requires_grad_(False).eval()
        self.register_buffer("v", torch.tensor(math.inf, dtype=torch.float64))
        self.register_buffer("best_step", torch.tensor(0))
        self.register_buffer("stopped_step", torch.tensor(0))  # 0: it has not stopped

    def update(self, step: int, loss: float, net: nn.Module) -> bool:
        """Takes the validation loss of `net` at `step`. Returns whether to stop; from then on nothing is taken."""
        if self.stopped_step > 0:
            return True
        if loss < self.v:
            self.v.fill_(loss)
            self.best_step.fill_(step)
            self.best.load_state_dict(net.state_dict())
        elif step - self.best_step >= self.patience:
            self.stopped_step.fill_(step)
        return bool(self.stopped_step > 0)


class EarlyStopping(nn.Module):
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify, every: int, patience: int):
        super().__init__()
        self.task, self.rows, self.every, self.gap = task, task.rows.validated(), every, GeneralizationGap(task)
        self.stopping = Stopping(task.net, patience)
        self.losses = Trajectory(self._measured(0))  # a step of it is a measurement

    def after_step(self, step: int) -> None:
        if step % self.every == 0:
            self.losses.add(step // self.every, self._measured(step))

    @torch.no_grad()
    def _measured(self, step: int) -> Tensor:
        """Both losses now (2,): of training and of validation rows; the latter decides."""
        self.task.net.eval()
        train, validation = (self.task.mean_loss(s.inputs, s.targets) for s in (self.rows.train, self.rows.validation))
        self.task.net.train()
        self.stopping.update(step, validation, self.task.net)
        return torch.tensor([train, validation], dtype=torch.float64)

    def _of_best(self, split: RowSplit) -> tuple[float, float]:
        """Loss and accuracy of the returned weights."""
        logits = torch.cat([self.stopping.best(part) for part in split.inputs.split(AT_ONCE)])
        accuracy = (self.task.predictions(logits) == split.targets).float().mean().item()
        return self.task.criterion(logits, split.targets).item(), accuracy

    def evaluate(self) -> dict[str, float]:
        test_loss, accuracy = self._of_best(self.rows.test)
        return self.gap.evaluate() | {
            "returned_validation_loss": self._of_best(self.rows.validation)[0],
            "returned_test_loss": test_loss,
            "returned_accuracy": accuracy,
            "best_step": float(self.stopping.best_step),
            "stopped_step": float(self.stopping.stopped_step),
        }

    def pictures(self) -> Iterator[Picture]:
        yield Picture("losses", self._losses())
        points, classes = self.rows.train.inputs, self.rows.classes
        if points.shape[1:] == (2,) and len(classes) == 2:
            best, probabilities = self.stopping.best, self.task.criterion.probabilities
            field = decision_field(lambda x: probabilities(best(x))[:, 1], points, self.rows.train.targets, classes)
            yield Picture("returned", field)

    def _losses(self) -> Lines:
        """Both losses, and upright lines where the best weights were and where it stopped."""
        steps, (train, validation) = self.every * self.losses.steps.numpy(), self.losses.values.T.numpy()
        curves = [Curve(name="training", x=steps, y=train), Curve(name="validation", x=steps, y=validation)]
        low, high = min(train.min(), validation.min()), max(train.max(), validation.max())
        for name, step in (("best", int(self.stopping.best_step)), ("stopped", int(self.stopping.stopped_step))):
            if step > 0:
                curves.append(Curve(name=f"{name}: {step}", x=[step, step], y=[low, high]))
        return Lines(curves=curves, x_title="step", y_title="loss")
