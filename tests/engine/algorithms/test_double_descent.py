"""Double descent: least squares as numpy's and scikit-learn's, a peak at features = rows, none with a penalty."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from dltui.engine.algorithms.double_descent import PEAK, WIDTHS, build, least_squares
from dltui.engine.data import digits
from tests.engine.conftest import context

DATA = digits.build().builtin()


@pytest.mark.parametrize("width", [5, 30])
def test_least_squares_is_that_of_others(width):
    generator = torch.Generator().manual_seed(0)
    F, y = (torch.randn(12, size, generator=generator, dtype=torch.float64) for size in (width, 3))
    assert torch.allclose(least_squares(F, y, 0.0), torch.from_numpy(np.linalg.pinv(F.numpy()) @ y.numpy()))
    ridge = Ridge(alpha=0.3, fit_intercept=False).fit(F.numpy(), y.numpy())
    assert torch.allclose(least_squares(F, y, 0.3), torch.from_numpy(ridge.coef_.T))


def test_the_peak_stands_where_features_equal_rows_and_a_penalty_removes_it():
    plain, penalty = (build(rows=60, penalty=one)(context(DATA)) for one in (0.0, 0.01))
    found, smooth = (walk.at(walk.length).metrics for walk in (plain, penalty))
    assert plain.widths[PEAK] == 60 and found["peak_width"] == 1 and found["bump"] > 5 and smooth["bump"] < 1.2
    assert found["wide_error"] < found["narrow_error"]
    norms = [fit.norm for fit in plain.fits]
    assert norms.index(max(norms)) == PEAK
    assert all(fit.train < 1e-9 for fit in plain.fits[PEAK:]) and plain.fits[PEAK - 1].train > 1e-9


def test_a_step_shows_what_was_fitted_so_far():
    walk = build(rows=30)(context(DATA))
    assert walk.length == len(WIDTHS) and "peak_error" not in walk.at(PEAK).metrics
    error, weights = (picture.payload for picture in walk.at(4).pictures)
    assert [len(curve["x"]) for curve in error["curves"]] == [4, 4] and len(weights["curves"][0]["x"]) == 4
