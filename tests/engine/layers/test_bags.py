"""Bags of words against a loop, tf-idf against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfTransformer

from dltui.engine.layers.bags import counts, idf, tfidf
from dltui.engine.reading.sentences import END, PAD, SPECIAL


@pytest.fixture
def texts() -> torch.Tensor:
    random = np.random.default_rng(0)
    rows = torch.full((30, 12), PAD)
    for row in rows:
        length = int(random.integers(1, 11))
        row[:length] = torch.from_numpy(random.integers(len(SPECIAL), 20, length))
        row[length] = END
    return rows


def test_each_word_is_counted_and_no_special_one(texts):
    bags = counts(texts, 20, len(SPECIAL))
    for row, bag in zip(texts.tolist(), bags, strict=True):
        assert bag.tolist() == [row.count(word) if word >= len(SPECIAL) else 0 for word in range(20)]


def test_tfidf_is_that_of_scikit_learn(texts):
    bags = counts(texts, 20, len(SPECIAL))
    want = TfidfTransformer().fit(bags[:20].numpy()).transform(bags.numpy()).toarray()
    np.testing.assert_allclose(tfidf(bags, idf(bags[:20])).numpy(), want, atol=1e-12)


def test_a_word_of_every_text_weighs_one_and_a_rare_one_more():
    weights = idf(torch.tensor([[1.0, 0.0, 2.0], [3.0, 1.0, 0.0], [1.0, 0.0, 0.0]], dtype=torch.float64))
    assert weights[0] == 1 and weights[1] == weights[2] > 1
