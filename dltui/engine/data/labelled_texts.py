"""Texts with a class each; built in: reviews by rules, in which the order of the words decides."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from dltui.engine.contracts.dataset import Dataset, Split, limited
from dltui.engine.generators import reviews
from dltui.engine.reading import hub
from dltui.engine.reading.hub_copy import copy_of
from dltui.engine.reading.labelled_texts import read_texts
from dltui.engine.reading.labels import by_split, check_parts, classes_of, stratified, untested
from dltui.engine.reading.picture_column import class_names
from dltui.engine.reading.reading_options import FOUND_OUT, Reading
from dltui.engine.reading.sentences import as_rows, vocabulary, words_of
from dltui.engine.reading.tensor_file import Stored

SOURCES = ("hub", "builtin", "path")
GIVES = ("text", "classes")
READS = "labelled_texts"
SOURCE = hub.Source("cornell-movie-review-data/rotten_tomatoes", "")  # Pang and Lee 2005, arXiv:cs/0506075
TRAIN_ROWS, TEST_ROWS = 3000, 600  # built in
MOST_WORDS = 20_000  # of the vocabulary
RARE = 2  # times that a word of the hub's texts must come
KEPT = 64  # words of a text in the hub's copy


def build(*, length: int = 40, seed: int = 0, train_rows: int = 0, test_rows: int = 0) -> "LabelledTexts":
    """Texts as words, and the class of each.

    length: words of a text that are read, the first of a longer one, at least 2.
    seed: of the reviews that are built in.
    train_rows: texts to train on, at least 0; 0 takes all.
    test_rows: texts to test on, at least 0; 0 takes all.
    """
    return LabelledTexts(length, seed, (train_rows, test_rows))


class LabelledTexts:
    """Words (N, L) int64, END after the last and PAD behind; targets (N,) int64."""

    def __init__(self, length: int, seed: int, rows: tuple[int, int]):
        self.length, self.seed, self.rows = length, seed, rows

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """Sentences of reviews of films; kept in the cache as numbers. Raises DltuiError (4)."""
        stored, how, notes = copy_of("labelled_texts", {"repo": SOURCE.repo}, lambda: self._fetched(report))
        splits = [Split(*(stored.tensors[f"{split}.{name}"] for name in Split._fields)) for split in SOURCE.splits]
        cut = [split._replace(inputs=split.inputs[:, : self.length]) for split in splits]
        known, classes = tuple(stored.values["words"]), tuple(stored.values["classes"])
        return self._dataset(cut, known, classes, "hub", f"{SOURCE.repo}, {how}", notes)

    def _fetched(self, report: Callable[[str], None]) -> Stored:
        with hub.tables(SOURCE, report) as (tables, commit):
            texts = {split: hub.texts(SOURCE.repo, rows, "text") for split, rows in tables.items()}
            for rows in tables.values():
                hub.checked(SOURCE.repo, rows, "label", "whole numbers", pa.types.is_integer)
            labels = {split: rows["label"].to_numpy() for split, rows in tables.items()}
            classes = class_names(tables["train"], "label") or reviews.CLASSES
        if any((part < 0).any() or (part >= len(classes)).any() for part in labels.values()):
            raise hub.fault(SOURCE.repo, f"expected labels from 0 to {len(classes) - 1}")
        words = {split: [words_of(text) for text in part] for split, part in texts.items()}
        known = vocabulary(words["train"], MOST_WORDS, RARE)
        tensors = {f"{split}.inputs": as_rows(part, known, KEPT) for split, part in words.items()}
        tensors |= {f"{split}.targets": torch.from_numpy(part.astype(np.int64)) for split, part in labels.items()}
        return Stored(tensors, {"words": known, "classes": list(classes), "commit": commit})

    def builtin(self) -> Dataset:
        """Generated reviews, the same for the same seed; none of the test is among those to train on."""
        found = reviews.reviews(TRAIN_ROWS + TEST_ROWS, self.seed)
        parts = {"train": np.arange(TEST_ROWS, len(found)), "test": np.arange(TEST_ROWS)}
        detail = f"{len(found):,} generated reviews, {TEST_ROWS} of them for the test"
        targets = np.array([reviews.CLASSES.index(label) for _, label in found])
        return self._of_texts([text for text, _ in found], targets, parts, reviews.CLASSES, "builtin", detail, ())

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own: a table with a column of texts and one of labels, or class folders. Raises DltuiError (4)."""
        found, notes = read_texts(path, report, reading)
        texts = [text for part in found.values() for text in part.texts]
        labels = [label for part in found.values() for label in part.labels]
        classes, targets = classes_of(labels, str(path))
        if "train" in found:
            parts = by_split({split: len(part.texts) for split, part in found.items()})
        else:
            parts = dict(zip(("train", "test"), stratified(targets), strict=True))
            held = f"{len(parts['test']):,} of {len(targets):,} texts are held back for the test, alike from each class"
            notes += (held,)
        check_parts(parts, classes, targets, str(path))
        notes += untested(targets, parts["test"], classes)
        detail = f"{path}: {len(texts):,} texts in {len(classes)} classes"
        return self._of_texts(texts, targets, parts, classes, "path", detail, notes)

    def _of_texts(
        self,
        texts: Sequence[str],
        targets: np.ndarray,
        parts: dict[str, np.ndarray],
        classes: tuple[str, ...],
        source: str,
        detail: str,
        notes: tuple[str, ...],
    ) -> Dataset:
        """parts: the numbers of the texts of each split; the vocabulary is that of the training texts."""
        words = [words_of(text) for text in texts]
        known = vocabulary((words[row] for row in parts["train"]), MOST_WORDS)
        length = min(self.length, max(map(len, words)) + 1)
        rows = as_rows(words, known, length)
        splits = {
            split: Split(rows[torch.from_numpy(part)], torch.from_numpy(targets[part])) for split, part in parts.items()
        }
        longer = sum(len(one) > self.length - 1 for one in words)
        notes += (f"{longer:,} texts are longer than data.length={self.length} words: cut",) * bool(longer)
        data = self._dataset([splits["train"], splits["test"]], known, classes, source, detail, notes)
        return data._replace(validation=splits.get("validation"))

    def _dataset(
        self,
        splits: Sequence[Split],
        known: tuple[str, ...],
        classes: tuple[str, ...],
        source: str,
        detail: str,
        notes: tuple[str, ...],
    ) -> Dataset:
        facts = {"symbols": len(known), "classes": len(classes)}
        return limited(Dataset(*splits, classes, source, detail, facts, notes, vocabularies=(known,)), *self.rows)
