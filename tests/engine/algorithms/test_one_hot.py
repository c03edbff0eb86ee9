"""One-hot vectors, and the classifier on them against scikit-learn's pipeline on the texts themselves."""

import pytest
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from dltui.engine.algorithms.one_hot import OneHot, backwards, text_vectors, word_vectors
from dltui.engine.contracts.rows import Rows
from dltui.engine.data import topic_texts
from dltui.engine.reading.sentences import END, as_words


@pytest.fixture(scope="module")
def rows() -> Rows:
    return Rows(topic_texts.build(train_rows=64, test_rows=80).builtin(), torch.device("cpu"), "topic_texts")


def test_words_are_equally_far_apart_and_numbers_are_not():
    torch.testing.assert_close(torch.pdist(word_vectors(6, "one_hot")), torch.full((15,), 2**0.5).double())
    assert torch.pdist(word_vectors(6, "number")).unique().numel() == 5


def test_a_bag_is_the_sum_of_its_words(rows):
    text, v = rows.train.stored[0], word_vectors(rows.facts["symbols"], "one_hot")
    there = text[text > END]
    torch.testing.assert_close(text_vectors(text[None], len(v), "one_hot")[0], v[there].sum(0))


def test_backwards_is_backwards():
    assert backwards(torch.tensor([[5, 6, 7, END, 0]])).tolist() == [[7, 6, 5, 0, 0]]


def test_the_classifier_is_that_of_scikit_learn_on_the_texts(rows):
    texts, test = (
        [" ".join(word for word in as_words(row, rows.vocabularies[0]) if word[0] != "<") for row in split.stored]
        for split in (rows.train, rows.test)
    )
    machine = make_pipeline(CountVectorizer(token_pattern=r"\S+"), LogisticRegression(max_iter=300))
    want = machine.fit(texts, rows.train.targets).score(test, rows.test.targets)
    found = OneHot(rows, "one_hot").at(10).metrics
    assert found["accuracy"] == pytest.approx(want, abs=0.02)
    assert found["order_distance"] == 0 and OneHot(rows, "number").at(10).metrics["order_distance"] > 1
