"""The linear neuron: its bowl as autograd and scikit-learn know it, what a step leaves, and what a batch's noise is."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

from dltui.engine.algorithms import gradient_descent
from dltui.engine.algorithms.gradient_descent import (
    METRICS,
    MOST,
    SHARE,
    bowl,
    gradient,
    loss,
    neuron_inputs,
    variances,
)
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.contracts.rows import Rows
from dltui.engine.data import bundled_table
from dltui.errors import DltuiError
from tests.engine.conftest import CPU, context


@pytest.fixture(scope="module")
def data():
    return bundled_table.build(name="breast_cancer").builtin()


def made(data, **options):
    torch.manual_seed(0)
    return gradient_descent.build(**options)(context(data))


def advanced(neuron, steps):
    return [neuron.step()["excess_loss"] for _ in range(steps)]


def drawn(neuron):
    return {picture.pane: picture.payload for picture in neuron.pictures()}


# -- the bowl ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def rows():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(50, 2, generator=generator, dtype=torch.float64) @ torch.tensor([[2.0, 1.0], [0.0, 0.5]]).double()
    return x, torch.randn(50, generator=generator, dtype=torch.float64)


def test_the_gradient_is_autograds_for_every_neuron(rows):
    w = torch.tensor([[1.0, -2.0], [0.3, 0.4], [0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    expected = torch.autograd.grad(loss(w, *rows).sum(), w)[0]
    assert torch.allclose(gradient(w, *rows), expected, atol=1e-12)


def test_the_minimum_is_scikit_learns(rows):
    expected = LinearRegression(fit_intercept=False).fit(*(part.numpy() for part in rows)).coef_
    assert np.allclose(bowl(*rows).minimum.numpy(), expected)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 1.01, 1.4])
def test_a_step_leaves_what_the_formula_says_along_each_direction(rows, share):
    """Guards the limit: below it the steepest distance shrinks, above it grows."""
    found = bowl(*rows)
    lr = share * 2 / found.curvatures[-1]
    w = torch.tensor([3.0, -1.0], dtype=torch.float64)
    before = found.directions.T @ (w - found.minimum)
    after = found.directions.T @ (w - lr * gradient(w, *rows) - found.minimum)
    assert torch.allclose(after, (1 - lr * found.curvatures) * before)
    assert (after[-1].abs() < before[-1].abs()) == (share < 1)


def table(classes=("low", "high")) -> Rows:
    split = Split(torch.arange(12.0).view(3, 4), torch.tensor([0, 1, 1]))
    data = Dataset(split, split, classes, "builtin", "numbers", {"inputs": 4, "classes": len(classes)})
    return Rows(data, CPU)


def test_columns_are_taken_in_their_order():
    x, y, bias = neuron_inputs(table(), [2, 0], "raw")
    assert x.tolist() == [[2, 0], [6, 4], [10, 8]] and x.dtype == torch.float64
    assert y.sum().abs() < 1e-12 and y[1] - y[0] == 2 and not bias


@pytest.mark.parametrize("columns", [[0, 4], [1, 1], [-1, 0], [4], [], [0, 1, 2]])
def test_columns_that_there_are_not(columns):
    with pytest.raises(DltuiError, match="from 0 to 3"):
        neuron_inputs(table(), columns, "raw")


def test_three_classes_are_too_many():
    with pytest.raises(DltuiError, match="3 classes"):
        neuron_inputs(table(("a", "b", "c")), [0, 1], "raw")


# -- the scale of the inputs -------------------------------------------------------------------------------------------

SCALINGS = ("raw", "centred", "standardised")


def neuron_with_bias(scaling, **options):
    raw = bundled_table.build(name="breast_cancer", raw=True).builtin()
    return made(raw, columns=[1], batch=0, lr=0.5, scaling=scaling, **options)


def test_all_scalings_begin_with_the_same_predictions_and_have_the_same_minimum():
    neurons = [neuron_with_bias(scaling) for scaling in SCALINGS]
    expected = [neurons[0].x @ neurons[0].w, neurons[0].x @ neurons[0].bowl.minimum]
    for neuron in neurons:
        assert torch.allclose(neuron.x @ neuron.w, expected[0]) and neuron.depth == pytest.approx(neurons[0].depth)
        assert torch.allclose(neuron.x @ neuron.bowl.minimum, expected[1], atol=1e-6)


def test_standardised_inputs_have_a_round_bowl_and_are_there_first():
    raw, centred, standardised = (neuron_with_bias(scaling) for scaling in SCALINGS)
    for neuron in (raw, centred, standardised):
        advanced(neuron, 30)
    assert standardised.evaluate()["condition"] == pytest.approx(1) and raw.evaluate()["condition"] > 1000
    assert standardised.evaluate()["steps"] == 1 and 5 <= centred.evaluate()["steps"] < 30
    assert raw.evaluate()["steps"] == 30 and raw.excess(raw.w) > 10 * SHARE


def test_lapsed_time_takes_the_same_way():
    slow, fast = neuron_with_bias("centred"), neuron_with_bias("centred", lapse=0.5)
    advanced(fast, 8)  # 1, 1, 1, 1, 2, 3, 4, 6 steps
    advanced(slow, 19)
    assert torch.equal(slow.w, fast.w) and slow.steps == fast.steps == 19
    assert slow.evaluate()["steps"] == fast.evaluate()["steps"]
    assert fast.trail.steps.tolist() == [0, 1, 2, 3, 4, 6, 9, 13, 19]


def test_the_map_holds_start_and_minimum():
    neuron = neuron_with_bias("raw")
    for place in (neuron.w.tolist(), neuron.bowl.minimum.tolist()):
        for at, (low, high) in zip(place, (neuron.surface.x, neuron.surface.y), strict=True):
            assert low < at < high


# -- the learning rate -------------------------------------------------------------------------------------------------


def test_below_the_limit_all_rows_lead_down_and_above_it_away(data):
    below, above = (advanced(made(data, lr=lr, batch=0), 60) for lr in (0.99, 1.01))
    assert below[-1] < 1 < above[-1]


def test_who_has_gone_too_far_is_left_there_and_comes_back_with_a_smaller_rate(data):
    neuron = made(data, lr=1.3)
    assert advanced(neuron, 150)[-40:] == [MOST] * 40
    assert torch.isfinite(neuron.trail.values).all()
    neuron.lr = 0.1
    assert advanced(neuron, 150)[-1] < 1


def test_a_rate_that_throws_single_rows_away_ends_in_numbers(data):
    assert np.isfinite(advanced(made(data, lr=0.9, batch=1), 200)).all()
    assert advanced(made(data, lr=0.9, batch=0), 200)[-1] < 0.01


# -- the batch ---------------------------------------------------------------------------------------------------------


def test_all_rows_take_the_exact_step_and_batches_scatter_about_it(data):
    """Guards the mean: over many draws the batches' steps are that of all rows, the larger the nearer."""
    apart = {}
    for batch in (0, 1, 16):
        neuron, found = made(data, lr=0.06, batch=batch), []
        start = neuron.w.clone()
        exact = start - neuron.lr * neuron.lr_limit * gradient(start, neuron.x, neuron.y)
        for _ in range(400):
            neuron.w = start
            neuron.step()
            found.append(neuron.w)
        found = torch.stack(found)  # (draws, 2)
        apart[batch] = (found - exact).square().sum(-1).mean()
        assert (found.mean(0) - exact).norm() <= 4 * (apart[batch] / 400).sqrt() + 1e-12
    assert apart[0] < 1e-24 and apart[1] / apart[16] == pytest.approx(16, rel=0.4)


def test_the_variance_of_the_gradient_falls_as_one_over_the_batch():
    """Guards mean against sum: that of a sum would grow."""
    torch.manual_seed(0)
    gradients = torch.randn(50, 2, dtype=torch.float64) + 3
    exact = gradients.var(0, correction=0).sum()
    assert torch.allclose(variances(gradients, [1, 4, 16], 20_000), exact / torch.tensor([1, 4, 16]), rtol=0.05)


def test_what_is_measured_and_drawn(data):
    neuron = made(data, lr=0.06, batch=16)
    losses = [1.0, *advanced(neuron, 20)]
    torch.manual_seed(0)
    assert set(neuron.step()) | set(neuron.evaluate()) == set(METRICS)
    assert neuron.evaluate()["noise_slope"] == pytest.approx(-1, abs=0.07)
    panes = drawn(neuron)
    assert panes["map"]["trail_x"].shape == (1, 22)
    assert np.allclose(panes["losses"]["curves"][0]["y"][:-1], losses)
    assert panes["cost"]["curves"][0]["x"][-1] == 21 * 16
    measured, inverse = panes["noise"]["curves"]
    assert np.allclose(measured["y"], inverse["y"], rtol=0.3)


@pytest.mark.parametrize("lr", [0.1, 0.8, 1.3])
def test_a_stem_reaches_the_curve_of_the_steep_direction(data, lr):
    stem, steep, *_ = drawn(made(data, lr=lr))["one step"]["curves"]
    assert stem["y"][1] == pytest.approx(np.interp(stem["x"][1], steep["x"], steep["y"]), abs=1e-6)
    assert (stem["y"][1] > 1) == (lr > 1)
