"""What a task is: which losses move which weights, how the result is judged, and what a person sees of it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
from torch import Tensor


class Objective(NamedTuple):
    """One update within a step: `loss(rows)` is the mean over the rows, and moves the weights of `role`."""

    name: str  # the metric under which the loss is logged
    role: str
    loss: Callable[[Tensor], Tensor]  # rows (B,) int64 -> scalar


class Picture(NamedTuple):
    """A payload (events.PAYLOADS) for a pane. Arrays are numpy; `pixels` of an image become a PNG, a Sound a wav."""

    pane: str
    payload: dict[str, object | np.ndarray]


class Sound(NamedTuple):
    """What a picture lets one hear: samples (N,) in -1..1, `rate` of them a second."""

    samples: np.ndarray
    rate: int


class Task(Protocol):
    """What a module in tasks/ makes: `build(**options)(data, nets, device)`.

    Its module says in literal constants: MODELS (roles of the recipe's nets), METRICS {name: meaning}, and where they
    differ from the default: TRAINED (roles that an optimizer moves; all), LIVE (attributes that may be turned; none).
    What it adds to `nets`, an average of weights for instance, is saved and resumed with them. A task may have
    `after_step()`, called when a step's updates are made, and `sample(count)`.
    """

    rows: int  # training rows

    def objectives(self) -> list[Objective]:
        """The updates of one step, in their order.

        A task without gradients has in its place `advance(step) -> {metric: value}`, which takes step `step` (from 1)
        by itself; its MODELS and TRAINED are empty, it has no `rows`, and with NEEDS_DATA = False no data either.
        What it must remember between steps it keeps as buffers of a module in `nets`, so that it can be resumed.
        """

    def evaluate(self) -> dict[str, float]:
        """Metrics on the test rows. Called without gradients, nets in evaluation mode, random numbers set apart."""

    def pictures(self) -> Iterator[Picture]:
        """What is to be seen now. Called like `evaluate`."""
