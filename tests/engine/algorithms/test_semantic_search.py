"""Word vectors by company against numpy, ranks against sorting, and passages against what is known of them."""

import numpy as np
import pytest
import torch
from sklearn.metrics import label_ranking_average_precision_score

from dltui.engine.algorithms import semantic_search
from dltui.engine.algorithms.semantic_search import SemanticSearch, ranks, word_vectors
from dltui.engine.generators.synonyms import KNOWN, passages, query


def test_all_directions_give_back_the_mutual_information():
    """With every direction kept, |v|^2-scaled products are |PPMI|'s: checked on the matrix itself by numpy."""
    bags = torch.from_numpy(np.random.default_rng(0).poisson(0.6, (60, 7))).double()
    there = (bags > 0).numpy().astype(float)
    want = np.zeros((7, 7))
    for a in range(7):
        for b in range(7):
            both = (there[:, a] * there[:, b]).mean()
            if a != b and both:
                want[a, b] = max(0.0, np.log(both / (there[:, a].mean() * there[:, b].mean())))
    U, S, _ = np.linalg.svd(want)
    v = U[:, :4] * np.sqrt(S[:4])
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    found = word_vectors(bags, 4).numpy()
    np.testing.assert_allclose(found @ found.T, v @ v.T, atol=1e-8)


def test_the_mean_of_one_over_the_rank_is_scikit_learns():
    torch.manual_seed(0)
    queries, texts, right = torch.randn(20, 5).double(), torch.randn(30, 5).double(), torch.arange(20)
    place = ranks(queries, texts, right)
    cosines = torch.cosine_similarity(queries[:, None], texts[None], dim=2)
    want = label_ranking_average_precision_score(torch.eye(20, 30).numpy(), cosines.numpy())
    assert (1 / place).mean().item() == pytest.approx(want)


def test_equal_passages_share_their_places():
    texts = torch.tensor([[1.0, 0], [1, 0], [1, 0], [0, 1]]).double()
    assert ranks(texts[:1], texts, torch.tensor([0])).item() == 2
    assert ranks(texts[3:], texts, torch.tensor([3])).item() == 1


def test_a_passage_has_the_names_it_says_and_a_query_may_use_the_others():
    random = np.random.Generator(np.random.PCG64(0))
    words = [word for concept in KNOWN for word in (*concept.names, *concept.company)]
    assert len(words) == len(set(words))
    found = passages(50, random)
    assert len({frozenset(one.things) for one in found}) == 50
    for one in found:
        assert set(query(one, other=False)) <= set(one.words)
        assert not set(query(one, other=True)) & set(one.words)


def test_synonyms_are_found_by_company_alone(monkeypatch):
    monkeypatch.setattr(semantic_search, "SIZES", (50, 1500))
    monkeypatch.setattr(SemanticSearch, "length", 2)
    by_company, at_random = (SemanticSearch(64, vectors, 3, 0).at(2).metrics for vectors in ("company", "random"))
    assert by_company["mrr"] > 0.6 > 0.1 > at_random["mrr"] and by_company["tfidf_mrr"] < 0.05
    assert by_company["tfidf_same_mrr"] > 0.95
