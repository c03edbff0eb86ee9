"""Byte pair encoding: merges as counted by brute force, any text comes back, cut as it was learned."""

from collections import Counter
from itertools import pairwise

import pytest
import torch

from dltui.engine.algorithms import bpe
from dltui.engine.algorithms.bpe import BYTES, STRANGE, Vocabulary, build, learned, merged, words_of
from tests.engine.conftest import context

TEXT = "low lower lowest new newer newest wide wider, обучение обучить!  low_low\n" * 3


def by_brute_force(words: Counter[bytes], count: int) -> list[tuple[int, int]]:
    """The definition: every pair of every word is counted again for every merge."""
    cut = {word: list(word) for word in words}
    made = []
    for number in range(count):
        pairs = Counter()
        for word, symbols in cut.items():
            for pair in pairwise(symbols):
                pairs[pair] += words[word]
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        made.append(best)
        cut = {word: merged(symbols, best, BYTES + number) for word, symbols in cut.items()}
    return made


def test_the_merges_are_those_of_brute_force():
    words = words_of(TEXT)
    assert learned(words, 25) == by_brute_force(words, 25)


def test_the_example_of_the_paper():
    """Sennrich et al. 2016, section 3.2: est and low."""
    words = Counter({b"low": 5, b"lower": 2, b"newest": 6, b"widest": 3})
    known = Vocabulary(learned(words, 4))
    assert known.bytes[BYTES:] == [b"st", b"est", b"ow", b"low"]  # of pairs as frequent the one of later letters


@pytest.mark.parametrize("text", [*STRANGE, TEXT, "".join(map(chr, range(1, 1500)))])
def test_any_text_comes_back(text):
    known = Vocabulary(learned(words_of(TEXT), 60))
    assert known.decode(known.encode(text)) == text
    assert "".join(bpe.WORD.findall(text)) == text


def test_overlapping_pairs_are_merged_from_the_left():
    assert merged([1, 1, 1, 2, 1, 1], (1, 1), 9) == [9, 1, 2, 9]


@pytest.fixture(scope="module")
def walk():
    torch.manual_seed(3)
    return build(merges=100)(context())


def test_the_count_of_symbols_is_that_of_the_cut_text(walk):
    known = Vocabulary(walk.merges[:50])
    for language, text in walk.held.items():
        assert walk.ratios[language][50] == pytest.approx(len(known.encode(text)) / len(text))


def test_what_is_tested_was_not_trained_on_and_each_merge_shortens(walk):
    metrics = [walk.at(step).metrics for step in (0, 5, walk.length)]
    assert all(first["worst_ratio"] > second["worst_ratio"] for first, second in pairwise(metrics))
    assert metrics[0]["russian_ratio"] > 1.6 and metrics[-1]["lost"] == 0
    parts = bpe.drawn([f"text {number}. " for number in range(9)])
    assert parts[1] not in parts[0]
