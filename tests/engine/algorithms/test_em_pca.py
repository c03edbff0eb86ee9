"""EM finds the plane of scikit-learn's PCA, by half steps that are least squares; the error never rises."""

import itertools
import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from dltui.engine.algorithms import em_pca
from dltui.engine.contracts.dataset import Dataset, Split
from tests.engine.conftest import built, context


def rows(seed: int, count: int = 80, dims: int = 6) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    scale = torch.tensor([4.0, 3.0, 1.0, 0.7, 0.5, 0.3])[:dims]
    turn = torch.linalg.qr(torch.randn(dims, dims, generator=generator)).Q
    return (torch.randn(count, dims, generator=generator) * scale) @ turn + 5.0


def begun(x: torch.Tensor, seed: int, **options) -> em_pca.EMPCA:
    torch.manual_seed(seed)
    return built(em_pca, x, **options)


@pytest.mark.parametrize("components", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_it_ends_on_the_plane_of_scikit_learn(seed, components):
    """Guards the mean, which PCA takes away first, and both half steps: one that is turned round ends elsewhere."""
    x = rows(seed)
    ours = begun(x, seed, components=components)
    for _ in range(100):
        ours.step()
    theirs = torch.from_numpy(PCA(components).fit(x.double().numpy()).components_.T)
    assert em_pca.angle(ours.W, theirs) < 1e-5 and ours.evaluate()["angle"] < 1e-5


def test_of_whole_rows_the_half_steps_are_those_of_the_paper():
    """Z = X W (W'W)^-1, W = X'Z (Z'Z)^-1."""
    X = rows(0).double()
    M, W = torch.ones_like(X), torch.randn(6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    Z = em_pca.e_step(X, M, W)
    assert torch.allclose(Z, X @ W @ (W.T @ W).inverse(), atol=1e-6)
    assert torch.allclose(em_pca.m_step(X, M, Z), X.T @ Z @ (Z.T @ Z).inverse(), atol=1e-6)


def test_a_row_with_gaps_is_placed_by_what_is_known_of_it():
    """Guards the mask: gaps taken for zeros would draw the row to the mean."""
    X, W = rows(1).double(), torch.randn(6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    M = torch.ones_like(X)
    M[3, [0, 4]] = 0
    known = M[3].bool()
    theirs = torch.linalg.lstsq(W[known], X[3, known][:, None]).solution[:, 0]
    assert torch.allclose(em_pca.e_step(M * X, M, W)[3], theirs, atol=1e-6)
    assert not torch.allclose(em_pca.e_step(M * X, torch.ones_like(X), W)[3], theirs, atol=0.01)


@pytest.mark.parametrize("gaps", [0.0, 0.2])
@pytest.mark.parametrize("seed", range(3))
def test_the_error_never_rises(seed, gaps):
    ours = begun(rows(seed), seed, components=2, gaps=gaps)
    errors = []
    for _ in range(30):
        errors.append(ours.error.item())
        ours.step()
    assert all(after <= before * (1 + 1e-9) for before, after in itertools.pairwise(errors))
    assert errors[-1] < 0.9 * errors[0] and ours.evaluate()["largest_rise"] <= 1e-9


def test_of_the_whole_rows_the_error_is_what_pca_leaves():
    x = rows(2)
    ours = begun(x, 0)
    for _ in range(100):
        ours.step()
    left = PCA().fit(x.double().numpy()).explained_variance_[1:].sum() * (len(x) - 1) / x.numel()
    assert ours.evaluate()["error"] == pytest.approx(left, rel=1e-6)


def test_angles_are_angles():
    turned = torch.tensor([[math.cos(0.3)], [math.sin(0.3)]]).double()
    assert em_pca.angle(5 * turned, torch.tensor([[1.0], [0.0]]).double()) == pytest.approx(0.3)


def test_a_gap_is_filled_in_from_the_line():
    """Guards the picture: what is unknown must not be shown."""
    x = rows(0, 60, 2)
    ours = begun(x, 0, gaps=0.3)
    ours.step()
    (picture,) = ours.pictures()
    shown = torch.from_numpy(np.stack([picture.payload["x"], picture.payload["y"]], 1)).float()
    known = ours.M.bool()
    assert torch.allclose(shown[known], x[known], atol=1e-5)
    assert (shown[~known] - x[~known]).abs().max() > 0.1


def test_it_learns_from_the_training_rows_alone():
    x = rows(0)
    data = Dataset(Split(x, torch.zeros(80)), Split(x + 100, torch.zeros(80)), (), "builtin", "", {"inputs": 6})
    torch.manual_seed(0)
    ours = em_pca.build()(context(data))
    assert len(ours.x) == 80 and torch.allclose(ours.mean, x.double().mean(0))
