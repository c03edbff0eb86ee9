"""Each measure equals scipy's or scikit-learn's on random columns."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.feature_selection import f_classif
from sklearn.metrics import mutual_info_score

from dltui.engine.algorithms import filters
from dltui.engine.contracts.dataset import Dataset, Split
from tests.engine.conftest import context


@pytest.fixture
def table():
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(0, 3, (150,), generator=generator)
    x = torch.randn(150, 5, dtype=torch.float64, generator=generator)
    x[:, 0] += y
    x[:, 1] *= 1 + y
    x[:, 2] = x[:, 2].exp() + 2 * (y == 1)
    x[:, 3] = x[:, 3].round()  # equal values
    return x, y


def each(x, measure):
    return torch.tensor(np.array([measure(column) for column in x.T.numpy()]), dtype=torch.float64)


def test_pearson(table):
    """Guards the mean: without it, a column far from 0 correlates with anything."""
    x, y = table
    want = each(x, lambda column: abs(stats.pearsonr(column, y.numpy()).statistic))
    assert torch.allclose(filters.pearson(x + 100, y), want)


def test_spearman(table):
    """Guards ranks on both sides."""
    x, y = table
    want = each(x, lambda column: abs(stats.spearmanr(column, y.numpy()).statistic))
    assert torch.allclose(filters.spearman(x, y), want)


def test_distance(table):
    x, y = table

    def mean_of_pairs(column):
        parts = [column[y.numpy() == c] for c in range(3)]
        return np.mean([stats.ks_2samp(parts[a], parts[b]).statistic for a, b in ((0, 1), (0, 2), (1, 2))])

    assert torch.allclose(filters.distance(x, y), each(x, mean_of_pairs))


def test_conditional_variance(table):
    """The F of an analysis of variance is the same share, written otherwise."""
    x, y = table
    share = filters.conditional_variance(x, y)
    F = share / (1 - share) * (len(x) - 3) / 2
    assert torch.allclose(F, torch.from_numpy(f_classif(x.numpy(), y.numpy())[0]))


def test_information_gain(table):
    """Guards the sign of what is left once the bin is known."""
    x, y = table
    bins = filters.binned(x)
    want = [mutual_info_score(y, bins[:, d]) / np.log(2) for d in range(5)]
    assert torch.allclose(filters.information_gain(x, y), torch.tensor(want, dtype=torch.float64))


def test_gini(table):
    """Guards the weights: bins count by their rows."""
    x, y = table

    def impurity(classes):
        return 1 - sum((np.bincount(classes) / len(classes)) ** 2)

    for d in range(5):
        bins, classes = filters.binned(x)[:, d].numpy(), y.numpy()
        after = sum((bins == b).mean() * impurity(classes[bins == b]) for b in np.unique(bins))
        assert filters.gini(x, y)[d].item() == pytest.approx(impurity(classes) - after)


def test_chi2(table):
    x, y = table
    for d in range(5):
        n = filters.counts(x, y)[d].numpy()
        n = n[n.sum(1) > 0]
        assert filters.chi2(x, y)[d].item() == pytest.approx(stats.chi2_contingency(n, correction=False).statistic)


def test_bins_hold_about_equally_many_rows(table):
    x, _ = table
    assert filters.binned(x)[:, 0].bincount().tolist() == [25] * filters.BINS


def test_few_rows_constant_columns_and_a_single_class_have_finite_scores(table):
    x, y = table
    x = x.clone()
    x[:, 4] = 1.0
    for rows in (3, 10, 150):
        for classes in (y, torch.zeros_like(y)):
            for name, measure in filters.MEASURES.items():
                scores = measure(x[:rows], classes[:rows])
                assert scores.isfinite().all() and scores.shape == (5,), name
    assert all(abs(measure(x, y)[4].item()) < 1e-9 for measure in filters.MEASURES.values())


def test_every_step_sees_more_rows_until_all_are_seen(table):
    x, y = table
    rows = Split(x.float(), y)
    ours = filters.build(rows_a_step=40)(context(Dataset(rows, rows, ("a", "b", "c"), "builtin", "", {})))
    seen = [int(ours.rows)]
    while not ours.done:
        ours.step()
        seen.append(int(ours.rows))
    assert seen == [40, 80, 120, 150]
    assert torch.allclose(ours.scores()["pearson"], filters.pearson(x.float(), y))
    assert ours.evaluate() == {"rows": 150}
