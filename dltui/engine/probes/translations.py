"""Sentences that a net writes beside the true ones, and how faults grow with the length of what is read."""

from collections.abc import Callable, Iterator
from itertools import accumulate

import torch

from dltui.engine.contracts.task import Picture
from dltui.engine.reading.sentences import as_words
from dltui.engine.tasks.translate import Translate
from dltui.runs.payloads import Curve, Lines, Table

TASKS = ("translate",)
LISTED = 8  # rows of the table
BAND = 3  # lengths that are one point of the curve


def build() -> Callable[[Translate], "Translations"]:
    """The curve needs sentences to read."""
    return Translations


class Translations:
    """See contracts.probe.Probe."""

    def __init__(self, task: Translate):
        self.task, self.test = task, task.rows.test

    def pictures(self) -> Iterator[Picture]:
        if self.task.lengths is None:
            yield Picture("captions", self._table(torch.arange(min(LISTED, len(self.test)))))
            return
        if self.task.exact is not None:
            yield Picture("by length", self._by_length())
        order = self.task.lengths.argsort(stable=True)
        chosen = order[torch.linspace(0, len(order) - 1, min(LISTED, len(order))).long()]
        yield Picture("translations", self._table(chosen))

    def _by_length(self) -> Lines:
        bands = self.task.lengths // BAND
        numbers = bands.unique()
        x = [BAND * int(band) + (BAND - 1) / 2 for band in numbers]
        y = [self.task.exact[bands == band].float().mean().item() for band in numbers]
        curve = Curve(name="translated exactly", x=x, y=y)
        return Lines(curves=[curve], x_title="words of the sentence", y_title="share without a fault")

    def _table(self, chosen: torch.Tensor) -> Table:
        """Test rows (R,): words right before the first fault, what was written, and the truth."""
        words = self.task.rows.vocabularies[-1]
        rows = []
        decoded = self.task.decode(self.test.inputs[chosen]).symbols
        for place, (symbols, target) in enumerate(zip(decoded, self.test.targets[chosen], strict=True)):
            true, written = as_words(target, words), as_words(symbols, words)
            same = list(accumulate((a == b for a, b in zip(true, written, strict=False)), min))
            length = [] if self.task.lengths is None else [int(self.task.lengths[chosen[place]])]
            rows.append([*length, f"{sum(same)}/{max(len(true), len(written))}", " ".join(written), " ".join(true)])
        columns = ["right", "written", "should be"]
        return Table(columns=columns if self.task.lengths is None else ["read", *columns], rows=rows)
