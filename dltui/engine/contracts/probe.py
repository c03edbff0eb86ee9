"""What `[probe.NAME]` and `[comparison]` name: they look at learners and change nothing."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from torch import Tensor

from dltui.engine.contracts.task import Picture, Task


class Probe(Protocol):
    """What `build(**options)(task)` of a module in probes/ makes: it looks at one learner.

    Its module says in literal constants: METRICS {name: Metric}, and TASKS, the kinds of tasks that it can look at;
    all where it says none. It may have `evaluate()`, `pictures()` and `after_step(step)`; if it keeps something between
    steps it is an nn.Module with that in buffers.
    """

    def evaluate(self) -> dict[str, float]:
        """Called like a task's."""

    def pictures(self) -> Iterator[Picture]:
        """Called like a task's."""

    def after_step(self, step: int) -> None:
        """Called when the updates of step `step` (from 1) are made, gradients still there."""


class Comparison(Protocol):
    """What `build(**options)(tasks)` of a module in comparisons/ makes, tasks {variant: Task}: it sees all learners.

    Its module says METRICS and TASKS as a probe's does, and SAME_ROWS = True where it shows test rows of one variant as
    those of all: variants whose test inputs differ are then refused. Claims name its own metrics alone, those of a
    variant as `variant.metric`. With `replaces_pictures = True` its pictures stand in the place of the learners' own.
    """

    def __init__(self, tasks: Mapping[str, Task]): ...

    def evaluate(self) -> dict[str, dict[str, float]]:
        """{variant: its metrics}; those of all together stand under ""."""

    def pictures(self) -> Iterator[Picture]:
        """Called without gradients, nets in evaluation mode."""

    def see_losses(self, losses: Mapping[str, Mapping[str, float | Tensor]]) -> None:
        """Called before `after_step`: {variant: {metric: its loss in this step}}, without those that have diverged."""

    def after_step(self, step: int) -> None:
        """Called when all learners have taken step `step` (from 1)."""
