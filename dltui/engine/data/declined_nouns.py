"""Russian sentences with declined nouns, built in; of each noun one form stands in the test sentences alone."""

import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.generators.declined import NOUNS, sentences
from dltui.engine.reading.sentences import NO_TAG, as_rows, vocabulary

SOURCES = ("builtin",)
GIVES = ("text", "tags")


def build(*, train_rows: int = 3000, test_rows: int = 600, past: bool = False, seed: int = 0) -> "DeclinedNouns":
    """Sentences as words; the tag of a word is the noun that it is a form of.

    train_rows: sentences to train on, at least 50.
    test_rows: sentences with a form that is in no training sentence, at least 10.
    past: whether the sentences are about the past, where a verb agrees with the gender of its subject.
    seed: decides the sentences, and which forms are held out, at least 0.
    """
    return DeclinedNouns(train_rows, test_rows, past, seed)


class DeclinedNouns:
    """Words (N, L) int64, END after the last and PAD behind; targets (N, L) int64, NO_TAG for what is no noun."""

    def __init__(self, train_rows: int, test_rows: int, past: bool, seed: int):
        self.rows, self.past, self.seed = {"train": train_rows, "test": test_rows}, past, seed

    def builtin(self) -> Dataset:
        """Generated sentences; the words that only the test has stand last in the vocabulary."""
        found = {
            split: sentences(rows, self.seed, seen=split == "train", past=self.past)
            for split, rows in self.rows.items()
        }
        words = {split: [[word for word, _ in one] for one in part] for split, part in found.items()}
        known = vocabulary(words["train"], 10_000)
        new = sorted({word for one in words["test"] for word in one} - set(known))
        known = (*known, *new)
        number = {noun: place for place, noun in enumerate(NOUNS)}
        length = max(len(one) for part in words.values() for one in part) + 1
        splits = {}
        for split, part in found.items():
            tags = [[number.get(noun, NO_TAG) for _, noun in one] for one in part]
            padded = torch.tensor([[*row, *[NO_TAG] * (length - len(row))] for row in tags])
            splits[split] = Split(as_rows(words[split], known, length), padded)
        detail = f"{self.rows['train']:,} generated Russian sentences, {len(new)} forms in the test alone"
        facts = {"symbols": len(known), "classes": len(NOUNS)}
        return Dataset(splits["train"], splits["test"], tuple(NOUNS), "builtin", detail, facts, vocabularies=(known,))
