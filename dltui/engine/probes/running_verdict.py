"""What a classifier of texts thinks after each word: it reads a text so far as it goes, with nothing behind it."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.reading.sentences import PAD, SPECIAL
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Spans

TASKS = ("classify",)
METRICS = {
    "word_accuracy": Metric(
        "share classified rightly of the test texts in which the word that the probe is set to stands",
        better="higher",
        range=(0, 1),
        axis="accuracy",
        rows="test",
    ),
}
LONGEST = 16  # words and signs of a text that is shown, where there are enough of these


def build(*, word: str = "not", texts: int = 12) -> Callable[[Task], "RunningVerdict"]:
    """Test texts, each word coloured by the class that the net has chosen when it has read so far.

    word: the texts in which it stands are shown, and counted apart.
    texts: how many are shown, at least 1.
    """
    return lambda task: RunningVerdict(task, word, texts)


class RunningVerdict:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task, word: str, texts: int):
        self.task, self.rows, self.word = task, task.rows.labelled().text(), word
        self.words = self.rows.vocabularies[0]
        test = self.rows.test.stored
        self.with_word = torch.where((test == self.words.index(word)).any(1))[0] if word in self.words else test.new([])
        rows = self.with_word if len(self.with_word) else torch.arange(len(test), device=test.device)
        rows = rows[(test[rows] != PAD).sum(1).argsort(stable=True)]  # the shortest first
        rows = rows[: max(texts, int(((test[rows] != PAD).sum(1) <= LONGEST).sum()))]
        self.shown = rows[torch.linspace(0, len(rows) - 1, min(texts, len(rows))).long()]  # of every length

    def evaluate(self) -> dict[str, float]:
        """{} where no test text has the word."""
        if not len(self.with_word):
            return {}
        right = self._classes(self.rows.test.stored[self.with_word]) == self.rows.test.targets[self.with_word]
        return {"word_accuracy": right.float().mean().item()}

    def _classes(self, words: Tensor) -> Tensor:
        return self.task.predictions(self.task.logits(words))

    def pictures(self) -> Iterator[Picture]:
        """The texts, coloured."""
        yield Picture("verdict so far", self._spans())

    def _spans(self) -> Spans:
        parts, label, marked = [], [], []
        texts = self.rows.test.stored[self.shown]
        for words, target in zip(texts, self.rows.test.targets[self.shown].tolist(), strict=True):
            known = [number for number in words.tolist() if number >= len(SPECIAL) or SPECIAL[number] == "<unknown>"]
            whole, length = words[None], len(known)
            so_far = whole.expand(length, -1).tril()[:-1]  # (T - 1, L): row t is the first t + 1 words
            verdicts = self._classes(torch.cat([so_far, whole])).tolist()  # (T): the last one has seen the end
            if verdicts and verdicts[-1] != target:
                marked.append(len(parts) + 2 * (length - 1))
            for number, verdict in zip(known, verdicts, strict=True):
                parts += [self.words[number], " "]
                label += [verdict, -1]
            parts[-1] = "\n"
        classes = list(self.rows.classes)
        title = "test texts: the verdict after each word"
        return Spans(parts=parts, label=label, classes=classes, marked=marked, mark="wrong in the end", title=title)
