"""Which words are nearest to those that no training sentence has, and whether they are forms of the same word."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import normalize

from dltui.engine.contracts.models import Encoder
from dltui.engine.contracts.task import Picture, Task
from dltui.engine.reading.sentences import SPECIAL, tag_counts
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Table

TASKS = ("skipgram",)
METRICS = {
    "unseen_hits": Metric(
        "share of words in no training sentence whose nearest word is a form of the same noun", "higher", (0, 1), "test"
    ),
    "unseen_chance": Metric(
        "share of words in no training sentence for which a word drawn at random is a form of the same noun",
        range=(0, 1),
        axis="unseen_hits",
        rows="test",
    ),
    "seen_hits": Metric(
        "share of nouns' forms in training sentences whose nearest word is a form of the same noun", "higher", (0, 1)
    ),
    "unseen": Metric("words that stand in test sentences alone", counter=True, unit="words", rows="test"),
}
NEAR, LISTED = 4, 12  # nearest words, and words of the table


def build() -> Callable[[Task], "UnseenWords"]:
    """For a net with `embed` of words, and texts whose tags say which noun a word is a form of."""
    return UnseenWords


class UnseenWords:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task):
        self.net: Encoder = task.net
        rows = task.rows.tags()
        self.words, self.classes = rows.vocabularies[0], rows.classes
        seen, also = (
            tag_counts(split.stored, split.targets, len(self.words), len(self.classes))
            for split in (rows.train, rows.test)
        )
        both = seen + also
        self.noun = both.argmax(1).where(both.any(1), -1)  # (V,): -1 of what is no noun
        there = torch.zeros(len(self.words), dtype=torch.bool, device=rows.device)
        there[rows.train.stored.unique()] = True
        there[: len(SPECIAL)] = False
        self.known = torch.where(there)[0]  # words of the training sentences
        self.unseen = torch.where(~there & (self.noun >= 0))[0]
        self.seen = torch.where(there & (self.noun >= 0))[0]

    def _nearest(self, words: Tensor, count: int) -> Tensor:
        """words (B,) -> the nearest words (B, count) of the training sentences by cosine, they themselves left out."""
        cosines = normalize(self.net.embed(words), dim=1) @ normalize(self.net.embed(self.known), dim=1).T
        cosines = cosines.masked_fill(words[:, None] == self.known, -torch.inf)
        return self.known[cosines.topk(count, 1).indices]

    def _hits(self, words: Tensor) -> float:
        return (self.noun[self._nearest(words, 1)[:, 0]] == self.noun[words]).float().mean().item()

    def evaluate(self) -> dict[str, float]:
        found = {"unseen": len(self.unseen), "seen_hits": self._hits(self.seen)}
        if len(self.unseen):
            own = (self.noun[self.known] == self.noun[self.unseen][:, None]).float().mean(1)
            found |= {"unseen_hits": self._hits(self.unseen), "unseen_chance": own.mean().item()}
        return found

    def pictures(self) -> Iterator[Picture]:
        """Words that were never seen, and their nearest ones."""
        chosen = self.unseen[torch.linspace(0, len(self.unseen) - 1, min(LISTED, len(self.unseen))).long()]
        rows = []
        for word, near in zip(chosen.tolist(), self._nearest(chosen, NEAR).tolist(), strict=True):
            hits = sum(int(self.noun[other] == self.noun[word]) for other in near)
            rows.append([self.words[word], f"{hits}/{NEAR}", *(self.words[other] for other in near)])
        yield Picture("never seen", Table(columns=["word", "hits", *(f"{at + 1}." for at in range(NEAR))], rows=rows))
