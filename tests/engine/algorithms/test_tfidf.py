"""tf-idf and nearest centroids against scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfTransformer

from dltui.engine.algorithms.tfidf import TfIdf, centroids
from dltui.engine.contracts.rows import Rows
from dltui.engine.data import topic_texts


@pytest.fixture(scope="module")
def rows() -> Rows:
    return Rows(topic_texts.build(train_rows=64, test_rows=80).builtin(), torch.device("cpu"), "topic_texts")


def test_a_centroid_is_the_direction_of_the_sum():
    x, y = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], dtype=torch.float64), torch.tensor([0, 0, 2])
    half = 0.5**0.5
    torch.testing.assert_close(centroids(x, y, 3), torch.tensor([[half, half], [0, 0], [0, 1]]).double())


def test_the_accuracy_is_that_of_nearest_centroids_of_scikit_learns_vectors(rows):
    made = TfIdf(rows, "tfidf")
    machine = TfidfTransformer().fit(made.bags.numpy())
    train, test = (machine.transform(bags.numpy()).toarray() for bags in (made.bags, made.test_bags))
    middle = np.stack([train[made.y.numpy() == number].mean(0) for number in range(8)])
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    want = ((test @ middle.T).argmax(1) == made.test_y.numpy()).mean()
    found = made.at(10).metrics
    assert found["accuracy"] == pytest.approx(want) and found["error"] < 1e-12


def test_counts_weigh_common_words_most(rows):
    counts, weighted = (TfIdf(rows, how).at(10).metrics["own_words"] for how in ("counts", "tfidf"))
    assert weighted > counts + 0.1
