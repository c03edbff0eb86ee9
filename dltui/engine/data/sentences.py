"""Sentences as numbers of words, with a tag for each word, with a translation, or with groups of words."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import pyarrow as pa
import torch
from torch import Tensor

from dltui.engine.contracts.dataset import Dataset, Split, limited
from dltui.engine.generators import entities, grammar, spoken, word_groups
from dltui.engine.reading import hub, sentence_pairs, tagged_words
from dltui.engine.reading.hub_copy import copy_of
from dltui.engine.reading.picture_column import class_names
from dltui.engine.reading.reading_options import FOUND_OUT, Reading
from dltui.engine.reading.sentences import NO_TAG, PAD, UNKNOWN, as_rows, vocabulary, words_of
from dltui.engine.reading.split_files import SplitFiles, split_files
from dltui.engine.reading.tensor_file import Stored
from dltui.engine.reading.text_file import lines_of

SOURCES = ("hub", "builtin", "path")
GIVES = ("text", "tags", "sequences")
READS = "sentences"
EWT = hub.Source("universal-dependencies/universal_dependencies", "en_ewt")
WIKIANN = hub.Source("unimelb-nlp/wikiann", "en")
MULTI30K = hub.Source("bentrevett/multi30k", "")
RARE = 2  # times that a word of the hub's sentences must come
LONGEST = 40  # words of a sentence
Tagged = tuple[Sequence[str], Sequence[int]]  # words, and the number of each one's tag


def build(
    *,
    targets: Literal["tags", "entities", "translation", "groups"] = "tags",
    language: Literal["de", "fr"] = "de",
    train_rows: int = 0,
    test_rows: int = 0,
) -> "Sentences":
    """English sentences, and what is to be predicted of them.

    targets: tags, the part of speech of each word; entities, whether it begins (B) or goes on with (I) the name of a
        person, a place or an organisation, or is in none (O); translation, the sentence in another language, Russian
        where built in; groups, the group of each word, known where built in.
    language: what the hub's sentences are translated into.
    train_rows: sentences to train on, at least 0; 0 takes all.
    test_rows: sentences to test on, at least 0; 0 takes all.
    """
    contents = {
        "tags": lambda: TaggedWords(PARTS_OF_SPEECH),
        "entities": lambda: TaggedWords(ENTITIES),
        "translation": lambda: Translations(language),
        "groups": WordGroups,
    }
    return Sentences(targets, contents[targets](), (train_rows, test_rows))


class Content(Protocol):
    """One kind of targets: what the hub has, what is generated, and what is the user's own, as numbers.

    Stored are the tensors "train.inputs", "train.targets" and so on, and the values "vocabularies" and "classes".
    """

    source: hub.Source
    stamp: dict[str, str]  # what the cache's copy must agree with
    hub_detail: str
    generated_detail: str
    suffixes: tuple[str, ...]  # of the user's own files
    hint: str

    def fetched(self, tables: dict[str, pa.Table]) -> Stored: ...

    def generated(self) -> Stored: ...

    def read(self, files: SplitFiles, reading: Reading) -> tuple[Stored, str, tuple[str, ...]]: ...


class Sentences:
    """Words (N, L) int64, PAD behind the last; targets (N, L) int64: tags, NO_TAG where there is none, or words.

    Where the targets are no tags, END stands after the last word.
    """

    def __init__(self, targets: str, content: Content, rows: tuple[int, int]):
        self.targets, self.content, self.rows = targets, content, rows

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """Sentences by people; kept in the cache as numbers. Raises DltuiError (4)."""
        stamp = {"repo": self.content.source.repo, **self.content.stamp}
        # `dltui data info sentences` looks at what the default's copy is
        name = "sentences" if self.targets == "tags" else f"sentences/{self.targets}"
        stored, how, notes = copy_of(name, stamp, lambda: self._fetched(report))
        return self._dataset(stored, "hub", f"{stamp['repo']} {self.content.hub_detail}, {how}")._replace(notes=notes)

    def _fetched(self, report: Callable[[str], None]) -> Stored:
        with hub.tables(self.content.source, report) as (tables, commit):
            stored = self.content.fetched(tables)
        return stored._replace(values={**stored.values, "commit": commit})

    def builtin(self) -> Dataset:
        """Generated sentences, the same every time."""
        return self._dataset(self.content.generated(), "builtin", self.content.generated_detail)

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own sentences, a part held back for the test. Raises DltuiError (4)."""
        report(f"reading {path}")
        files, found = split_files(path, self.content.suffixes, self.content.hint)
        stored, detail, notes = self.content.read(files, reading)
        return self._dataset(stored, "path", f"{path}: {detail}", (*found, *notes))

    def _dataset(self, stored: Stored, source: str, detail: str, notes: tuple[str, ...] = ()) -> Dataset:
        train, test = (
            Split(*(stored.tensors[f"{split}.{name}"] for name in Split._fields)) for split in ("train", "test")
        )
        known, classes = tuple(map(tuple, stored.values["vocabularies"])), tuple(stored.values["classes"])
        facts = {"symbols": len(known[0])}
        if classes:
            facts["classes"] = len(classes)
        if self.targets == "translation":
            facts |= {"source_words": len(known[0]), "target_words": len(known[1])}
        data = Dataset(train, test, classes, source, detail, facts, notes, vocabularies=known)
        return limited(data, *self.rows)


class Tagging(NamedTuple):
    """What words are tagged with: where on the hub, and how it is generated."""

    source: hub.Source
    column: str  # of the tags
    hub_detail: str
    generated_detail: str
    tags: tuple[str, ...]
    sentences: Callable[[int, int], list]  # (count, seed) -> sentences of (word, tag)
    least: int  # times that a word of the generated sentences must come; a rarer one is UNKNOWN


PARTS_OF_SPEECH = Tagging(EWT, "upos", "en_ewt", "a generated grammar", grammar.TAGS, grammar.sentences, 1)
ENTITIES = Tagging(WIKIANN, "ner_tags", "en", "generated sentences with names", entities.TAGS, entities.sentences, RARE)


class TaggedWords:
    """Each word with its part of speech: English Web Treebank (Silveira et al. 2014); a grammar; CoNLL-U. Or with its
    place in a name: WikiANN (Pan et al. 2017); generated sentences; CoNLL."""

    suffixes, hint = tagged_words.SUFFIXES, tagged_words.HINT
    TRAIN_ROWS, TEST_ROWS = 4000, 500  # built in
    MOST_WORDS = 20_000  # of the vocabulary
    HELD = 5  # of so many sentences of a path the last one is held back

    def __init__(self, tagging: Tagging):
        self.tagging, self.source, self.stamp = tagging, tagging.source, {}
        self.hub_detail, self.generated_detail = tagging.hub_detail, tagging.generated_detail

    def fetched(self, tables: dict[str, pa.Table]) -> Stored:
        parts, names, tagged = {}, (), self.tagging.column
        for split, rows in tables.items():
            for column in ("tokens", tagged):
                hub.checked(self.source.repo, rows, column, "lists", pa.types.is_list)
            names = class_names(rows, tagged) or names
            parts[split] = [
                (words[:LONGEST], tags[:LONGEST])
                for words, tags in zip(rows["tokens"].to_pylist(), rows[tagged].to_pylist(), strict=True)
            ]
        if not names or any(not 0 <= tag < len(names) for part in parts.values() for _, tags in part for tag in tags):
            raise hub.fault(self.source.repo, f"expected the tags' names and their numbers, found {len(names)} names")
        return self._numbered(parts, names, RARE)

    def generated(self) -> Stored:
        drawn = self.tagging.sentences
        test, train = (drawn(rows, seed) for seed, rows in ((1, self.TEST_ROWS), (0, self.TRAIN_ROWS)))
        return self._apart(train, test, self.tagging.tags, self.tagging.least)

    def read(self, files: SplitFiles, reading: Reading) -> tuple[Stored, str, tuple[str, ...]]:
        found, notes = _all(files, lambda file: tagged_words.read_tagged(file, reading.encoding))
        parts = {split: [sentence[:LONGEST] for sentence in found[split]] for split in found}
        sentences = list(chain.from_iterable(parts.values()))
        tags = sorted({tag for sentence in sentences for _, tag in sentence})
        train, test = parts.get("train", sentences), parts.get("test") or sentences[self.HELD - 1 :: self.HELD]
        return self._apart(train, test, tags), f"{len(sentences):,} sentences, {len(tags)} tags", notes

    def _apart(self, train: list, test: list, tags: Sequence[str], least: int = 1) -> Stored:
        """Sentences of (word, tag) as numbers; those of the test are taken out of those to train on."""
        held = {tuple(sentence) for sentence in test}
        parts = {"train": [sentence for sentence in train if tuple(sentence) not in held], "test": test}
        number = {tag: place for place, tag in enumerate(tags)}
        numbered = {
            split: [([word for word, _ in pairs], [number[tag] for _, tag in pairs]) for pairs in sentences]
            for split, sentences in parts.items()
        }
        return self._numbered(numbered, tags, least)

    def _numbered(self, parts: dict[str, list[Tagged]], tags: Sequence[str], least: int) -> Stored:
        known = vocabulary((words for words, _ in parts["train"]), self.MOST_WORDS, least)
        number = {word: place for place, word in enumerate(known)}
        tensors = {}
        for split, sentences in parts.items():
            words = [[number.get(word, UNKNOWN) for word in words] for words, _ in sentences]
            tensors[f"{split}.inputs"] = _padded(words, PAD)
            tensors[f"{split}.targets"] = _padded([tags for _, tags in sentences], NO_TAG)
        return Stored(tensors, {"vocabularies": [known], "classes": list(tags)})


class Translations:
    """Each sentence with its translation: Multi30k (Elliott et al. 2016, arXiv:1605.00459); numbers and dates; .tsv."""

    source, generated_detail = MULTI30K, "numbers and dates in words, English to Russian"
    suffixes, hint = sentence_pairs.SUFFIXES, sentence_pairs.HINT
    TRAIN_ROWS, TEST_ROWS = 6000, 500  # built in
    MOST_WORDS = 8000  # of a vocabulary
    HELD = 10  # of so many pairs of a path the last one is held back

    def __init__(self, language: str):
        self.stamp, self.hub_detail, self.columns = {"language": language}, f"English to {language}", ("en", language)

    def fetched(self, tables: dict[str, pa.Table]) -> Stored:
        pairs = {}
        for split, rows in tables.items():
            pairs[split] = list(zip(*(hub.texts(self.source.repo, rows, name) for name in self.columns), strict=True))
        return self._numbered(pairs, RARE)

    def generated(self) -> Stored:
        """No test sentence is among those to train on."""
        pairs = spoken.pairs(self.TRAIN_ROWS + self.TEST_ROWS, seed=0)
        return self._numbered({"train": pairs[self.TEST_ROWS :], "test": pairs[: self.TEST_ROWS]}, least=1)

    def read(self, files: SplitFiles, reading: Reading) -> tuple[Stored, str, tuple[str, ...]]:
        found, notes = _all(files, lambda file: sentence_pairs.read_pairs(file, reading))
        parts = _held_back(found, self.HELD)
        return self._numbered(parts, least=1), f"{sum(map(len, found.values())):,} pairs of sentences", notes

    def _numbered(self, pairs: dict[str, list[tuple[str, str]]], least: int) -> Stored:
        """Both splits' rows, and the vocabularies of the training sentences: words that come `least` times there."""
        known, tensors = [], {}
        for side, name in enumerate(Split._fields):
            sentences = {split: [words_of(pair[side])[: LONGEST - 1] for pair in pairs[split]] for split in pairs}
            known.append(vocabulary(sentences["train"], self.MOST_WORDS, least))
            rows = _rows(sentences, known[side])
            tensors |= {f"{split}.{name}": rows[split] for split in rows}
        return Stored(tensors, {"vocabularies": known, "classes": []})


class WordGroups:
    """Sentences by rules, each word with the group whose words may stand in its place; others' words have none."""

    source, stamp, hub_detail, generated_detail = MULTI30K, {}, "in English", "generated sentences"
    suffixes, hint = (".txt",), "Your own: a sentence a line."
    TRAIN_ROWS, TEST_ROWS = 2000, 500  # built in
    MOST_WORDS = 10_000  # of the vocabulary
    HELD = 10  # of so many sentences of a path the last one is held back

    def fetched(self, tables: dict[str, pa.Table]) -> Stored:
        texts = {split: hub.texts(self.source.repo, rows, "en") for split, rows in tables.items()}
        return self._without_groups(texts, RARE)

    def generated(self) -> Stored:
        sentences = word_groups.sentences(self.TRAIN_ROWS + self.TEST_ROWS, seed=0)
        parts = {"train": sentences[: self.TRAIN_ROWS], "test": sentences[self.TRAIN_ROWS :]}
        return self._numbered(parts, sentences, 1, word_groups.GROUPS)

    def read(self, files: SplitFiles, reading: Reading) -> tuple[Stored, str, tuple[str, ...]]:
        found, notes = _all(files, lambda file: lines_of(file, self.suffixes, "sentences", self.hint, reading.encoding))
        lines = {split: [line for line in found[split] if line.strip()] for split in found}
        count = sum(map(len, lines.values()))
        return self._without_groups(_held_back(lines, self.HELD), 1), f"{count:,} sentences", notes

    def _without_groups(self, texts: dict[str, list[str]], least: int) -> Stored:
        sentences = {split: [words_of(text)[: LONGEST - 1] for text in texts[split]] for split in texts}
        return self._numbered(sentences, sentences["train"], least, {})

    def _numbered(
        self, sentences: dict[str, list], vocabulary_of: Iterable, least: int, groups: dict[str, str]
    ) -> Stored:
        known = vocabulary(vocabulary_of, self.MOST_WORDS, least)
        number = {word: place for place, words in enumerate(groups.values()) for word in words.split()}
        group = torch.tensor([number.get(word, NO_TAG) for word in known])  # (V,)
        tensors = {}
        for split, rows in _rows(sentences, known).items():
            tensors |= {f"{split}.inputs": rows, f"{split}.targets": group[rows]}
        return Stored(tensors, {"vocabularies": [known], "classes": list(groups)})


def _all(
    files: SplitFiles, read: Callable[[Path], tuple[list, tuple[str, ...]]]
) -> tuple[dict[str, list], tuple[str, ...]]:
    """What the files of each split hold, one below the other, and all that was told of them, once."""
    found, notes = {}, []
    for split, paths in files.items():
        parts = [read(path) for path in paths]
        found[split] = list(chain.from_iterable(part for part, _ in parts))
        notes += chain.from_iterable(told for _, told in parts)
    return found, tuple(dict.fromkeys(notes))


def _held_back(found: dict[str, list], held: int) -> dict[str, list]:
    """Training and test rows: those that come in splits as they are, without rows of the test among the others; of
    others every `held`-th is the test."""
    if "train" in found:
        tested = set(found["test"])
        return {"train": [row for row in found["train"] if row not in tested], "test": found["test"]}
    rows = found[""]
    return {"train": [row for number, row in enumerate(rows, 1) if number % held], "test": rows[held - 1 :: held]}


def _rows(sentences: dict[str, list[Sequence[str]]], known: Sequence[str]) -> dict[str, Tensor]:
    """The sentences of each split as rows of one length, END after the last word."""
    length = max(len(words) for split in sentences.values() for words in split) + 1
    return {split: as_rows(sentences[split], known, length) for split in sentences}


def _padded(numbers: Sequence[Sequence[int]], behind: int) -> Tensor:
    length = max(map(len, numbers))
    return torch.tensor([[*row, *[behind] * (length - len(row))] for row in numbers])
