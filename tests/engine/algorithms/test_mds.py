"""SMACOF takes scikit-learn's steps, and its stress never rises; classical scaling finds the points of a plane."""

import itertools

import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import smacof

from dltui.engine.algorithms import mds
from dltui.engine.algorithms.kernel_pca import greatest_difference
from tests.engine.conftest import built


def rows(seed: int, count: int = 40, dims: int = 5) -> torch.Tensor:
    return torch.randn(count, dims, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) + 2.0


@pytest.mark.parametrize("steps", [1, 7, 40])
@pytest.mark.parametrize("seed", range(2))
def test_the_map_is_that_of_scikit_learn_from_the_same_start(seed, steps):
    """Guards the ratio D / d, which turned round drives the map apart, and the division by N."""
    torch.manual_seed(seed)
    ours = built(mds, rows(seed))
    for _ in range(steps):
        ours.step()
    theirs, _ = smacof(
        ours.D.numpy(), init=ours.first.numpy(), n_init=1, max_iter=steps, eps=0.0, normalized_stress=False
    )
    assert torch.allclose(ours.y, torch.from_numpy(theirs), atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_stress_never_rises_and_ends_at_scikit_learns(seed):
    torch.manual_seed(seed)
    ours, seen = built(mds, rows(seed)), []
    for _ in range(300):
        seen.append(ours.evaluate()["stress"])
        ours.step()
    assert all(after <= before + 1e-12 for before, after in itertools.pairwise(seen)) and seen[-1] < 0.5 * seen[0]
    found = ours.evaluate()
    assert found["stress"] == pytest.approx(found["sklearn_stress"], rel=1e-9) and found["largest_rise"] <= 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_classical_scaling_of_distances_is_pca_of_the_rows(seed):
    """Guards the double centring and the root of the eigenvalues."""
    x = rows(seed)
    theirs = torch.from_numpy(PCA(2, svd_solver="full").fit_transform(x.numpy()))
    assert greatest_difference(mds.classical(torch.cdist(x, x)), theirs) < 1e-9


def test_points_of_a_plane_come_back_up_to_a_turn():
    x = rows(1, dims=2)
    ours = built(mds, x, method="classical")
    while not ours.done:
        ours.step()
    assert ours.evaluate()["stress"] < 1e-7
    turn = torch.linalg.lstsq(ours.y, x - x.mean(0)).solution
    assert torch.allclose(turn.T @ turn, torch.eye(2).double(), atol=1e-6)
    assert torch.allclose(ours.y @ turn, x - x.mean(0), atol=1e-6)


def test_the_classical_map_opens_one_axis_after_the_other():
    ours, spread = built(mds, rows(0), method="classical"), []
    for _ in range(3):
        spread.append((ours.embedding.std(0) > 0).tolist())
        ours.step()
    assert spread == [[False, False], [True, False], [True, True]]


def test_equal_rows_may_fall_on_one_place():
    torch.manual_seed(0)
    ours = built(mds, rows(0)[[0, 0, 1, 1, 2, 3]])
    for _ in range(200):
        ours.step()
    assert ours.y.isfinite().all() and (ours.y[0] - ours.y[1]).norm() < 0.1


def test_the_picture_shows_pairs_of_different_rows():
    torch.manual_seed(0)
    (picture,) = built(mds, rows(0)).pictures()
    assert (picture.payload["x"] > 0).all() and len(picture.payload["x"]) > 400
