"""A race of variants to a goal: who reaches it at which step, and how far each step moves a weight."""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines, Table

TASKS = ("classify",)
METRICS = {
    "steps_to_goal": Metric(
        "steps until the goal was reached; or all so far",
        better="lower",
        range=(0, None),
        counter=True,
        unit="steps",
        rows="test",
    ),
}
ROWS = 1000  # test rows that tell the accuracy
EVERY = 5  # steps between two looks at them
KEPT = 0.9  # share of the old mean loss that is kept at a step
WINDOW = 15  # steps whose mean length is drawn


def build(
    *,
    metric: Literal["accuracy", "loss"] = "accuracy",
    goal: float = 0.9,
    step_lengths: bool = False,
    notes_title: str = "",
    notes: list[str] = (),
) -> Callable[[Mapping[str, Classify]], "Race"]:
    """Draws the metric of all variants over the steps, and the goal.

    metric: accuracy on a thousand test rows, which is to rise to the goal; or the mean training loss of some ten
        batches, which is to fall to it.
    goal: what the variants race to, above 0.
    step_lengths: whether it is measured and drawn how far a step moves a weight.
    notes_title: title of one more column in the table of accuracies.
    notes: what stands there for each variant, in their order.
    """
    return lambda tasks: Race(tasks, metric, goal, step_lengths, (notes_title, list(notes)))


class Race(nn.Module):
    """See contracts.probe.Comparison."""

    def __init__(
        self,
        tasks: Mapping[str, Classify],
        metric: str,
        goal: float,
        step_lengths: bool = False,
        notes: tuple[str, list[str]] = ("", []),
    ):
        super().__init__()
        self.tasks, self.metric, self.goal, self.notes = dict(tasks), metric, goal, notes
        device = next(iter(tasks.values())).rows.device
        unknown = torch.full((len(tasks),), torch.nan)
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))
        self.register_buffer("arrived", torch.zeros(len(tasks), dtype=torch.long))  # at which step; 0: not yet
        self.register_buffer("mean_loss", unknown.clone())
        self.values = Trajectory(self.accuracies() if metric == "accuracy" else unknown)
        self.lengths = Trajectory(unknown) if step_lengths else None
        for number, task in enumerate(tasks.values() if step_lengths else ()):
            self.register_buffer(f"before{number}", flat(task.net))
        self.to(device)

    # -- what happens ----------------------------------------------------------------------------------------------

    def see_losses(self, losses: Mapping[str, Mapping[str, float | Tensor]]) -> None:
        """Takes the training loss of each variant; one that has none anymore keeps its mean."""
        old = self.mean_loss
        pairs = zip(self.tasks, old, strict=True)
        newest = torch.stack([torch.as_tensor(losses.get(name, {}).get("loss", kept)) for name, kept in pairs]).to(old)
        old.copy_(torch.where(old.isnan(), newest, KEPT * old + (1 - KEPT) * newest))

    def after_step(self, step: int) -> None:
        self.steps.fill_(step)
        if self.lengths is not None:
            self.lengths.add(step, self._moved())
        if self.metric == "loss":
            self._note(step, self.mean_loss, self.mean_loss <= self.goal)
        elif step % EVERY == 0:
            accuracies = self.accuracies()
            self._note(step, accuracies, accuracies >= self.goal)

    def _note(self, step: int, values: Tensor, there: Tensor) -> None:
        """Keeps values (variants,), and the step of those who are there (variants,) for the first time."""
        self.values.add(step // (EVERY if self.metric == "accuracy" else 1), values)
        self.arrived.copy_(torch.where((self.arrived == 0) & there, step, self.arrived))

    def _moved(self) -> Tensor:
        """How far a weight was moved by the newest step, root mean square, (variants,)."""
        moved = []
        for number, task in enumerate(self.tasks.values()):
            now, before = flat(task.net), self.get_buffer(f"before{number}")
            moved.append((now - before).square().mean().sqrt())
            before.copy_(now)
        return torch.stack(moved)

    @torch.no_grad()
    def accuracies(self) -> Tensor:
        """(variants,): on the first thousand test rows."""
        right = []
        for task in self.tasks.values():
            test, training = task.rows.test, task.net.training
            task.net.eval()
            right.append(task.predictions(task.net(test.inputs[:ROWS])) == test.targets[:ROWS])
            task.net.train(training)
        return torch.stack(right).float().mean(1)

    def evaluate(self) -> dict[str, dict[str, float]]:
        steps = torch.where(self.arrived > 0, self.arrived, self.steps).tolist()
        return {name: {"steps_to_goal": step} for name, step in zip(self.tasks, steps, strict=True)}

    # -- the pictures ----------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The race; its table; and how long each one's steps are."""
        yield Picture("race", self._race())
        if self.metric == "accuracy":
            yield Picture("table", self._table())
        if self.lengths is not None:
            steps, lengths = (values.cpu().numpy() for values in (self.lengths.steps, self.lengths.values))
            curves = [Curve(name=name, x=mean(steps), y=mean(lengths[:, k])) for k, name in enumerate(self.tasks)]
            yield Picture(
                "steps", Lines(curves=curves, x_title="step", y_title="how far a weight is moved", log_y=True)
            )

    def _race(self) -> Lines:
        """What the variants race with, and the line that they race to."""
        steps, values, arrived = (t.cpu().numpy() for t in (self.values.steps, self.values.values, self.arrived))
        if self.metric == "accuracy":
            steps, values, names = steps * EVERY, 1 - values, list(self.tasks)
            goal, level, y_title = "goal", 1 - self.goal, "share of mistakes"
        else:
            names = [f"{name}: {step}" if step else name for name, step in zip(self.tasks, arrived, strict=True)]
            goal, level, y_title = f"target {self.goal:g}", self.goal, "loss"
        curves = [Curve(name=name, x=steps, y=values[:, k]) for k, name in enumerate(names)]
        curves.append(Curve(name=goal, x=steps[[0, -1]], y=np.full(2, level)))
        return Lines(curves=curves, x_title="step", y_title=y_title, log_y=True)

    def _table(self) -> Table:
        """Who has arrived first stands first; the others by how near they are."""
        names, accuracies, arrived = list(self.tasks), self.values.values[-1].tolist(), self.arrived.tolist()
        title, notes = self.notes
        order = sorted(range(len(names)), key=lambda k: (arrived[k] or 1e9, -accuracies[k]))
        rows = [[names[k], str(arrived[k] or "-"), accuracies[k], *notes[k : k + 1]] for k in order]
        return Table(columns=["", f"to {self.goal:g}", "now", *[title] * bool(notes)], rows=rows)


def flat(net: nn.Module) -> Tensor:
    """All weights of a net in a row, copied."""
    return nn.utils.parameters_to_vector(net.parameters()).detach().clone()


def mean(values: np.ndarray) -> np.ndarray:
    """(T,) -> the running mean of WINDOW values, as it is where there are fewer."""
    return np.convolve(values, np.full(WINDOW, 1 / WINDOW), "valid") if len(values) > 2 * WINDOW else values
