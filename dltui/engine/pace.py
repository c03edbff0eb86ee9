"""A learning rate that moves by the step: `[schedule]` says what share of `optimizer.lr` holds.

`optimizer.lr` keeps its meaning when a person turns it while it runs: the whole schedule is scaled by it.
"""

from collections.abc import Callable

import torch
from torch import Tensor

# (t, T) -> the share of `optimizer.lr` that holds after t of T steps. One that goes by more than t may have
# `saw(loss, t, T)`, and then `state()` and `restore(state)` in JSON values.
Schedule = Callable[[int, int], float]
BASE = "initial_lr"  # where an optimizer's group keeps what its rate is a share of, named as torch's schedulers do


class Pace:
    """Sets the rate of one optimizer."""

    def __init__(self, optimizer: torch.optim.Optimizer, schedule: Schedule, steps: int):
        self.optimizer, self.schedule, self.steps = optimizer, schedule, steps
        for group in optimizer.param_groups:
            group[BASE] = group["lr"]

    def set_rate(self, step: int) -> float:
        """Sets the rate of step `step` (from 1) and returns it."""
        share = self.schedule(step - 1, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = share * group[BASE]
        return self.optimizer.param_groups[0]["lr"]

    def saw(self, loss: float | Tensor, step: int) -> None:
        """Shows the schedule the loss of a step."""
        if hasattr(self.schedule, "saw"):
            self.schedule.saw(loss, step, self.steps)

    def state(self) -> dict:
        """What the schedule remembers, as JSON values."""
        return self.schedule.state() if hasattr(self.schedule, "state") else {}

    def restore(self, state: dict) -> None:
        if state:
            self.schedule.restore(state)
