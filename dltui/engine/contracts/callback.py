"""What `[callback]` or `[callback.NAME]` names: it acts on a task while that is trained. A probe only looks."""

from collections.abc import Iterator
from typing import Protocol

from dltui.engine.contracts.task import Picture


class Callback(Protocol):
    """What `build(**options)(task)` of a module in callbacks/ makes, before there is an optimizer.

    For what trains otherwise than by the loss alone: pruning and weight clipping act after a step, unfreezing and
    dropout by a schedule before it, an average of the weights looks on and is measured beside the net. When it is made
    it may change the task's nets, freeze their weights, or add to `task.batch_transforms`.

    Every method may be left out. What it keeps between steps is in buffers of an nn.Module; what follows from them
    (which blocks are off) it restores in a hook after `load_state_dict`. Its module says METRICS and TASKS as a
    probe's does, and LIVE: options that may be turned while it runs.
    """

    def parameter_groups(self, role: str) -> list[dict]:
        """The weights of `role` for its optimizer: {"params": [...], "lr_scale": share of the learning rate}."""

    def before_step(self, step: int) -> None:
        """Called before step `step` (from 1), nets in training mode."""

    def after_step(self, step: int) -> None:
        """Called when the updates of a step are made, before the probes look; nets in training mode."""

    def evaluate(self) -> dict[str, float]:
        """Called like a task's."""

    def pictures(self) -> Iterator[Picture]:
        """Called like a task's."""
