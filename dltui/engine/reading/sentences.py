"""Sentences as numbers: words, their vocabulary, and rows of equal length."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")
PAD, START, END, UNKNOWN = range(4)
NO_TAG = -1  # where a row has no word, or the word no tag
MARKS = "\u0300-\u036f"  # accents that stand behind their letter, as the stress in a Russian dictionary
UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Chinese, Japanese: no space parts the words
LETTER = rf"[^\W{UNSPACED}][{MARKS}]*"
WORD = re.compile(rf"(?:{LETTER})+(?:['’](?:{LETTER})+)*|[^\s{MARKS}]")


def words_of(text: str) -> list[str]:
    """Returns the words and signs of a text, in small letters; where none are parted by spaces, each character."""
    return WORD.findall(unicodedata.normalize("NFC", text).lower())


def vocabulary(sentences: Iterable[Sequence[str]], most: int, least: int = 1) -> tuple[str, ...]:
    """Returns SPECIAL and after them the words that come `least` times or more, the commonest first, `most` in all."""
    counts = Counter(word for sentence in sentences for word in sentence)
    common = sorted((word for word in counts if counts[word] >= least), key=lambda word: (-counts[word], word))
    return (*SPECIAL, *common[: most - len(SPECIAL)])


def as_rows(sentences: Sequence[Sequence[str]], known: Sequence[str], length: int) -> Tensor:
    """Returns (N, length) int64: numbers of words, END after the last, PAD behind; what is longer is cut."""
    number = {word: place for place, word in enumerate(known)}
    rows = torch.full((len(sentences), length), PAD)
    for row, sentence in enumerate(sentences):
        numbers = [number.get(word, UNKNOWN) for word in sentence[: length - 1]] + [END]
        rows[row, : len(numbers)] = torch.tensor(numbers)
    return rows


def as_words(row: Tensor, known: Sequence[str]) -> list[str]:
    """Returns the words of a row (L,) before its END."""
    numbers = row.tolist()
    stop = next((place for place, number in enumerate(numbers) if number in (END, PAD)), len(numbers))
    return [known[number] for number in numbers[:stop]]


def ended(rows: Tensor) -> Tensor:
    """Rows of words (B, T) -> the same with PAD for all that follows the first END."""
    is_end = rows == END
    return rows.masked_fill(is_end.cumsum(1) - is_end.long() > 0, PAD)


def tag_counts(words: Tensor, tags: Tensor, vocabulary: int, classes: int) -> Tensor:
    """words, tags (N, L) int64 -> (vocabulary, classes): how often each word has each tag."""
    there = tags != NO_TAG
    pairs = words[there] * classes + tags[there]
    return torch.bincount(pairs, minlength=vocabulary * classes).view(vocabulary, classes)
