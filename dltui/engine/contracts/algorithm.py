"""What `[algorithm]` names, not trained by gradients: a Process goes on by itself, a Walkthrough is looked up."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from dltui.engine.contracts.task import Picture


class Process(Protocol):
    """What `build(**options)(context)` of a module in algorithms/ makes; an nn.Module whose state is in buffers.

    What has `step()` and `done` is one, whatever else its attributes are called.

    A buffer may change its shape. Its module says in literal constants: METRICS {name: Metric}, NEEDS_DATA (True), LIVE
    (options that may be turned while it runs; none), and perhaps RESULT, a file of results/ that measures and draws
    what such algorithms have in common: then `evaluate` and `pictures` may be left out, and any table of numbers
    of the user's own will do for its rows (TAKES).
    What it draws from torch's generator is its own: all variants begin at the seed and so see the same batches.
    """

    done: bool  # whether another step would change nothing

    def step(self) -> dict[str, float] | None:
        """Takes one step; returns what is to be drawn as a curve at every step, if anything."""

    def evaluate(self) -> dict[str, float]:
        """Its metrics now."""

    def pictures(self) -> Iterator[Picture]:
        """What is to be seen now."""


class Moment(NamedTuple):
    """A walkthrough at one of its steps."""

    metrics: dict[str, float]
    pictures: list[Picture]


class Walkthrough(Protocol):
    """What `build(**options)(context)` of a module in algorithms/ makes where every step is known beforehand.

    What has `length` and `at()`, and is no Process, is one. It has no state but its options: it resumes, rewinds and is
    tested by itself. Its module says METRICS, NEEDS_DATA and LIVE as a Process's does, and ANEW: those of LIVE after
    which it is shown from its beginning again, or from step `anew` where it has one.
    """

    length: int  # steps until there is nothing more to show

    def at(self, step: int) -> Moment:
        """What is to be seen and measured after `step` of `length` steps: a function of its options alone."""


def is_process(part: object) -> bool:
    """Whether `part` is a Process: it takes steps, and says when it is done."""
    return callable(getattr(part, "step", None)) and hasattr(part, "done")


def is_walkthrough(part: object) -> bool:
    """Whether `part` is a Walkthrough: any step of it can be looked up, and it takes none by itself."""
    return hasattr(part, "length") and callable(getattr(part, "at", None)) and not is_process(part)
