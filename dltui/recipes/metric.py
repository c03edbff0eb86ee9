"""What a metric is: its meaning, which way is better, where it lies; declared by the part that measures it.

A part says `METRICS = {"ece": Metric("expected calibration error", better="lower", range=(0, 1), rows="test")}`.
Nobody guesses from a name or from its words: sweeps, comparisons, plots and the smoke test ask the metric.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple


class Metric(NamedTuple):
    """One number that a run measures."""

    meaning: str
    better: Literal["lower", "higher", ""] = ""  # "" where neither is: a number of rows, a learning rate
    range: tuple[float | None, float | None] | None = None  # the least and the greatest value that it can have
    rows: Literal["train", "validation", "test", ""] = ""  # of what split; "test" where test rows have a part
    unit: str = ""  # "s", "px", "dB", "steps" ...
    progress: bool = False  # it gets better from the first steps on: a training loss does; the smoke test asserts it
    axis: str = ""  # the metric whose plot it shares: a test loss that of the training loss
    side: bool = False  # a side curve, of which the form counts: a learning rate, a gradient's norm
    whole: bool = False  # a count: written without decimal places, its curve is never smoothed
    counter: bool = False  # a count of what is done or left so far, steps until a goal too: progress, never a curve
    log: bool = False  # spans powers of ten: its axis is logarithmic
    check: bool = False  # a distance from a reference implementation, about 0 all along: its plot comes last

    @property
    def is_count(self) -> bool:
        """Whether its values are whole numbers."""
        return self.whole or self.counter

    def as_event(self) -> dict:
        """Returns the metric as an event holds it; what is not said is left out."""
        return {name: value for name, value in self._asdict().items() if value not in ("", None, False)}


def of_event(told: object) -> dict[str, Metric]:
    """Returns the metrics that a `started` event tells of: name -> Metric. What is not of their form is passed over."""
    found = {}
    for name, fields in told.items() if isinstance(told, Mapping) else ():
        if isinstance(fields, Mapping):
            found[name] = Metric(**{"meaning": "", **{key: fields[key] for key in Metric._fields if key in fields}})
    return found
