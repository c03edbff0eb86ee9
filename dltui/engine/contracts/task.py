"""What a task is: which losses move which weights, how the result is judged, and what a person sees of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.trials import Trials
from dltui.runs import payloads


class Objective(NamedTuple):
    """One update within a step: `loss(rows)` is the mean over the rows, and moves the weights of `role`."""

    name: str  # the metric under which the loss is logged
    role: str
    loss: Callable[[Tensor], Tensor]  # rows (B,) int64 -> scalar


class Sound(NamedTuple):
    """What a picture lets one hear: samples (N,) in -1..1, `rate` of them a second."""

    samples: np.ndarray
    rate: int


@dataclass(frozen=True)
class Picture:
    """A payload (runs/payloads.py) for a pane; kept as the table that the log will hold, with numpy arrays in it.

    `pixels` of an image become a PNG, a Sound a wav. Raises TypeError for a field that the payload does not have, or
    of another type than it has.
    """

    pane: str
    payload: "payloads.Checked | dict[str, object]"

    def __post_init__(self) -> None:
        payload = self.payload if isinstance(self.payload, payloads.Checked) else payloads.of_table(self.payload)
        object.__setattr__(self, "payload", payload.table())


class Context(NamedTuple):
    """What a task or an algorithm is made from, besides its options."""

    rows: Rows | None  # None where it needs no data
    # role -> net; what is added to it is saved and resumed. A net that a task makes itself may have `arguments`, what
    # its class was given: by these `dltui export --to torch` makes it again
    nets: dict[str, nn.Module]
    device: torch.device
    seed: int
    loss: Callable | None = None  # [loss], [regularizer] and [augment] of the recipe, None where it names none
    regularizer: Callable | None = None
    augment: Callable | None = None
    trials: Callable[[str, str, int], Trials] | None = None  # (recipe, variant, steps): for a search among settings
    steps: int = 1  # of the run, at least 1: for what falls until its end, such as a learning rate of one's own


class Task(Protocol):
    """What a module in tasks/ makes: `build(**options)(context)`.

    Its module says in literal constants: METRICS {name: Metric}; and where they differ from the default: MODELS (roles
    of the recipe's nets; ("model",)), TRAINED (roles that an optimizer moves; all), LIVE (options that may be turned
    while it runs; none), PROBES (kinds of probes that a recipe has which names none; none), PARTS (of loss,
    regularizer, augment: the sections that it uses; none), NEEDS_DATA (True), ANSWERS ("sample", "predict": what a
    trained one may be asked for, by `sample` and `probabilities`; none), LOSS_HAS and NET_HAS {role: names}: what it
    asks of its loss and of its nets besides a call. `output_shape(role, facts)` may tell the sizes of one row of a
    net's output, None for any: a net of the user's own that gives others is refused at its first call.
    A task may have `after_step()`, called when a step's updates are made, `sample(count, generator=None)`, which draws
    new rows, pictures in 0..1, `sample_classes(labels, generator=None)` beside it where it is `conditional`,
    `way(count, labels=None)`, which yields pictures (count, C, H, W) as they come out of noise, and `size`, the number
    of rows that batches are drawn from where it is another than that of `rows.train`. Of rows that are too many for
    the device `rows.train.inputs` is a host_inputs.HostInputs: `batch`, slices and `split` are the same of both.
    """

    rows: Rows

    def objectives(self) -> list[Objective]:
        """The updates of one step, in their order."""

    def evaluate(self) -> dict[str, float]:
        """Metrics on the test rows. Called without gradients, nets in evaluation mode, random numbers set apart."""

    def pictures(self) -> Iterator[Picture]:
        """What is to be seen now, before what the probes show. Called like `evaluate`. May be left out."""
