"""Principal components are scikit-learn's, and the share lost is what rebuilding loses."""

import pytest
import torch
from sklearn.decomposition import PCA as Theirs

from dltui.engine.algorithms import pca


def rows(seed: int = 0, count: int = 60, dims: int = 7) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, dims, dtype=torch.float64, generator=generator) @ torch.randn(
        dims, dims, dtype=torch.float64, generator=generator
    ) + torch.randn(dims, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("seed", range(4))
def test_components_and_variances_are_those_of_scikit_learn(seed):
    """Guards the order: torch gives the smallest eigenvalue first."""
    x = rows(seed)
    theirs = Theirs(svd_solver="full").fit(x.numpy())
    values, U = pca.eigenvectors(x - x.mean(0))
    assert torch.allclose(values / (len(x) - 1), torch.from_numpy(theirs.explained_variance_))
    assert torch.allclose((U.T @ torch.from_numpy(theirs.components_.T)).abs(), torch.eye(7).double(), atol=1e-9)
    assert pca.share_lost(values, 3) == pytest.approx(theirs.explained_variance_ratio_[3:].sum())


def test_what_is_lost_is_what_rebuilding_loses():
    """Guards the mean: of rows that are not centred, the first component points at their mean."""
    x = rows()
    ours = pca.PCA(x)
    total = (x - x.mean(0)).square().sum()
    for k in range(8):
        lost = (ours.reconstruct(x) - x).square().sum() / total
        assert lost.item() == pytest.approx(pca.share_lost(ours.values, k), abs=1e-12)
        assert ours.evaluate()["explained_variance"] == pytest.approx(1 - lost.item())
        assert ours.evaluate()["sklearn_difference"] < 1e-9
        ours.step()
    assert ours.done and torch.allclose(ours.reconstruct(x), x)


def test_the_map_opens_one_axis_after_the_other():
    ours = pca.PCA(rows())
    spread = []
    for _ in range(3):
        spread.append((ours.embedding.std(0) > 0).tolist())
        ours.step()
    assert spread == [[False, False], [True, False], [True, True]]


def test_few_rows_of_many_columns_give_the_same_directions():
    """Guards the short way over F F^T: a root forgotten, or the rows' eigenvectors taken for the columns'."""
    x = rows(count=12, dims=40)
    theirs = Theirs(svd_solver="full").fit(x.numpy())
    values, U = pca.eigenvectors(x - x.mean(0))
    assert U.shape == (40, 12)
    assert torch.allclose(values[:11] / 11, torch.from_numpy(theirs.explained_variance_[:11]))
    alike = (U[:, :11].T @ torch.from_numpy(theirs.components_[:11].T)).abs()
    assert torch.allclose(alike, torch.eye(11).double(), atol=1e-9)


def test_fewer_rows_than_columns():
    ours = pca.PCA(rows(count=5, dims=9))
    for _ in range(12):
        ours.step()
    assert int(ours.k) == 4 and ours.evaluate()["sklearn_difference"] < 1e-9
