"""Tagging: a class for every word of a sentence, many to many in step."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.confusion import confusion
from dltui.engine.reading.sentences import UNKNOWN
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a word", better="lower", progress=True),
    "test_loss": Metric("the same on the test sentences", better="lower"),
    "accuracy": Metric("share of the test words tagged rightly", better="higher", range=(0, 1)),
    "lookup": Metric("the same of a table: each word's commonest tag in the training sentences"),
    "ambiguous": Metric("share tagged rightly of the words that had more than one tag in the training sentences"),
    "lookup_ambiguous": Metric("the same of the table"),
}
NO_TAG = -1
ROWS = 250  # sentences read together
SHOWN = 16  # sentences
UNREAD = 4  # words that the table does not settle weigh as much as one that is unknown


def build() -> Callable:
    """Returns (data, nets, device) -> Tag."""
    return partial(Tag)


class Tag:
    """A net that gives logits (B, L, classes) for words (B, L)."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device):
        if len(data.vocabularies) != 1 or not data.classes or data.train.targets.dim() != 2:
            raise DltuiError(
                f'Tagging needs sentences with a tag a word; "{data.detail}" has none.',
                "Take: data.kind=tagged.",
                ExitStatus.USAGE,
            )
        self.net, self.classes, self.words = nets["model"], data.classes, data.vocabularies[0]
        self.inputs, self.targets = data.train.inputs.to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = data.test.inputs.to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)
        counts = tag_counts(data.train.inputs, data.train.targets, len(self.words), len(self.classes)).to(device)
        self.commonest = counts.argmax(1)  # (V,)
        self.ambiguous = (counts > 0).sum(1) > 1  # (V,) bool

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return self._loss(self.net(self.inputs[rows]), self.targets[rows])

    def _loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        return cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=NO_TAG)

    def logits(self, words: Tensor) -> Tensor:
        """words (N, L) -> logits (N, L, classes)."""
        return torch.cat([self.net(part) for part in words.split(ROWS)]).float()

    def evaluate(self) -> dict[str, float]:
        logits = self.logits(self.test_inputs)
        there = self.test_targets != NO_TAG
        words, targets = self.test_inputs[there], self.test_targets[there]
        hits = {"accuracy": logits.argmax(2)[there] == targets, "lookup": self.commonest[words] == targets}
        found = {"test_loss": self._loss(logits, self.test_targets).item()}
        found |= {name: hit.float().mean().item() for name, hit in hits.items()}
        unsure = self.ambiguous[words]
        if unsure.any():
            found["ambiguous"] = hits["accuracy"][unsure].float().mean().item()
            found["lookup_ambiguous"] = hits["lookup"][unsure].float().mean().item()
        return found

    def pictures(self) -> Iterator[Picture]:
        """Test sentences with their words coloured by the net's tags, and what is taken for what."""
        yield Picture("sentences", self._sentences())
        there = self.test_targets != NO_TAG
        predictions = self.logits(self.test_inputs).argmax(2)[there]
        yield Picture("confusion", confusion(self.test_targets[there], predictions, self.classes))

    def _sentences(self) -> dict:
        """Those with the most words that the table does not settle, few of them unknown."""
        telling = self.ambiguous[self.test_inputs].sum(1) - UNREAD * (self.test_inputs == UNKNOWN).sum(1)
        chosen = telling.argsort(descending=True, stable=True)[:SHOWN]
        words, targets = self.test_inputs[chosen], self.test_targets[chosen]
        predictions = self.logits(words).argmax(2)
        parts, label, marked = [], [], []
        for row in range(len(words)):
            for place in range(int((targets[row] != NO_TAG).sum())):
                if predictions[row, place] != targets[row, place]:
                    marked.append(len(parts))
                parts += [self.words[words[row, place]], " "]
                label += [int(predictions[row, place]), -1]
            parts[-1] = "\n"
        return {
            "type": "spans", "parts": parts, "label": label, "classes": list(self.classes), "marked": marked,
            "mark": "wrong", "title": "test words, coloured by the tag that the net gives them",
        }  # fmt: skip


def tag_counts(words: Tensor, tags: Tensor, vocabulary: int, classes: int) -> Tensor:
    """Returns (vocabulary, classes): how often each word has each tag."""
    there = tags != NO_TAG
    pairs = words[there] * classes + tags[there]
    return torch.bincount(pairs, minlength=vocabulary * classes).view(vocabulary, classes)
