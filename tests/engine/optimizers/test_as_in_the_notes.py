"""Every optimizer that a recipe can name takes the steps of the notes, and none at a loss without value."""

import inspect

import pytest
import torch
from torch import nn

from dltui.engine.algorithms.first_order import METHODS
from dltui.engine.contracts import kinds
from dltui.engine.contracts.rows import Rows
from dltui.engine.device.skip_nonfinite import skip_nonfinite
from dltui.engine.training.learner import Learner
from dltui.recipes.recipe import Section
from tests.engine.conftest import CPU

KINDS = {
    "gd": ("sgd", {}),
    "momentum": ("sgd", {"momentum": 0.9}),
    "adagrad": ("adagrad", {}),
    "rmsprop": ("rmsprop", {}),
    "adadelta": ("adadelta", {}),
    "adam": ("adam", {}),
    "adamw": ("adamw", {}),
}
TARGET = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)


def gradient(w):
    return 2 * (w - TARGET) * torch.tensor([1.0, 3.0, 0.2])


@pytest.mark.parametrize("method", KINDS)
def test_it_goes_where_the_notes_say(method):
    kind, options = KINDS[method]
    weights = nn.Parameter(torch.zeros(3, dtype=torch.float64))
    optimizer = kinds.built("optimizer", Section(kind, {"lr": 0.03, **options}))([weights])
    w = torch.zeros(3, dtype=torch.float64)
    state = {name: torch.zeros_like(w) for name in METHODS[method].remembers}
    for _ in range(20):
        weights.grad = gradient(weights.detach())
        optimizer.step()
        w = METHODS[method].step(w, gradient, state, 0.03)
    assert torch.allclose(weights.detach(), w, atol=1e-6) and w.abs().max() > 1e-3


@pytest.mark.parametrize("kind", ["adagrad", "rmsprop", "adadelta", "adam", "adamw", "sgd"])
def test_the_defaults_are_those_of_the_schema(kind):
    """Guards options that are named but do not reach torch."""
    build = kinds.module("optimizer", kind).build
    defaults = {name: parameter.default for name, parameter in inspect.signature(build).parameters.items()}
    group = build(**{**defaults, "lr": 0.123, "weight_decay": 0.25})([nn.Parameter(torch.zeros(1))]).param_groups[0]
    assert group["lr"] == 0.123 and group["weight_decay"] == 0.25
    names = {"gamma": "rho" if kind == "adadelta" else "alpha"}
    for name, value in defaults.items():
        if name not in ("lr", "weight_decay", "beta1", "beta2"):
            assert group[names.get(name, name)] == value


@pytest.mark.parametrize("kind", ["adagrad", "rmsprop", "adadelta"])
def test_a_loss_without_value_moves_nothing(kind):
    """What the engine asks on CUDA, where it does not wait to see the loss: `found_inf` forbids the step."""
    weights = nn.Parameter(torch.ones(2))
    optimizer = skip_nonfinite(kinds.built("optimizer", Section(kind, {}))([weights]))
    weights.grad = torch.tensor([torch.nan, 1.0])
    optimizer.found_inf = torch.tensor(1.0)
    optimizer.step()
    assert torch.equal(weights.detach(), torch.ones(2))
    weights.grad = torch.ones(2)
    optimizer.found_inf = torch.tensor(0.0)
    optimizer.step()
    assert torch.isfinite(weights).all() and (weights < 1).all()


@pytest.mark.parametrize(("kind", "hooked"), [("rmsprop", True), ("adam", False), ("sgd", False)])
def test_every_optimizer_of_a_learner_that_is_not_fused_is_guarded(recipe, data, kind, hooked):
    made = recipe(optimizer={"kind": kind, "lr": 0.01})
    learner = Learner("", made, Rows(data, CPU), CPU)
    assert bool(learner.optimizers["model"]._optimizer_step_pre_hooks) is hooked
