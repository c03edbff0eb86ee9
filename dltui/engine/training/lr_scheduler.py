"""A learning rate that moves by the step: `[schedule]` says what share of `optimizer.lr` holds.

`optimizer.lr` keeps its meaning when a person turns it while it runs: the whole schedule is scaled by it.
"""

import torch
from torch import Tensor

from dltui.engine.contracts.schedule import Schedule

BASE = "initial_lr"  # where an optimizer's group keeps what its rate is a share of, named as torch's schedulers do


def scale_groups(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    """Returns the optimizer; each of its groups takes its steps at `lr_scale` of the rate that stands in its `lr`."""
    rates: list[float] = []

    def before(optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict) -> None:
        rates[:] = [group["lr"] for group in optimizer.param_groups]
        for group in optimizer.param_groups:
            group["lr"] *= group["lr_scale"]

    def after(optimizer: torch.optim.Optimizer, args: tuple, kwargs: dict) -> None:
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate

    optimizer.register_step_pre_hook(before)
    optimizer.register_step_post_hook(after)
    return optimizer


class LRScheduler:
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

    def update(self, loss: float | Tensor, step: int) -> None:
        """Shows the schedule the loss of a step."""
        if hasattr(self.schedule, "update"):
            self.schedule.update(loss, step, self.steps)

    def state(self) -> dict:
        """What the schedule remembers, as JSON values."""
        return self.schedule.state() if hasattr(self.schedule, "state") else {}

    def restore(self, state: dict) -> None:
        if state:
            self.schedule.restore(state)
