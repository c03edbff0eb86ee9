"""Latent Dirichlet allocation against scikit-learn's: the bound, and where the updates come to rest."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import LatentDirichletAllocation

from dltui.engine.algorithms.lda import LDA, Fit, bound, updated
from dltui.engine.contracts.rows import Rows
from dltui.engine.data import topic_texts

ALPHA, ETA, K = 0.3, 0.2, 3


@pytest.fixture
def x() -> torch.Tensor:
    random = np.random.default_rng(0)
    beta = random.dirichlet(np.full(20, 0.2), K)
    theta = random.dirichlet(np.full(K, 0.3), 40)
    return torch.from_numpy(np.stack([random.multinomial(30, row) for row in theta @ beta]).astype(float))


@pytest.fixture
def theirs(x) -> LatentDirichletAllocation:
    options = {"doc_topic_prior": ALPHA, "topic_word_prior": ETA, "max_iter": 60, "max_doc_update_iter": 500}
    return LatentDirichletAllocation(K, mean_change_tol=1e-9, random_state=0, **options).fit(x.numpy())


def test_the_bound_is_scikit_learns(x, theirs):
    gamma, _ = theirs._e_step(x.numpy(), cal_sstats=False, random_init=False)
    fit = Fit(torch.from_numpy(gamma), torch.from_numpy(theirs.components_))
    assert bound(x, fit, ALPHA, ETA).item() == pytest.approx(theirs._approx_bound(x.numpy(), gamma, False), rel=1e-6)


def test_scikit_learns_topics_are_where_the_updates_come_to_rest(x, theirs):
    gamma, _ = theirs._e_step(x.numpy(), cal_sstats=False, random_init=False)
    fit = Fit(torch.from_numpy(gamma), torch.from_numpy(theirs.components_))
    for _ in range(400):
        fit = updated(x, fit, ALPHA, ETA)
    ours, want = (part / part.sum(1, keepdim=True) for part in (fit.lambda_, torch.from_numpy(theirs.components_)))
    torch.testing.assert_close(ours, want, atol=0.02, rtol=0)


def test_no_update_lowers_the_bound(x):
    torch.manual_seed(1)
    fit, values = Fit(torch.ones(len(x), K).double(), torch.rand(K, 20).double() + 0.5), []
    for _ in range(50):
        fit = updated(x, fit, ALPHA, ETA)
        values.append(bound(x, fit, ALPHA, ETA).item())
    assert (np.diff(values) > -1e-9).all() and values[-1] > values[0]


def test_topics_are_matched_with_the_true_ones():
    torch.manual_seed(0)
    rows = Rows(topic_texts.build(train_rows=80, alpha=0.05, common=0.1).builtin(), torch.device("cpu"), "topic_texts")
    made = LDA(rows, 8, 0.1, 0.05, 0.3)
    before = made.evaluate()["topic_overlap"]
    for _ in range(30):
        made.step()
    assert made.evaluate()["topic_overlap"] > before + 0.3 and made.evaluate()["falls"] == 0
    assert {picture.pane for picture in made.pictures()} == {"topics", "words of texts", "shares of topics"}
