"""What `[loss]`, `[regularizer]` and `[augment]` name; each says in TASKS which tasks it fits."""

from typing import Protocol

from torch import Tensor, nn


class ClassLoss(Protocol):
    """A loss of a classifier; `build(**options)` makes it. Its module may have `facts_for(role, facts)`, as a task's:
    how many outputs the net is to have."""

    binary: bool  # whether there is one logit for two classes, and a threshold decides

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (B, outputs), targets (B,) int64 -> scalar, the mean over the rows."""

    def probabilities(self, logits: Tensor) -> Tensor:
        """logits (B, outputs) -> probabilities (B, classes)."""


class Regularizer(Protocol):
    """What weights cost besides the error; `build(**options)` makes it."""

    def __call__(self, net: nn.Module) -> Tensor | float:
        """Returns what is added to the loss, a scalar."""


class Augment(Protocol):
    """Changes of training inputs that keep their targets; `build(**options)` makes it."""

    def __call__(self, inputs: Tensor) -> Tensor:
        """inputs (B, ...) -> inputs (B, ...), changed by draws made anew at every call."""
