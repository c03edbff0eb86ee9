"""Polynomial regression: the fit is numpy's and scikit-learn's; it never gets worse, the prediction does."""

import itertools

import numpy as np
import pytest
import torch
from numpy.polynomial.chebyshev import chebfit, chebval, chebvander
from sklearn.linear_model import Ridge

from dltui.engine.algorithms.polynomial_regression import METRICS, build, fitted
from dltui.engine.data import bundled_table, curve
from dltui.errors import DltuiError
from tests.engine.conftest import context


@pytest.fixture
def points():
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, 30)
    return x, np.sin(4 * x) + 0.3 * random.standard_normal(30)


@pytest.mark.parametrize("degree", [0, 1, 2, 9])
def test_without_a_penalty_the_fit_is_numpys(points, degree):
    x, y = points
    assert np.allclose(fitted(x, y, degree), chebfit(x, y, degree))


@pytest.mark.parametrize("ridge", [0.01, 1.0])
def test_the_penalty_is_that_of_ridge_regression(points, ridge):
    """Guards the square root: rows of ridge instead of sqrt(ridge) penalise by its square."""
    x, y = points
    theirs = Ridge(alpha=ridge, fit_intercept=False).fit(chebvander(x, 12), y)
    assert np.allclose(fitted(x, y, 12, ridge), theirs.coef_)


def test_as_many_coefficients_as_points_meet_every_point(points):
    x, y = points[0][:6], points[1][:6]
    assert np.allclose(chebval(x, fitted(x, y, 5)), y)


# -- shown degree by degree --------------------------------------------------------------------------------------------


DATA = curve.build(curve="sine", rows=2000, noise=0.25).builtin()


def made(*, seed=0, **options):
    torch.manual_seed(seed)
    return build(**options)(context(DATA))


def errors(walk):
    found = [walk.at(step).metrics for step in range(walk.length + 1)]
    assert set(found[-1]) == set(METRICS)
    return [[values[name] for values in found] for name in ("train_error", "validation_error")]


def test_the_fit_only_improves_while_the_prediction_turns():
    """Guards the held-out points: judged on the points of the fit, more freedom would always look better."""
    walk = made()
    train, validation = errors(walk)
    assert all(b <= a * (1 + 1e-9) for a, b in itertools.pairwise(train))
    best = int(np.argmin(validation))
    assert 3 <= best <= 7 and validation[best] < validation[0] / 2 and validation[-1] > 3 * validation[best]
    assert walk.at(walk.length).metrics["best_degree"] == best


def test_many_points_or_a_penalty_hold_the_curve():
    free = errors(made())[1]
    for options in ({"points": 400}, {"ridge": 0.05}):
        held = errors(made(**options))[1]
        assert held[-1] < 0.1 * free[-1] and held[-1] < 3 * min(held)


def test_a_penalty_that_is_turned_at_the_end_calms_the_last_curve():
    walk = made()
    wild = walk.at(15).metrics["validation_error"]
    walk.ridge = 0.05
    assert walk.at(15).metrics["validation_error"] < 0.1 * wild


def test_the_seed_takes_points_from_end_to_end():
    first, other = made(points=50), made(points=50, seed=1)
    assert np.array_equal(np.floor((first.x + 1) * 25).clip(max=49), np.arange(50))
    assert not np.array_equal(first.x, other.x)
    drawn = dict(zip(DATA.train.inputs[:, 0].tolist(), DATA.train.targets.tolist(), strict=True))
    assert [drawn[x] for x in first.x.tolist()] == first.y.tolist()


def test_rows_of_more_than_one_number_are_refused():
    with pytest.raises(DltuiError, match=r"one number in -1\.\.1; these have 10") as raised:
        build()(context(bundled_table.build(name="diabetes").builtin()))
    assert "data.kind=curve" in raised.value.hint


def test_the_curve_is_shown_where_the_points_are():
    walk = made(points=12)
    fit, curves = (picture.payload for picture in walk.at(11).pictures)
    y = fit["paths"][0]["y"]
    assert np.nanmax(np.abs(y)) <= np.abs(fit["y"]).max() + 0.5
    held = fit["x"][fit["label"] == 1]
    assert held.min() < -0.9 and held.max() > 0.9
    assert fit["marks"]["y"].tolist() == walk.y.tolist()
    assert all(np.isfinite(curve["y"][:12]).all() and np.isnan(curve["y"][12:]).all() for curve in curves["curves"])
