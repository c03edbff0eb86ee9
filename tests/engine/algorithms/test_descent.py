"""Each way of descent takes the steps of torch's optimizer, and its first ones can be reckoned by hand."""

import math

import pytest
import torch
from torch import nn

from dltui.engine.algorithms.descent import EPS, METHODS, ahead
from dltui.engine.algorithms.surfaces import SURFACES

OPTIMIZERS = {
    "gd": lambda p, lr: torch.optim.SGD(p, lr),
    "sgd": lambda p, lr: torch.optim.SGD(p, lr),
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
def test_a_landscape_is_least_where_it_says_and_flat_there(name):
    surface = SURFACES[name]
    least = torch.tensor(surface.least, dtype=torch.float64, requires_grad=True)
    heights = surface.height(least)
    (slope,) = torch.autograd.grad(heights.sum(), least)
    assert slope.abs().max() < 1e-12 and (heights - heights[0]).abs().max() < 1e-12
    xs, ys = torch.linspace(*surface.x, 201).double(), torch.linspace(*surface.y, 201).double()
    assert surface.height(torch.cartesian_prod(xs, ys)).min() >= heights[0] - 1e-12
    for place in (surface.start, *surface.least):
        assert surface.x[0] <= place[0] <= surface.x[1] and surface.y[0] <= place[1] <= surface.y[1]


def test_known_heights():
    at = torch.tensor([-1.5, 2.0])
    assert SURFACES["rosenbrock"].height(at).item() == pytest.approx((2.5**2 + 100 * 0.25**2) / 100)
    assert SURFACES["beale"].height(torch.tensor([3.0, 0.5])).item() == pytest.approx(0, abs=1e-12)
    assert SURFACES["saddle"].height(torch.tensor([0.0, 2**0.5])).item() == pytest.approx(-0.5)
