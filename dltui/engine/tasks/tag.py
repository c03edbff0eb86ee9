"""Tagging: a class for every word of a sentence, many to many in step."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.pictures.confusion import confusion
from dltui.engine.reading.sentences import NO_TAG, UNKNOWN, tag_counts
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Spans

METRICS = {
    "loss": Metric("training loss of a word", better="lower", progress=True, rows="train"),
    "test_loss": Metric("loss of a word of the test sentences", better="lower", axis="loss", rows="test"),
    "accuracy": Metric("share of the test words that are tagged rightly", better="higher", range=(0, 1), rows="test"),
    "lookup": Metric(
        "share of the test words tagged rightly by a table of each word's commonest tag in the training sentences",
        range=(0, 1),
        axis="accuracy",
        rows="test",
    ),
    "ambiguous": Metric(
        "share tagged rightly of the test words that had more than one tag in the training sentences",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "lookup_ambiguous": Metric(
        "share tagged rightly, by the table, of the test words that had more than one tag in the training sentences",
        range=(0, 1),
        axis="ambiguous",
        rows="test",
    ),
}
ROWS = 250  # sentences read together
SHOWN = 16  # sentences
UNREAD = 4  # words that the table does not settle weigh as much as one that is unknown


def build() -> Callable[[Context], "Tag"]:
    """The net's logits (B, L, classes) for words (B, L) are compared with the words' tags; a net that has `tag_loss`
    and `tags` compares and decides itself (contracts.models.Tagger)."""
    return Tag


class Tag:
    """A net that gives logits (B, L, classes) for words (B, L)."""

    def __init__(self, context: Context):
        self.net, self.rows = context.nets["model"], context.rows.tags()
        self.classes, self.words = self.rows.classes, self.rows.vocabularies[0]
        train = self.rows.train
        counts = tag_counts(train.stored, train.targets, len(self.words), len(self.classes))
        self.commonest = counts.argmax(1)  # (V,)
        self.ambiguous = (counts > 0).sum(1) > 1  # (V,) bool

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> cross-entropy, the mean over the words."""
        return self._loss(self.rows.train.batch(rows), self.rows.train.targets[rows])

    def _loss(self, words: Tensor, targets: Tensor) -> Tensor:
        if hasattr(self.net, "tag_loss"):
            return self.net.tag_loss(words, targets)
        return cross_entropy(self.net(words).flatten(0, 1), targets.flatten(), ignore_index=NO_TAG)

    def logits(self, words: Tensor) -> Tensor:
        """words (N, L) -> logits (N, L, classes)."""
        return torch.cat([self.net(part) for part in words.split(ROWS)]).float()

    def predictions(self, words: Tensor) -> Tensor:
        """words (N, L) -> the tag of each (N, L) int64."""
        if hasattr(self.net, "tags"):
            return torch.cat([self.net.tags(part) for part in words.split(ROWS)])
        return self.logits(words).argmax(2)

    def evaluate(self) -> dict[str, float]:
        test = self.rows.test
        predictions, there = self.predictions(test.stored), test.targets != NO_TAG
        words, targets = test.stored[there], test.targets[there]
        hits = {"accuracy": predictions[there] == targets, "lookup": self.commonest[words] == targets}
        found = {"test_loss": self.test_loss()}
        found |= {name: hit.float().mean().item() for name, hit in hits.items()}
        unsure = self.ambiguous[words]
        if unsure.any():
            found["ambiguous"] = hits["accuracy"][unsure].float().mean().item()
            found["lookup_ambiguous"] = hits["lookup"][unsure].float().mean().item()
        return found

    def test_loss(self) -> float:
        """The mean over the words of the test sentences."""
        loss, words = 0.0, 0
        for part, targets in self.rows.test.parts(ROWS):
            count = int((targets != NO_TAG).sum())
            loss, words = loss + count * self._loss(part, targets).item(), words + count
        return loss / words

    def pictures(self) -> Iterator[Picture]:
        """Test sentences with their words coloured by the net's tags, and what is taken for what."""
        test = self.rows.test
        yield Picture("sentences", self._sentences())
        there = test.targets != NO_TAG
        predictions = self.predictions(test.stored)[there]
        yield Picture("confusion", confusion(test.targets[there], predictions, self.classes))

    def _sentences(self) -> Spans:
        """Those with the most words that the table does not settle, few of them unknown."""
        test = self.rows.test
        telling = self.ambiguous[test.stored].sum(1) - UNREAD * (test.stored == UNKNOWN).sum(1)
        chosen = telling.argsort(descending=True, stable=True)[:SHOWN]
        words, targets = test.stored[chosen], test.targets[chosen]
        predictions = self.predictions(words)
        parts, label, marked = [], [], []
        for row in range(len(words)):
            for place in range(int((targets[row] != NO_TAG).sum())):
                if predictions[row, place] != targets[row, place]:
                    marked.append(len(parts))
                parts += [self.words[words[row, place]], " "]
                label += [int(predictions[row, place]), -1]
            parts[-1] = "\n"
        title = "test words, coloured by the tag that the net gives them"
        classes = list(self.classes)
        return Spans(parts=parts, label=label, classes=classes, marked=marked, mark="wrong", title=title)
