"""The Gaussian mixture is scikit-learn's step by step from the same start; wrong twins of its formulas are caught."""

import itertools
import math
import warnings

import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from torch.distributions import MultivariateNormal

from dltui.engine.algorithms import gmm
from tests.engine.conftest import built


def points(seed: int, rows: int = 150, dims: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    stretch = torch.randn(dims, dims, dtype=torch.float64, generator=generator)
    x = torch.randn(rows, dims, dtype=torch.float64, generator=generator) @ stretch
    return x + 3 * torch.randint(0, 3, (rows, 1), generator=generator)


def theirs(x: torch.Tensor, first: gmm.Mixture, steps: int, covariance: str) -> GaussianMixture:
    precisions = torch.linalg.inv(first.S)
    model = GaussianMixture(
        len(first.pi), covariance_type=covariance, tol=0, reg_covar=gmm.FLOOR, max_iter=steps, weights_init=first.pi,
        means_init=first.mu, precisions_init=precisions if covariance == "full" else precisions[:, 0, 0],
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x.numpy())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("covariance", ["full", "spherical"])
def test_every_step_is_that_of_scikit_learn_from_the_same_start(seed, covariance):
    """Guards both steps: an unweighted covariance, or weights left out of the memberships, end elsewhere."""
    torch.manual_seed(seed)
    x = points(seed)
    ours = built(gmm, x, k=4, covariance=covariance)
    first = gmm.Mixture(*(part.clone() for part in ours.mixture))
    for steps in range(1, 8):
        ours.step()
        model = theirs(x, first, steps, covariance)
        S = torch.from_numpy(model.covariances_)
        S = S if covariance == "full" else S[:, None, None] * torch.eye(3)
        assert torch.allclose(ours.mu, torch.from_numpy(model.means_), atol=1e-6)
        assert torch.allclose(ours.S, S, atol=1e-6)
        assert ours.evaluate()["log_likelihood"] == pytest.approx(model.score(x.numpy()), abs=1e-6)
        assert torch.allclose(ours.r, torch.from_numpy(model.predict_proba(x.numpy())), atol=1e-6)
        assert ours.evaluate()["error"] <= 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_the_density_is_torchs(seed):
    """Guards the normalising constant: without the determinant the widest Gaussian takes all, 2 pi shifts the rest."""
    x = points(seed)
    torch.manual_seed(seed)
    mixture = built(gmm, x, k=3).mixture
    want = torch.stack([MultivariateNormal(m, S).log_prob(x) for m, S in zip(mixture.mu, mixture.S, strict=True)], 1)
    assert torch.allclose(gmm.log_joint(x, mixture), want + mixture.pi.log())


def no_constant(x, mixture):
    z = torch.linalg.solve_triangular(torch.linalg.cholesky(mixture.S), (x - mixture.mu[:, None]).mT, upper=False)
    return -0.5 * z.square().sum(1).T + mixture.pi.log() - math.log(2 * math.pi)


def test_without_the_normalising_constant_the_likelihood_falls_and_scikit_learn_is_elsewhere(monkeypatch):
    """Guards the claims: a twin without it must be told by `falls` and by `error`."""
    torch.manual_seed(0)
    x = points(0)
    monkeypatch.setattr(gmm, "log_joint", no_constant)
    wrong = built(gmm, x, k=4)
    for _ in range(20):
        wrong.step()
    monkeypatch.undo()
    assert wrong.evaluate()["error"] > 0.1
    right = gmm.e_step(x, wrong.mixture)[1]
    torch.manual_seed(0)
    assert right < built(gmm, x, k=4).log_likelihood, "the true likelihood is below that of the start"


def test_the_likelihood_never_falls_and_memberships_sum_to_one():
    torch.manual_seed(1)
    ours, seen = built(gmm, points(1), k=5), []
    while not ours.done and len(seen) < 200:
        seen.append(float(ours.log_likelihood))
        ours.step()
    assert all(b >= a - 1e-12 for a, b in itertools.pairwise(seen)) and seen[-1] > seen[0] + 0.01
    assert int(ours.falls) == 0 and ours.evaluate()["sum_error"] < 1e-9


def test_a_fall_is_counted():
    """Guards the claim: what counts nothing would always meet it."""
    torch.manual_seed(0)
    ours = built(gmm, points(0), k=3)
    ours.log_likelihood += 1
    ours.step()
    assert int(ours.falls) == 1


@pytest.mark.parametrize("dims", [1, 2, 5])
def test_outlines_lie_two_deviations_from_the_mean(dims):
    torch.manual_seed(0)
    ours = built(gmm, points(2, 200, dims), k=2)
    away = ours.paths() - ours.mu  # (OUTLINE, k, D)
    distance = torch.einsum("pjd,jde,pje->pj", away, torch.linalg.inv(ours.S), away).sqrt()
    assert distance.max() == pytest.approx(gmm.WIDE)
    assert dims == 1 or torch.allclose(distance, torch.tensor(gmm.WIDE).double())
