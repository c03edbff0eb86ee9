"""Words and their parts of speech: English Web Treebank (Silveira et al. 2014); built in: a grammar; own: CoNLL-U."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from dltui.engine.contracts.dataset import Dataset, Split, limited
from dltui.engine.generators import grammar
from dltui.engine.reading import hub, table
from dltui.engine.reading.hub_copy import copy_of
from dltui.engine.reading.sentences import PAD, UNKNOWN, vocabulary
from dltui.engine.reading.tagged_words import read_tagged
from dltui.engine.reading.tensor_file import Stored

SOURCES = ("hub", "builtin", "path")
HUB = hub.Source(
    "universal-dependencies/universal_dependencies",
    "en_ewt",
    {"train": "en_ewt/train-*.parquet", "test": "en_ewt/test-*.parquet"},
)
TRAIN_ROWS, TEST_ROWS = 4000, 500  # built in
MOST_WORDS = 20_000  # of the vocabulary
RARE = 2  # times that a word of the hub's sentences must come
LONGEST = 40  # words of a sentence
HELD = 5  # of so many sentences of a path the last one is held back
NO_TAG = -1  # the target where a row has no word
Sentences = list[tuple[Sequence[str], Sequence[int]]]  # words, and the number of each one's tag


def build(*, train_rows: int = 0, test_rows: int = 0) -> "TaggedWords":
    """Sentences, and the part of speech of each word.

    train_rows: sentences to train on, at least 0; 0 takes all.
    test_rows: sentences to test on, at least 0; 0 takes all.
    """
    return TaggedWords(train_rows, test_rows)


class TaggedWords:
    """Rows of words (N, L) int64 with PAD behind the last; targets alike, NO_TAG behind the last. One vocabulary."""

    def __init__(self, train_rows: int, test_rows: int):
        self.rows = train_rows, test_rows

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """Sentences from the web, tagged by people; kept in the cache as numbers. Raises DltuiError (4)."""
        stored, how, notes = copy_of("tagged", {"repo": HUB.repo}, lambda: _fetched(report))
        data = _dataset(stored, "hub", f"{HUB.repo} en_ewt, {how}")
        return limited(data._replace(notes=notes), *self.rows)

    def builtin(self) -> Dataset:
        """Generated sentences; no test sentence is among those to train on."""
        test, train = (grammar.sentences(rows, seed) for seed, rows in ((1, TEST_ROWS), (0, TRAIN_ROWS)))
        return limited(_apart(train, test, grammar.TAGS, "builtin", "a generated grammar"), *self.rows)

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own sentences, every fifth held back for the test. Raises DltuiError (4)."""
        report(f"reading {path}")
        sentences = [sentence[:LONGEST] for sentence in read_tagged(path)]
        tags = sorted({tag for sentence in sentences for _, tag in sentence})
        test = sentences[HELD - 1 :: HELD]
        detail = f"{path}: {len(sentences):,} sentences, {len(tags)} tags"
        return limited(_apart(sentences, test, tags, "path", detail), *self.rows)


def _apart(train: list, test: list, tags: Sequence[str], source: str, detail: str) -> Dataset:
    """Sentences of (word, tag) as a data set; those of the test are taken out of those to train on."""
    held = {tuple(sentence) for sentence in test}
    parts = {"train": [sentence for sentence in train if tuple(sentence) not in held], "test": test}
    number = {tag: place for place, tag in enumerate(tags)}
    numbered = {
        split: [([word for word, _ in pairs], [number[tag] for _, tag in pairs]) for pairs in sentences]
        for split, sentences in parts.items()
    }
    return _dataset(_stored(numbered, tags, 1), source, detail)


def _fetched(report: Callable[[str], None]) -> Stored:
    tables, commit = hub.tables(HUB, report)
    parts, names = {}, ()
    for split, rows in tables.items():
        if not {"tokens", "upos"} <= set(rows.column_names):
            raise hub.fault(HUB.repo, f"expected columns tokens and upos, found {', '.join(rows.column_names)}")
        names = table.class_names(rows, "upos") or names
        parts[split] = [
            (words[:LONGEST], tags[:LONGEST])
            for words, tags in zip(rows["tokens"].to_pylist(), rows["upos"].to_pylist(), strict=True)
        ]
    if not names or any(not 0 <= tag < len(names) for part in parts.values() for _, tags in part for tag in tags):
        raise hub.fault(HUB.repo, f"expected the tags' names and their numbers, found {len(names)} names")
    stored = _stored(parts, names, RARE)
    return stored._replace(values={**stored.values, "repo": HUB.repo, "commit": commit})


def _stored(parts: dict[str, Sentences], tags: Sequence[str], least: int) -> Stored:
    """Both splits as rows of numbers, and the words of the training sentences that come `least` times."""
    known = vocabulary((words for words, _ in parts["train"]), MOST_WORDS, least)
    number = {word: place for place, word in enumerate(known)}
    tensors = {}
    for split, sentences in parts.items():
        length = max(len(words) for words, _ in sentences)
        words = [[number.get(word, UNKNOWN) for word in words] for words, _ in sentences]
        tensors[f"{split}.inputs"] = _rows(words, length, PAD)
        tensors[f"{split}.targets"] = _rows([tags for _, tags in sentences], length, NO_TAG)
    return Stored(tensors, {"words": known, "tags": list(tags)})


def _rows(numbers: Sequence[Sequence[int]], length: int, behind: int) -> Tensor:
    return torch.tensor([[*row, *[behind] * (length - len(row))] for row in numbers])


def _dataset(stored: Stored, source: str, detail: str) -> Dataset:
    train, test = (Split(*(stored.tensors[f"{split}.{name}"] for name in Split._fields)) for split in ("train", "test"))
    words, tags = tuple(stored.values["words"]), tuple(stored.values["tags"])
    facts = {"symbols": len(words), "classes": len(tags)}
    return Dataset(train, test, tags, source, detail, facts, vocabularies=(words,))
