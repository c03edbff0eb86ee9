"""Pairs of sentences: Multi30k (Elliott et al. 2016, arXiv:1605.00459); built in: numbers and dates; own: a .tsv."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from dltui.engine.contracts.dataset import Dataset, Split, limited
from dltui.engine.generators import spoken
from dltui.engine.reading import hub
from dltui.engine.reading.hub_copy import copy_of
from dltui.engine.reading.sentence_pairs import read_pairs
from dltui.engine.reading.sentences import as_rows, vocabulary, words_of
from dltui.engine.reading.tensor_file import Stored

SOURCES = ("hub", "builtin", "path")
HUB = hub.Source("bentrevett/multi30k", "default", {"train": "train.jsonl", "test": "test.jsonl"})
TRAIN_ROWS, TEST_ROWS = 6000, 500  # built in
MOST_WORDS = 8000  # of a vocabulary
RARE = 2  # times that a word of the hub's sentences must come
LONGEST = 40  # words of a sentence
HELD = 10  # of so many pairs of a path the last one is held back


def build(*, train_rows: int = 0, test_rows: int = 0, target: Literal["de", "fr"] = "de") -> "Translation":
    """Sentences in English, and what they are in another language: Russian where built in, or a path's.

    train_rows: pairs to train on, at least 0; 0 takes all.
    test_rows: pairs to test on, at least 0; 0 takes all.
    target: the hub's other language.
    """
    return Translation(train_rows, test_rows, target)


class Translation:
    """Rows of words (N, L) int64, both sides alike: END after the last word, PAD behind it."""

    def __init__(self, train_rows: int, test_rows: int, target: str):
        self.rows, self.target = (train_rows, test_rows), target

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """Captions of photographs, translated by people; kept in the cache as numbers. Raises DltuiError (4)."""
        stamp = {"repo": HUB.repo, "target": self.target}
        stored, how, notes = copy_of("translation", stamp, lambda: self._fetched(report))
        data = _dataset(stored, "hub", f"{HUB.repo}, English to {self.target}, {how}")
        return limited(data._replace(notes=notes), *self.rows)

    def _fetched(self, report: Callable[[str], None]) -> Stored:
        tables, commit = hub.tables(HUB, report)
        pairs = {}
        for split, table in tables.items():
            if not {"en", self.target} <= set(table.column_names):
                found = ", ".join(table.column_names)
                raise hub.fault(HUB.repo, f"expected columns en and {self.target}, found {found}")
            pairs[split] = list(zip(*(table[name].to_pylist() for name in ("en", self.target)), strict=True))
        stored = _numbered(pairs, RARE)
        return stored._replace(values={**stored.values, "repo": HUB.repo, "commit": commit, "target": self.target})

    def builtin(self) -> Dataset:
        """Generated pairs; no test sentence is among those to train on."""
        pairs = spoken.pairs(TRAIN_ROWS + TEST_ROWS, seed=0)
        stored = _numbered({"train": pairs[TEST_ROWS:], "test": pairs[:TEST_ROWS]}, least=1)
        return limited(_dataset(stored, "builtin", "numbers and dates in words, English to Russian"), *self.rows)

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own pairs, every tenth held back for the test. Raises DltuiError (4)."""
        report(f"reading {path}")
        pairs = read_pairs(path)
        train = [pair for number, pair in enumerate(pairs, 1) if number % HELD]
        stored = _numbered({"train": train, "test": pairs[HELD - 1 :: HELD]}, least=1)
        return limited(_dataset(stored, "path", f"{path}: {len(pairs):,} pairs of sentences"), *self.rows)


def _numbered(pairs: dict[str, list[tuple[str, str]]], least: int) -> Stored:
    """Both splits' rows, and the vocabularies of the training sentences: words that come `least` times there."""
    known, tensors = [], {}
    for side, name in enumerate(("inputs", "targets")):
        sentences = {split: [words_of(pair[side])[: LONGEST - 1] for pair in pairs[split]] for split in pairs}
        known.append(vocabulary(sentences["train"], MOST_WORDS, least))
        length = max(len(words) for split in sentences.values() for words in split) + 1
        tensors |= {f"{split}.{name}": as_rows(sentences[split], known[side], length) for split in pairs}
    return Stored(tensors, {"vocabularies": known})


def _dataset(stored: Stored, source: str, detail: str) -> Dataset:
    train, test = (Split(*(stored.tensors[f"{split}.{name}"] for name in Split._fields)) for split in ("train", "test"))
    known = tuple(map(tuple, stored.values["vocabularies"]))
    facts = {"source_words": len(known[0]), "target_words": len(known[1])}
    return Dataset(train, test, (), source, detail, facts, vocabularies=known)
