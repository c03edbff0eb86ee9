"""Batch normalisation on trial: a race to a loss, a unit's inputs, small batches at the test.

Ioffe and Szegedy 2015, arXiv:1502.03167.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.comparisons.race import Race
from dltui.engine.contracts.task import Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.layers.batch_normalization import BatchNormalization
from dltui.engine.pictures.units import passes
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

TASKS = ("classify",)
METRICS = {
    "steps_to_goal": Metric(
        "steps until the mean training loss of some ten batches was `goal`; all so far where it is not yet",
        better="lower",
        range=(0, None),
        counter=True,
        unit="steps",
        rows="train",
    ),
    "accuracy_of_pairs": Metric(
        "share of the test rows classified rightly when two at a time are normalised by the statistics of these two",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
}
EVERY = 5  # steps between two looks at a unit's inputs
ROWS = 256  # training rows that a unit's inputs are shown for
LEVELS = (0.15, 0.5, 0.85)  # quantiles, as in the paper's figure
UNIT = 0
SIZES = (2, 3, 4, 6, 8, 16, 32, 64, 128)  # test rows shown together


def build(*, goal: float = 0.3, watched: list[str] = ()) -> Callable[[Mapping[str, Classify]], "NormalizationTrial"]:
    """Nets of kind deep_mlp, with batch normalisation and without.

    goal: training loss, the mean of some ten batches, that the variants race to, above 0.
    watched: variants of which the inputs of a unit are shown; of the last of them small batches at the test too.
    """
    return lambda tasks: NormalizationTrial(tasks, goal, list(watched) or list(tasks))


class NormalizationTrial(nn.Module):
    """See contracts.probe.Comparison."""

    def __init__(self, tasks: Mapping[str, Classify], goal: float, watched: list[str]):
        super().__init__()
        self.tasks, self.watched = dict(tasks), {name: tasks[name] for name in watched}
        self.race = Race(tasks, "loss", goal)
        self.see_losses = self.race.see_losses
        self.quantiles = Trajectory(self._quantiles()).to(self.race.steps.device)  # (variants, levels)

    def after_step(self, step: int) -> None:
        self.race.after_step(step)
        if step % EVERY == 0:
            self.quantiles.add(step // EVERY, self._quantiles())

    def _quantiles(self) -> Tensor:
        """(watched, levels): of what goes into the activation of a unit of the last hidden layer."""
        return torch.stack([quantiles(task) for task in self.watched.values()])

    def evaluate(self) -> dict[str, dict[str, float]]:
        values = self.race.evaluate()
        for name, task in self.tasks.items():
            if normalizations(task.net):
                values[name]["accuracy_of_pairs"] = accuracy_together(task, 2)
        return values

    # -- the pictures ----------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The race to the goal; what goes into a unit; and what becomes of small batches at the test."""
        yield from self.race.pictures()
        steps, gap = self.quantiles.steps.cpu().numpy() * EVERY, np.full(1, np.nan)
        curves = []
        for k, name in enumerate(self.watched):
            levels = self.quantiles.values[:, k].cpu().numpy()  # (T, levels)
            x = np.concatenate([part for _ in LEVELS for part in (steps, gap)])
            y = np.concatenate([part for level in levels.T for part in (level, gap)])
            curves.append(Curve(name=name, x=x, y=y))
        yield Picture("a unit", Lines(curves=curves, x_title="step", y_title="15, 50, 85 % of inputs lie below"))
        *_, last = self.watched.values()
        if normalizations(last.net):
            yield Picture("at the test", at_the_test(last))


def normalizations(net: nn.Module) -> list[BatchNormalization]:
    """The layers of batch normalisation of a net."""
    return [layer for layer in net.modules() if isinstance(layer, BatchNormalization)]


@torch.no_grad()
def quantiles(task: Classify) -> Tensor:
    """(levels,): of what goes into the activation of a unit of the last hidden layer, in evaluation mode."""
    training = task.net.training
    values = passes(task.net.eval(), task.rows.train.inputs[:ROWS])[-1].inputs[:, UNIT].float()
    task.net.train(training)
    return values.quantile(values.new_tensor(LEVELS))


def accuracy_together(task: Classify, size: int) -> float:
    """The share of test rows right when `size` of them at a time, classes mixed, are normalised by their own
    statistics."""
    inputs, targets = task.rows.test.inputs.flatten(1), task.rows.test.targets
    batches = len(inputs) // size
    order = torch.randperm(len(inputs))[: batches * size].to(inputs.device)
    layers = normalizations(task.net)
    for layer in layers:
        layer.own = True
    logits = task.net.head(task.net.hidden(inputs[order].view(size, batches, -1)))
    for layer in layers:
        layer.own = False
    return (logits.argmax(-1).flatten() == targets[order]).float().mean().item()


def at_the_test(task: Classify) -> Lines:
    """Accuracy by the statistics of test batches themselves, small to large, and by the running ones."""
    sizes = [size for size in SIZES if size <= len(task.rows.test)]
    own = [accuracy_together(task, size) for size in sizes]
    running = np.full(2, task.evaluate()["accuracy"])
    curves = [
        Curve(name="by the batch's own", x=np.array(sizes), y=np.array(own)),
        Curve(name="by the running ones", x=np.array(sizes)[[0, -1]], y=running),
    ]
    return Lines(curves=curves, x_title="test rows together", y_title="accuracy", log_x=True)
