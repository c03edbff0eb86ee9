"""From anything to a sequence: it is read, and a sentence is written word by word (Sutskever et al. 2014,
arXiv:1409.3215)."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.models import Decoded, Decoding, Sequence
from dltui.engine.contracts.task import Context, Objective
from dltui.engine.reading.sentences import PAD, ended
from dltui.recipes.metric import Metric

PROBES = ("attention_maps", "translations")
NET_HAS = {"model": ("decode",)}
METRICS = {
    "loss": Metric(
        "training loss of a word, the true words before it given", better="lower", progress=True, rows="train"
    ),
    "test_loss": Metric(
        "loss of a word of the test rows, the true words before it given", better="lower", axis="loss", rows="test"
    ),
    "next_word": Metric(
        "share of the words of the test sentences predicted rightly, the true words before them given",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "exact": Metric(
        "share of the test rows whose sentence is written without a fault, each word after the model's own",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "exact_short": Metric(
        "share written without a fault of the test rows with fewer than `long` words to read",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "exact_long": Metric(
        "share written without a fault of the test rows with `long` words to read or more",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "start_errors": Metric(
        "share of the test rows with `long` words to read or more of whose first three words one is written wrongly",
        better="lower",
        range=(0, 1),
        rows="test",
    ),
    "leak": Metric(
        "largest change of a logit when the words from its own on change: 0 where none sees what it is to predict",
        check=True,
        rows="test",
    ),
}
ROWS = 250  # written together
START_WORDS = 3
LEAK_ROWS = 20


def build(*, long: int = 12) -> Callable[[Context], "Translate"]:
    """Sources may be sentences or pictures.

    long: words from which a sentence that is read counts as long, at least 2.
    """
    return partial(Translate, long=long)


class Translate:
    """A net of contracts.models.Sequence: source (B, ...), target (B, T) -> logits (B, T, words)."""

    def __init__(self, context: Context, long: int):
        self.net: Sequence = context.nets["model"]
        self.rows, self.long = context.rows.sequences(), long
        self.reads_words = self.rows.train.stored.dim() == 2
        self.lengths = _lengths(self.rows.test.stored) if self.reads_words else None  # (N,) words of the test sources
        self.exact: Tensor | None = None  # (N,) bool: the test rows without a fault when last evaluated

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """Cross-entropy of a word. Teacher forcing: whatever was predicted, the next is predicted from the true one."""
        sources, targets = self.rows.train.batch(rows), _cut(self.rows.train.targets[rows])
        logits = self.net(_cut(sources) if self.reads_words else sources, targets)  # (B, T, words)
        return cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=PAD)

    def decode(self, sources: Tensor) -> Decoded:
        """sources (B, ...) -> sentences as long as the longest of the test, PAD behind the first END."""
        found = self.net.decode(sources, Decoding(self.rows.test.targets.shape[1]))
        return found._replace(symbols=ended(found.symbols))

    def evaluate(self) -> dict[str, float]:
        loss, hits, words, right, test = 0.0, 0, 0, [], self.rows.test
        for sources, targets in test.parts(ROWS):
            logits, there = self.net(sources, targets).float(), targets != PAD
            loss += cross_entropy(logits[there], targets[there], reduction="sum").item()
            hits += (logits.argmax(2)[there] == targets[there]).sum().item()
            words += there.sum().item()
            right.append(self.decode(sources).symbols == targets)
        right = torch.cat(right)  # (N, T)
        self.exact = right.all(1)
        found = {"test_loss": loss / words, "next_word": hits / words, "exact": self.exact.float().mean().item()}
        found["leak"] = self._leak()
        if self.lengths is not None:
            short = self.lengths < self.long
            for name, among in (("exact_short", short), ("exact_long", ~short)):
                if among.any():
                    found[name] = self.exact[among].float().mean().item()
            if not short.all():
                found["start_errors"] = 1 - right[~short, :START_WORDS].all(1).float().mean().item()
        return found

    def _leak(self) -> float:
        """Of some test rows: the words behind their beginning are replaced by another row's."""
        sources, targets = (part[:LEAK_ROWS] for part in next(iter(self.rows.test.parts(ROWS))))
        half = int((targets != PAD).sum(1).min()) // 2 + 1
        other = torch.cat([targets[:, : half - 1], targets[:, half - 1 :].roll(1, 0)], 1)
        return (self.net(sources, targets) - self.net(sources, other))[:, :half].abs().max().item()


def _lengths(sentences: Tensor) -> Tensor:
    """(N, L) -> (N,): their words; END is none."""
    return (sentences != PAD).sum(1) - 1


def _cut(sentences: Tensor) -> Tensor:
    """(B, L) -> as long as the longest on the CPU, where it saves half of the work; a GPU would wait for the host."""
    if sentences.device.type != "cpu":
        return sentences
    return sentences[:, : int((sentences != PAD).sum(1).max())]
