"""The gradient penalty is the slope's square, and teaches."""

import pytest
import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.data import clouds
from dltui.engine.regularizers.gradient_penalty import build
from dltui.engine.training.learner import Learner
from dltui.recipes import recipe as recipes
from tests.engine.conftest import CPU


def test_the_penalty_of_a_plane_is_its_slope():
    """D(x) = 3 x + 4 y has the slope 5 everywhere: gamma/2 of 25. Guards a missing square and a missing half."""
    x = torch.randn(50, 2, requires_grad=True)
    D = torch.nn.Linear(2, 1)
    with torch.no_grad():
        D.weight.copy_(torch.tensor([[3.0, 4.0]]))
    penalty = build(gamma=0.2)(D(x), x)
    assert penalty.item() == pytest.approx(2.5)
    penalty.backward()
    assert D.weight.grad.flatten().tolist() == pytest.approx([0.2 * 3, 0.2 * 4])
    assert build(gamma=0.0)(D(x), x) == 0


def test_pictures_are_flattened():
    x = torch.randn(5, 1, 4, 4, requires_grad=True)
    assert build(gamma=2.0)(x.flatten(1).sum(1, keepdim=True), x).item() == pytest.approx(16)


def test_its_weight_can_be_turned_while_it_runs():
    rows = Rows(clouds.build(shape="circle", groups=8, rows=200).builtin(), CPU)
    learner = Learner("penalty", recipes.load("gan-2d").variants["penalty"], rows, CPU)
    assert learner.knobs()["regularizer.gamma"] == 1.0 and "at least 0" in learner.problem("regularizer.gamma", -1.0)
    learner.turn("regularizer.gamma", 0.25)
    assert learner.task.regularizer.gamma == 0.25
