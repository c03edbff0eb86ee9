"""The race: every step as torch would take it, trails on their maps, and the knob that turns all rates."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms.descent import METHODS, Method
from dltui.engine.tasks import race
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


def made(seed=0, **options):
    torch.manual_seed(seed)
    return race.build(**options)(None, {}, CPU)


def advanced(task, steps, first=1):
    for step in range(first, first + steps):
        task.advance(step)
    return task


def test_every_step_is_torchs():
    assert 0 < advanced(made(), 60).evaluate()["error"] < 1e-7


@pytest.mark.parametrize("name", METHODS)
def test_a_wrong_step_would_be_found(name, monkeypatch):
    """Guards the claim: the comparison sees a step that is a thousandth too long, whoever takes it."""
    right = METHODS[name].step
    wrong = Method(lambda w, g, s, a: w + 1.001 * (right(w, g, s, a) - w), METHODS[name].remembers)
    monkeypatch.setitem(race.METHODS, name, wrong)
    assert advanced(made(), 10).evaluate()["error"] > 1e-6


def test_who_gets_where():
    """What the lesson says: nobody but those with momentum leaves the small pits, and noise leaves a saddle sooner."""
    task = advanced(made(), 150)
    arrival = {
        (name, surface): task.state.arrival[k, s].item()
        for k, name in enumerate(METHODS)
        for s, surface in enumerate(task.surfaces)
    }
    assert {name for name in METHODS if arrival[name, "many"] >= 0} == {"momentum", "nesterov"}
    assert 0 < arrival["sgd", "saddle"] < arrival["gd", "saddle"]
    assert 0 < arrival["momentum", "ravine"] < arrival["gd", "ravine"]
    assert 0 < arrival["adam", "ravine"] < arrival["gd", "ravine"]
    assert all(arrival["adadelta", surface] < 0 for surface in task.surfaces)


def test_a_map_shows_the_heights_and_where_everyone_went():
    task = advanced(made(surfaces=["beale"]), 7)
    with torch.no_grad():
        payload = next(task.pictures()).payload
    assert payload["names"] == list(METHODS) and payload["trail_x"].shape == (9, 9)  # start, 7 steps, now
    assert np.allclose(payload["trail_x"][:, 0], 0.3) and np.allclose(payload["trail_y"][:, 0], 1.2)
    assert np.allclose(payload["trail_x"][:, -1], task.state.w[:, 0, 0])
    assert payload["values"][0, -1] == pytest.approx(task.surfaces["beale"].height(torch.tensor([4.0, 1.5])).item())


def test_a_long_trail_is_thinned_and_keeps_its_zigzag():
    """Gradient descent crosses the ravine at every step: with every second point kept it would be seen to creep."""
    task = advanced(made(surfaces=["ravine"], noise=0.0), race.KEPT + 5)
    kept = task.place["kept"]
    assert kept < race.KEPT / 2 and task.place["every"] == 3
    y = task.state.trajectory[:12, list(METHODS).index("gd"), 0, 1]
    assert (y[1:] * y[:-1] < 0).all()


def test_the_knob_turns_every_rate():
    slow, fast = advanced(made(), 1), made()
    fast.rate = 2.0
    advanced(fast, 1)
    start = made().state.w
    k = [list(METHODS).index(name) for name in ("gd", "momentum", "adam")]
    assert torch.allclose(2 * (slow.state.w - start)[k], (fast.state.w - start)[k])


def test_who_is_thrown_out_of_the_map_spoils_nothing():
    task = advanced(made(rate=60.0), 60)
    found = task.evaluate()
    assert all(np.isfinite(value) for value in found.values()) and found["loss_gd"] > 0.1
    with torch.no_grad():
        assert len(list(task.pictures())) == 7


def test_the_seed_draws_the_noise():
    a, b, c = (advanced(made(seed), 5).state.w for seed in (0, 0, 1))
    k = list(METHODS).index("sgd")
    assert torch.equal(a, b) and not torch.equal(a[k], c[k]) and torch.equal(a[0], c[0])


@pytest.mark.parametrize(("surfaces", "said"), [(["bael"], 'Did you mean "beale"'), ([], "names no map")])
def test_maps_that_there_are_not(surfaces, said):
    with pytest.raises(DltuiError, match=said):
        made(surfaces=surfaces)
