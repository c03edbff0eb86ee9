"""First-order methods: each step is that of torch's optimizer, the first ones by hand, and one method at work."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from dltui.engine.algorithms import first_order
from dltui.engine.algorithms.first_order import EPS, HIGHEST, METHODS, METRICS, OUTLIER, ahead, angles, clipped
from dltui.engine.algorithms.surfaces import SURFACES
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
    assert all(np.isfinite(value) for value in found.values()) and len(list(process.pictures())) == 13
    assert found["excess_loss"] > 0.1 or method != "gd"


def test_the_seed_draws_the_noise():
    a, b, c, quiet = (made(steps=5, seed=seed, noise=noise).w for seed, noise in ((0, 0.3), (0, 0.3), (1, 0.3), (1, 0)))
    assert torch.equal(a, b) and not torch.equal(a, c) and not torch.equal(c, quiet)


# -- gradients that explode --------------------------------------------------------------------------------------------

GRADIENTS = ([3.0, -4.0], [0.1, -0.2], [0.5, -9.0], [0.0, 0.0], [6.0, 0.0])


def torchs_clip(clip, g, c):
    weights = nn.Parameter(torch.zeros_like(g))
    weights.grad = g.clone()
    clip([weights], c)
    return weights.grad


def test_clipping_is_torchs_each_gradient_by_itself():
    all_at_once = torch.tensor(GRADIENTS, dtype=torch.float64)
    for row, g in enumerate(all_at_once):
        by_norm, by_value, none = (clipped(all_at_once, 2.0, by)[row] for by in ("norm", "value", "none"))
        torch.testing.assert_close(by_norm, torchs_clip(nn.utils.clip_grad_norm_, g, 2.0), rtol=1e-6, atol=0)
        assert torch.equal(by_value, torchs_clip(nn.utils.clip_grad_value_, g, 2.0)) and torch.equal(none, g)


def test_angles_are_in_degrees_and_only_clipping_by_value_turns_a_gradient():
    a = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    b = torch.tensor([[0.0, -3.0], [2.0, 2.0], [1.0, 0.0]])
    assert angles(a, b).tolist() == pytest.approx([90, 0, 0])
    g = torch.tensor(GRADIENTS)
    assert angles(g, clipped(g, 1.0, "norm")).max() < 0.1 < 20 < angles(g, clipped(g, 1.0, "value")).max()


@pytest.mark.parametrize("method", METHODS)
def test_a_step_is_torchs_with_noise_and_clipping_too(method):
    """Guards Nesterov, whose gradient torch takes elsewhere: both have the same noise."""
    assert made(method, 40, surfaces=["bowl"], noise=0.3, outliers=0.1, clip="norm").evaluate()["error"] < 1e-7


def test_an_outlier_throws_the_unclipped_off_the_map_and_a_clipped_step_is_never_longer_than_c():
    for clip, most in (("none", math.inf), ("norm", 0.5), ("value", 0.5 * 2**0.5)):
        process = made(surfaces=["bowl"], noise=0.3, outliers=1.0, clip=clip, threshold=0.5)
        before = process.w.clone()
        process.step()
        assert (process.w - before).norm() <= 0.1 * most + 1e-12
        found = process.evaluate()
        assert set(found) == set(METRICS) and found["thrown"] == (clip == "none")
        assert found["clipped_norm"] > OUTLIER if clip == "none" else found["clipped_norm"] <= most + 1e-12


def test_without_outliers_the_unclipped_arrives():
    """Guards the lesson: it is the outliers, not the learning rate; and at the cliff the wall, without any noise."""
    quiet = made(steps=60, surfaces=["bowl", "cliff"], noise=0.3, outliers=0.0)
    assert quiet.thrown.tolist() == [False, True] and quiet.shares()[0] < 0.01
    alone = made(steps=60, surfaces=["cliff"])
    assert torch.equal(alone.w[0], quiet.w[1])
    assert made(steps=200, surfaces=["cliff"], clip="norm").evaluate()["excess_loss"] < 0.05


def test_norms_are_drawn_as_they_were_before_clipping():
    process = made(steps=3, surfaces=["bowl"], clip="norm", threshold=1.0)
    norms, level = {picture.pane: picture.payload for picture in process.pictures()}["gradients: bowl"]["curves"]
    w = process.trail.values[:-1, 0, :2]
    assert norms["y"].tolist()[1:] == pytest.approx((2 * w).norm(dim=1).tolist())
    assert level["name"] == "c = 1" and max(norms["y"][1:]) < HIGHEST


@pytest.mark.parametrize(("surfaces", "said"), [(["bael"], 'Did you mean "beale"'), ([], "no surface is named")])
def test_surfaces_that_there_are_not(surfaces, said):
    with pytest.raises(DltuiError, match=said):
        made(surfaces=surfaces)
