"""FastICA takes scikit-learn's steps, ends where it ends, finds the sources, and finds none among Gaussians."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import FastICA
from sklearn.decomposition._fastica import _ica_par, _logcosh

from dltui.engine.algorithms import ica
from tests.engine.conftest import context


def recorded(seed: int) -> torch.Tensor:
    s, A = ica.made("waves", 600, seed)
    return A @ s


def at_rest(seed: int, **options) -> ica.ICA:
    made = ica.build(**options)(context(seed=seed))
    for _ in range(60):
        if made.done:
            break
        made.step()
    return made


@pytest.mark.parametrize("seed", range(3))
def test_whitened_recordings_are_uncorrelated_and_keep_everything(seed):
    """Guards the root: divided by the eigenvalues themselves, the covariance is their inverse."""
    x = recorded(seed) + 3.0
    z = ica.whitened(x)
    assert torch.allclose(z @ z.T / z.shape[1], torch.eye(4).double(), atol=1e-9)
    theirs = torch.from_numpy(FastICA(whiten="unit-variance", max_iter=1, tol=1e9).fit_transform(x.T.numpy()).T)
    assert torch.linalg.lstsq(z.T, theirs.T).solution.T.matmul(z).sub(theirs).abs().max() < 1e-9  # the same space


@pytest.mark.filterwarnings("ignore:FastICA did not converge")
@pytest.mark.parametrize("seed", range(3))
def test_a_step_is_that_of_scikit_learn(seed):
    """Guards the second term: without E[g'(w^T z)] w, or with its sign turned, it is another step."""
    z = ica.whitened(recorded(seed))
    start = ica.symmetric(torch.randn(4, 4, dtype=z.dtype, generator=torch.Generator().manual_seed(seed)))
    theirs, _ = _ica_par(z.numpy(), 1e-9, _logcosh, {}, 1, start.numpy())
    assert torch.allclose(ica.fixed_point(start, z), torch.from_numpy(theirs), atol=1e-9)


def test_the_directions_are_the_nearest_at_right_angles():
    W = torch.randn(4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    U, _, V = torch.linalg.svd(W)
    assert torch.allclose(ica.symmetric(W), U @ V)


@pytest.mark.parametrize("seed", range(3))
def test_the_sources_are_found_as_scikit_learn_finds_them(seed):
    found, turned = at_rest(seed), at_rest(seed, method="pca")
    theirs = FastICA(whiten="unit-variance", random_state=0, tol=1e-9, max_iter=500).fit_transform(found.x.T.numpy())
    ours = found.W @ found.z
    alike = ica.matched(ours, torch.from_numpy(theirs.T.copy()))[1].abs()
    assert found.done and alike.min() > 0.99999
    assert found.evaluate()["correlation"] > 0.98 and turned.evaluate()["correlation"] < 0.9
    assert found.evaluate()["non_gaussianity"] > 1.2 * turned.evaluate()["non_gaussianity"]


@pytest.mark.parametrize("seed", range(3))
def test_gaussian_sources_are_not_found(seed):
    assert at_rest(seed, sources="gaussian").evaluate()["correlation"] < 0.9


def test_components_are_matched_to_sources_in_any_order_and_with_any_sign():
    s, _ = ica.made("waves", 2000, 0)
    order, correlation = ica.matched(torch.stack([-s[2], s[0], -s[3], s[1]]), s)
    assert order.tolist() == [1, 3, 0, 2] and np.allclose(correlation, [1, 1, -1, -1])


def test_a_short_recording_is_shown_whole():
    made = ica.build(samples=100)(context())
    assert all(len(curve["x"]) == 100 for picture in made.pictures() for curve in picture.payload["curves"])


def test_the_picture_has_the_order_and_the_signs_of_the_sources():
    made = at_rest(1)
    unmixed, _, sources = (picture.payload["curves"] for picture in made.pictures())
    for ours, theirs in zip(unmixed, sources, strict=True):
        assert np.corrcoef(ours["y"], theirs["y"])[0, 1] > 0.95
