"""The range test: equal factors, the mean that scipy's filter gives, the steepest place, when it is over, and after."""

import numpy as np
import pytest
import torch
from scipy.signal import lfilter

from dltui.engine.algorithms.lr_finder import METRICS, TRIED, build, is_over, rates, smoothed, suggestion
from dltui.engine.contracts.dataset import Dataset
from tests.engine.conftest import blobs, context


def test_the_rate_grows_by_the_same_factor():
    found = rates(1e-3, 10.0, 9)
    assert found[0].item() == pytest.approx(1e-3) and found[-1].item() == pytest.approx(10.0)
    assert torch.allclose(found[1:] / found[:-1], torch.tensor(10**0.5, dtype=torch.float64))


def test_the_running_mean_is_scipys_and_begins_without_a_bias():
    losses = torch.rand(30, dtype=torch.float64)
    expected = lfilter([0.1], [1, -0.9], losses.numpy()) / (1 - 0.9 ** np.arange(1, 31))
    assert np.allclose(smoothed(losses).numpy(), expected)


def test_the_suggestion_is_where_the_loss_falls_steepest_over_the_logarithm():
    """Guards the axis, over the rate itself an earlier place is the steepest; and that the mean comes late."""
    of = rates(1e-4, 1.0, 401)
    losses = 2 - torch.sigmoid(4 * (of.log() - torch.tensor(0.05).log()))
    assert of[suggestion(of, losses, beta=0.0)].item() == pytest.approx(0.05, rel=0.03)
    assert of[suggestion(of, smoothed(losses))].item() == pytest.approx(0.05, rel=0.06)
    late = of[suggestion(of, smoothed(losses), beta=0.0)].item()
    assert late > 0.058


def test_a_fall_back_from_an_explosion_is_not_suggested():
    of = rates(1e-2, 1.0, 6)
    means = torch.tensor([2.3, 2.0, 1.0, 0.9, 9.0, 2.0], dtype=torch.float64)
    assert suggestion(of, means, beta=0.0) in (1, 2)


@pytest.mark.parametrize(("newest", "over"), [(1.0, False), (3.9, False), (4.1, True), (np.inf, True), (np.nan, True)])
def test_it_is_over_when_the_loss_has_exploded(newest, over):
    assert is_over(torch.tensor([2.0, 1.0, newest], dtype=torch.float64)) == over


# -- at work -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def finder():
    torch.manual_seed(0)
    data = Dataset(blobs(200, 0), blobs(100, 1), ("a", "b"), "builtin", "blobs", {"inputs": 2, "classes": 2})
    return build(hidden=[8], lowest=1e-3, highest=1e3, probe=60, apart=20.0)(context(data))


def test_the_rate_grows_then_three_nets_are_trained_from_the_same_start(finder):
    start = {name: value.clone() for name, value in finder.nets["suggested"].state_dict().items()}
    grown = []
    while not finder.over:
        grown.append(finder.step()["lr"])
    assert grown == sorted(grown) and len(grown) <= 60
    for name in TRIED:
        assert all(torch.equal(value, start[key]) for key, value in finder.nets[name].state_dict().items())
    low, suggested, high = (finder.tried[name] for name in ("low", "suggested", "high"))
    assert high / suggested == pytest.approx(suggested / low) == pytest.approx(20)
    finder.step()
    moved = {name: (finder.nets[name].head.weight - start["head.weight"]).norm().item() for name in TRIED}
    assert moved["suggested"] / moved["low"] == pytest.approx(20, rel=1e-3)  # one gradient, three rates


@torch.no_grad()
def shown(finder):
    return finder.evaluate(), {picture.pane: picture.payload for picture in finder.pictures()}


def test_it_draws_nothing_of_what_it_does_not_know_yet(finder):
    assert shown(finder) == ({}, {})
    for _ in range(90):
        finder.step()
    values, panes = shown(finder)
    assert set(values) == set(METRICS) - {"loss_growing"}
    assert values["loss_suggested"] < values["loss_low"]
    assert panes["finder"]["curves"][0]["x"][0] == values["suggestion"] < values["end"]
    assert [len(curve["x"]) for curve in panes["three rates"]["curves"]] == [90 - len(finder.raw)] * 3
