"""CCA finds scikit-learn's correlation, by least squares in turn; PCA of each view finds its loudest noise."""

import numpy as np
import pytest
import torch
from sklearn.cross_decomposition import CCA as Theirs
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

from dltui.engine.algorithms import cca
from tests.engine.conftest import context


def rested(seed: int, steps: int = 40, **options) -> cca.CCA:
    torch.manual_seed(seed)
    made = cca.build(**options)(context(seed=seed))
    for _ in range(steps):
        made.step()
    return made


def random_views(seed: int) -> cca.Views:
    """Views in which nothing is planted: several correlations of middling size."""
    random = np.random.default_rng(seed)
    X = random.standard_normal((60, 4)) + 2
    Y = X @ random.standard_normal((4, 3)) + 3 * random.standard_normal((60, 3))
    return cca.Views(torch.from_numpy(X), torch.from_numpy(Y), torch.from_numpy(X[:, 0]))


@pytest.mark.parametrize("seed", range(3))
def test_the_correlation_is_scikit_learns_and_no_other_direction_has_more(seed):
    """Guards the inverse covariances: without them the directions are those of the greatest covariance (PLS)."""
    views = random_views(seed)
    torch.manual_seed(seed)
    ours = cca.CCA(views, views, "cca")
    for _ in range(200):
        ours.step()
    u, v = Theirs(1, tol=1e-12, max_iter=5000).fit_transform(views.X.numpy(), views.Y.numpy())
    theirs = abs(np.corrcoef(u[:, 0], v[:, 0])[0, 1])
    found = ours.evaluate()
    assert found["correlation"] == pytest.approx(theirs, abs=1e-9)
    assert found["sklearn_correlation"] == pytest.approx(theirs, abs=1e-9)
    X, Y = ours.X, ours.Y
    covariance = X.T @ Y  # the wrong twin: singular vectors of the covariance
    U, _, V = torch.linalg.svd(covariance)
    assert cca.correlation(X @ U[:, 0], Y @ V[0]) < theirs - 1e-3


def test_a_half_step_is_a_regression_scaled():
    views = random_views(0)
    X, v = views.X - views.X.mean(0), views.Y[:, 0] - views.Y[:, 0].mean()
    theirs = LinearRegression().fit(X.numpy(), v.numpy()).coef_
    a = cca.least_squares(X, v)
    assert (X @ a).std(correction=0).item() == pytest.approx(1)
    assert np.allclose(a / a.norm(), theirs / np.linalg.norm(theirs))


def test_pca_finds_the_greatest_variance_of_each_view():
    made = rested(0, 3000, method="pca")
    for part, direction in ((made.X, made.a), (made.Y, made.b)):
        theirs = PCA(1).fit(part.numpy()).components_[0]
        assert abs(direction / direction.norm() @ torch.from_numpy(theirs.copy())) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_cca_hears_the_shared_signal_beneath_louder_noise_and_pca_does_not(seed):
    heard, deaf = rested(seed).evaluate(), rested(seed, method="pca").evaluate()
    assert heard["signal_correlation"] > 0.9 and heard["test_correlation"] > 0.9
    assert deaf["signal_correlation"] < 0.3 and deaf["test_correlation"] < 0.3


def test_where_nothing_is_shared_a_correlation_of_few_rows_does_not_hold_on_others():
    """Guards the test rows: of few training rows a large correlation is always found."""
    found = rested(0, rows=20, shared=0.0).evaluate()
    assert found["correlation"] > 0.7 and found["test_correlation"] < 0.6


def test_the_test_rows_are_others_of_the_same_kind():
    train, test = cca.views(4000, 3.0, 1.0, 0)
    assert not torch.equal(train.X, test.X)
    assert torch.allclose(train.X.T.cov(), test.X.T.cov(), atol=1.0)
    s = torch.corrcoef(torch.cat([train.s[None], train.X.T]))[0, 1:]
    assert s.abs().max() < 0.9  # no column alone tells the signal
