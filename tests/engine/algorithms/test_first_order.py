"""First-order methods: each step is that of torch's optimizer, the first ones by hand, and one method at work."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from dltui.engine.algorithms import first_order
from dltui.engine.algorithms.first_order import EPS, METHODS, SURFACES, ahead
from dltui.engine.contracts.trajectory import KEPT
from dltui.errors import DltuiError
from tests.engine.conftest import context

OPTIMIZERS = {
    "gd": lambda p, lr: torch.optim.SGD(p, lr),
    "momentum": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9),
    "nesterov": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9, nesterov=True),
    "adagrad": lambda p, lr: torch.optim.Adagrad(p, lr, eps=EPS),
    "rmsprop": lambda p, lr: torch.optim.RMSprop(p, lr, alpha=0.9, eps=EPS),
    "adadelta": lambda p, lr: torch.optim.Adadelta(p, lr, rho=0.9),
    "adam": lambda p, lr: torch.optim.Adam(p, lr),
    "adamw": lambda p, lr: torch.optim.AdamW(p, lr),
}


def begun(name, size=4):
    return {key: torch.zeros(size, dtype=torch.float64) for key in METHODS[name].remembers}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", METHODS)
def test_forty_steps_are_torchs(name, seed):
    """On a bent quadratic with drawn weights, the whole path.

    Guards every formula: Adagrad without its root, Adam without its correction, AdamW with the decay in its gradient,
    Nesterov's gradient where w is or Adadelta with the newest RMS[dw] all leave torch's path.
    """
    random = torch.Generator().manual_seed(seed)
    root = torch.randn(4, 4, generator=random, dtype=torch.float64)
    A, w = root @ root.T, torch.randn(4, generator=random, dtype=torch.float64)

    def gradient(at):
        return A @ at + torch.sin(at)

    alpha, state = 1.0 if name == "adadelta" else 0.02, begun(name)
    theirs = nn.Parameter(w.clone())
    optimizer = OPTIMIZERS[name]([theirs], alpha)
    for _ in range(40):  # later RMSProp swings about the least place, and makes small differences large
        w = METHODS[name].step(w, gradient, state, alpha)
        theirs.grad = gradient(theirs.detach())
        optimizer.step()
        held = ahead(w, state["v"], alpha) if name == "nesterov" else w
        assert (held - theirs.detach()).abs().max() < 1e-6


def test_first_steps_by_hand():
    """g = 4 at w = 2, rate 0.1."""
    w, g = torch.tensor([2.0]).double(), torch.tensor([4.0]).double()
    first = {name: METHODS[name].step(w, lambda at: g, begun(name, 1), 0.1).item() for name in METHODS}
    assert first["gd"] == first["momentum"] == first["nesterov"] == pytest.approx(2 - 0.1 * 4)
    assert (
        first["adagrad"] == pytest.approx(first["adam"]) == pytest.approx(2 - 0.1)
    )  # of the gradient only the sign is left
    assert first["rmsprop"] == pytest.approx(2 - 0.1 / math.sqrt(0.1))
    assert first["adamw"] == pytest.approx(2 - 0.1 - 0.1 * 0.01 * 2)
    assert first["adadelta"] == pytest.approx(2 - 0.1 * math.sqrt(1e-6) / math.sqrt(0.1 * 16 + 1e-6) * 4)


@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_is_lowest_where_it_says_and_flat_there(name):
    surface, start = SURFACES[name]
    lowest = torch.tensor(surface.minima, dtype=torch.float64, requires_grad=True)
    heights = surface.height(lowest)
    (slope,) = torch.autograd.grad(heights.sum(), lowest)
    assert slope.abs().max() < 1e-12 and (heights - heights[0]).abs().max() < 1e-12
    xs, ys = torch.linspace(*surface.x, 201).double(), torch.linspace(*surface.y, 201).double()
    assert surface.height(torch.cartesian_prod(xs, ys)).min() >= heights[0] - 1e-12
    for place in (start, *surface.minima):
        assert surface.x[0] <= place[0] <= surface.x[1] and surface.y[0] <= place[1] <= surface.y[1]


def test_known_heights():
    def height(name, at):
        return SURFACES[name][0].height(torch.tensor(at)).item()

    assert height("rosenbrock", [-1.5, 2.0]) == pytest.approx((2.5**2 + 100 * 0.25**2) / 100)
    assert height("beale", [3.0, 0.5]) == pytest.approx(0, abs=1e-12)
    assert height("saddle", [0.0, 2**0.5]) == pytest.approx(-0.5)


# -- one method at work ------------------------------------------------------------------------------------------------


def made(method="gd", steps=0, seed=0, **options):
    torch.manual_seed(seed)
    process = first_order.build(method=method, **options)(context())
    for _ in range(steps):
        process.step()
    return process


@pytest.mark.parametrize("method", METHODS)
def test_every_step_is_torchs_and_a_wrong_one_would_be_found(method, monkeypatch):
    """Guards the claim: the comparison sees a step that is a thousandth too long, whoever takes it."""
    assert made(method, 60).evaluate()["error"] < 1e-7
    right = METHODS[method].step
    wrong = METHODS[method]._replace(step=lambda w, g, s, lr: w + 1.001 * (right(w, g, s, lr) - w))
    monkeypatch.setitem(first_order.METHODS, method, wrong)
    assert made(method, 10).evaluate()["error"] > 1e-6


def test_who_gets_where():
    """What the lesson says: none but those with momentum leave the small pits, and noise leaves a saddle sooner."""
    runs = {method: made(method, 150) for method in METHODS} | {"sgd": made(steps=150, noise=0.3)}
    arrival = {
        (name, surface): run.arrival[k].item() for name, run in runs.items() for k, surface in enumerate(run.surfaces)
    }
    assert {name for name in runs if arrival[name, "many"] >= 0} == {"momentum", "nesterov"}
    assert 0 < arrival["sgd", "saddle"] < arrival["gd", "saddle"]
    assert 0 < arrival["momentum", "ravine"] < arrival["gd", "ravine"]
    assert 0 < arrival["adam", "ravine"] < arrival["gd", "ravine"]
    assert all(arrival["adadelta", surface] < 0 for surface in runs["adadelta"].surfaces)


def test_a_map_shows_the_heights_and_the_way():
    process = made("momentum", 7, surfaces=["beale"])
    payload = next(process.pictures()).payload
    assert payload["names"] == ["momentum"] and payload["trail_x"].shape == (1, 8)
    assert np.allclose(payload["trail_x"][:, 0], 0.3) and np.allclose(payload["trail_y"][:, 0], 1.2)
    assert np.allclose(payload["trail_x"][:, -1], process.w[0, 0])
    height = SURFACES["beale"][0].height(torch.tensor([4.0, 1.5])).item()
    assert payload["values"][0, -1] == pytest.approx(height)


def test_a_long_trail_is_thinned_and_keeps_its_zigzag():
    """Gradient descent crosses the ravine at every step: with every second point kept it would be seen to creep."""
    process = made(steps=KEPT + 5, surfaces=["ravine"])
    y = process.trail.values[:12, 0, 1]
    assert len(process.trail.values) < KEPT / 2 and (y[1:] * y[:-1] < 0).all()


@pytest.mark.parametrize("method", ["gd", "momentum", "adam"])
def test_the_knob_turns_the_rate(method):
    slow, fast, start = made(method, 1), made(method), made(method).w
    fast.lr_factor = 2.0
    fast.step()
    assert torch.allclose(2 * (slow.w - start), fast.w - start)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_thrown_out_of_the_map_spoils_nothing(method):
    process = made(method, 60, lr_factor=60.0)
    found = process.evaluate()
    assert all(np.isfinite(value) for value in found.values()) and len(list(process.pictures())) == 7
    assert found["excess_loss"] > 0.1 or method != "gd"


def test_the_seed_draws_the_noise():
    a, b, c, quiet = (made(steps=5, seed=seed, noise=noise).w for seed, noise in ((0, 0.3), (0, 0.3), (1, 0.3), (1, 0)))
    assert torch.equal(a, b) and not torch.equal(a, c) and not torch.equal(c, quiet)


@pytest.mark.parametrize(("surfaces", "said"), [(["bael"], 'Did you mean "beale"'), ([], "no surface is named")])
def test_surfaces_that_there_are_not(surfaces, said):
    with pytest.raises(DltuiError, match=said):
        made(surfaces=surfaces)
