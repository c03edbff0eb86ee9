"""What a metric is: its meaning, which way is better, where it lies; declared by the part that measures it.

A part says `METRICS = {"accuracy": Metric("share of the test rows that are right", better="higher", range=(0, 1))}`.
Nobody guesses from a name: sweeps, comparisons, plots and the smoke test ask the metric.
"""

from typing import Literal, NamedTuple


class Metric(NamedTuple):
    """One number that a run measures."""

    meaning: str
    better: Literal["lower", "higher", ""] = ""  # "" where neither is: a counter, a learning rate
    range: tuple[float | None, float | None] | None = None  # the least and the greatest value that it can have
    unit: str = ""  # "s", "px", "dB" ...
    progress: bool = False  # it gets better from the first steps on: a training loss does; the smoke test asserts it

    def told(self) -> dict:
        """Returns the metric as an event holds it; what is not said is left out."""
        return {name: value for name, value in self._asdict().items() if value not in ("", None, False)}
