"""Principal curves: the smoother is a weighted line fit, the projection the nearest point, an arc is found."""

import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from dltui.engine.algorithms import principal_curve as curves
from dltui.engine.data import clouds
from tests.engine.conftest import context


def made(shape: str, seed: int = 0, rows: int = 500, spread: float = 0.1, **options) -> curves.PrincipalCurve:
    data = clouds.build(shape=shape, rows=rows, spread=spread, seed=seed).builtin()
    return curves.build(**options)(context(data))


def bent(curve: curves.PrincipalCurve, steps: int = 20) -> curves.PrincipalCurve:
    for _ in range(steps):
        curve.step()
    return curve


@pytest.mark.parametrize("seed", range(3))
def test_the_smoother_is_numpys_weighted_line(seed):
    """Guards the slope and its sign: a weighted mean alone, or the slope turned round, gives another curve."""
    random = np.random.default_rng(seed)
    lam, x, at = random.uniform(0, 3, 50), random.standard_normal((50, 2)), np.linspace(0, 3, 7)
    ours = curves.smooth(*map(torch.from_numpy, (lam, x, at)), 0.4)
    for t, point in zip(at, ours.numpy(), strict=True):
        weights = np.exp(-((lam - t) ** 2) / (4 * 0.4**2))  # polyfit squares them
        assert np.allclose(point, np.polyfit(lam - t, x, 1, w=weights)[1])


def test_a_line_is_smoothed_into_itself_to_its_very_ends():
    """Guards the ends, which a mean of neighbours draws inwards."""
    lam = torch.linspace(0, 1, 30).double()
    x = torch.stack([2 * lam, 1 - lam], 1)
    assert torch.allclose(curves.smooth(lam, x, lam, 0.2), x, atol=1e-9)


def test_the_projection_is_the_nearest_point_and_the_way_to_it():
    random = np.random.default_rng(0)
    f = torch.from_numpy(random.standard_normal((6, 2)))
    x = torch.from_numpy(random.standard_normal((40, 2)))
    lam, far = curves.project(x, f)
    t = torch.linspace(0, 1, 20001).double()[:, None]
    dense = torch.cat([f[i] + t * (f[i + 1] - f[i]) for i in range(5)])
    along = torch.cat([torch.zeros(1).double(), dense.diff(dim=0).norm(dim=1).cumsum(0)])
    distance, nearest = torch.cdist(x, dense).min(1)
    assert torch.allclose(far.sqrt(), distance, atol=1e-4) and torch.allclose(lam, along[nearest], atol=1e-3)


def test_it_begins_as_the_line_of_pca():
    curve = made("arc")
    theirs = PCA(1).fit(curve.x.numpy())
    assert abs((curve.f[-1] - curve.f[0]) @ theirs.components_[0]) == pytest.approx(
        (curve.f[-1] - curve.f[0]).norm().item()
    )
    left = curve.test.numpy() - theirs.inverse_transform(theirs.transform(curve.test.numpy()))
    assert curve.evaluate()["pca_error"] == pytest.approx(np.square(left).sum(1).mean())


@pytest.mark.parametrize("seed", [3, 4, 6])
def test_an_arc_is_found(seed):
    curve = bent(made("arc", seed))
    assert (curve.f.norm(dim=1) - 1).abs().max() < 0.15  # the circle that it lies on
    length = (curve.f[1:] - curve.f[:-1]).norm(dim=1).sum().item()
    assert length == pytest.approx(math.pi, abs=0.4)
    found = curve.evaluate()
    assert found["error"] < 0.3 * found["pca_error"]


@pytest.mark.parametrize("seed", [3, 4, 6])
def test_a_straight_cloud_keeps_its_line(seed):
    found = bent(made("strip", seed)).evaluate()
    assert 0.9 < found["error"] / found["pca_error"] < 1.1


def test_a_wide_smoother_stays_a_line_and_a_narrow_one_winds_after_the_training_rows():
    """Guards the span: it decides, and the training error alone would always have it narrow."""
    wide, narrow = bent(made("arc", span=0.8)).evaluate(), bent(made("strip", rows=100, span=0.01)).evaluate()
    assert wide["error"] > 0.5 * wide["pca_error"]
    assert narrow["train_error"] < 0.5 * narrow["error"]


def test_the_test_rows_bend_nothing():
    one, other = (clouds.build(shape="arc", rows=100, seed=seed).builtin() for seed in (0, 1))
    first, second = (curves.build()(context(one._replace(test=test))) for test in (one.test, other.test))
    assert torch.equal(bent(first, 5).f, bent(second, 5).f)
