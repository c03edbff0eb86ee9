"""Which neighbours a tagger's predictions depend on: each is replaced by another word, and the change is measured."""

from collections.abc import Callable, Iterator

import torch

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.lines import lines
from dltui.engine.reading.sentences import NO_TAG
from dltui.engine.tasks.tag import Tag
from dltui.recipes.metric import Metric

TASKS = ("tag",)
METRICS = {
    "reach_before": Metric(
        "share of the ambiguous test words whose tag changes when one of the words before is replaced, the mean over"
        " the distances looked at", range=(0, 1), rows="test",
    ),
    "reach_after": Metric(
        "share of the ambiguous test words whose tag changes when one of the words after is replaced, the mean over the"
        " distances looked at", range=(0, 1), axis="reach_before", rows="test",
    ),
}  # fmt: skip
SENTENCES = 40


def build(*, reach: int = 5) -> Callable[[Tag], "ContextReach"]:
    """A neighbour is replaced by the one that stands at the same distance from another word.

    reach: words before and after that are looked at, at least 1.
    """
    return lambda task: ContextReach(task, reach)


class ContextReach:
    """See contracts.probe.Probe. It looks at words with more than one tag in training, in the first test sentences."""

    def __init__(self, task: Tag, reach: int):
        self.task, self.offsets = task, [offset for offset in range(-reach, reach + 1) if offset]
        test = task.rows.test
        self.words, self.there = test.stored[:SENTENCES], test.targets[:SENTENCES] != NO_TAG  # (N, L)
        self.rows, self.places = torch.where(self.there & task.ambiguous[self.words])  # (P,) each

    def changed(self, offset: int) -> float:
        """The share of tags that change when the word at this distance is replaced; 0 where there is none."""
        at = self.places + offset
        inside = (at >= 0) & (at < self.words.shape[1])
        rows, places, at = self.rows[inside], self.places[inside], at[inside]
        beside = self.there[rows, at]
        rows, places, at = rows[beside], places[beside], at[beside]
        if not len(rows):
            return 0.0
        words, each = self.words[rows].clone(), torch.arange(len(rows), device=rows.device)
        before = self.task.predictions(self.words)[rows, places]
        words[each, at] = words[each, at].roll(1)
        return (self.task.predictions(words)[each, places] != before).float().mean().item()

    def evaluate(self) -> dict[str, float]:
        before, after = ([self.changed(offset) for offset in part] for part in self._sides())
        return {"reach_before": sum(before) / len(before), "reach_after": sum(after) / len(after)}

    def _sides(self) -> tuple[list[int], list[int]]:
        """The distances before the word and after it."""
        half = len(self.offsets) // 2
        return self.offsets[:half], self.offsets[half:]

    def pictures(self) -> Iterator[Picture]:
        """The share of changed tags over the distance: negative for words before."""
        curves = {
            name: (part, [self.changed(offset) for offset in part])
            for name, part in zip(("words before", "words after"), self._sides(), strict=True)
        }
        axes = {"x_title": "words away: before < 0 < after", "y_title": "share of tags that change"}
        yield Picture("context", lines(curves, **axes))
