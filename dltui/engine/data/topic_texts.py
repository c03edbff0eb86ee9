"""Short texts, each about one topic or a mixture of several, in the midst of words that all texts share; built in."""

from collections.abc import Callable
from pathlib import Path

import torch

from dltui.engine.contracts.dataset import Dataset, Split, limited
from dltui.engine.data.labelled_texts import LabelledTexts
from dltui.engine.generators.documents import MOST, TOPICS, documents
from dltui.engine.reading.reading_options import FOUND_OUT, Reading
from dltui.engine.reading.sentences import as_rows, vocabulary

SOURCES = ("builtin", "path")
GIVES = ("text", "classes")
READS = "labelled_texts"


def build(
    *, train_rows: int = 160, test_rows: int = 400, alpha: float = 0.0, common: float = 0.75, seed: int = 0
) -> "TopicTexts":
    """Texts as words; the class of each is its topic, of several the one with the greatest share.

    train_rows: texts to train on, at least 8; of your own the first.
    test_rows: texts to test on, at least 8; of your own the first.
    alpha: how evenly a text's topics share it, at least 0; 0: each text has one topic.
    common: share of a text's words that are of no topic, at least 0, at most 1.
    seed: decides the texts, at least 0.
    """
    return TopicTexts((train_rows, test_rows), alpha, common, seed)


class TopicTexts:
    """Words (N, L) int64, END after the last and PAD behind; targets (N,) int64."""

    def __init__(self, rows: tuple[int, int], alpha: float, common: float, seed: int):
        self.rows, self.alpha, self.common, self.seed = rows, alpha, common, seed

    def builtin(self) -> Dataset:
        """Generated texts, the same for the same seed; the vocabulary is that of the training texts."""
        train_rows, test_rows = self.rows
        train = documents(
            train_rows, 2 * self.seed, self.alpha, self.common
        )  # two draws: more rows of one leave the other's alone
        test = documents(test_rows, 2 * self.seed + 1, self.alpha, self.common)
        known = vocabulary(train.words, 10_000)
        splits = [
            Split(as_rows(part.words, known, MOST + 1), torch.from_numpy(part.shares.argmax(1)))
            for part in (train, test)
        ]
        detail = f"{train_rows:,} generated texts on {len(TOPICS)} topics, and {test_rows:,} for the test"
        facts = {"symbols": len(known), "classes": len(TOPICS)}
        return Dataset(*splits, tuple(TOPICS), "builtin", detail, facts, vocabularies=(known,))

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own texts, read as those of `labelled_texts` are. Raises DltuiError (4)."""
        return limited(LabelledTexts(400, 0, (0, 0)).path(path, report, reading), *self.rows)
