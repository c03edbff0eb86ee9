"""Formulas and graphs: counts of the written formula, gradients as torch's, a branch that a graph cannot leave."""

import math

import pytest
import torch

from dltui.engine.algorithms import symbolic_vs_autodiff as differentiation
from tests.engine.conftest import context

POINT = [0.3, 3.2, 3.7, 3.1]


def made(**options: object) -> differentiation.SymbolicVsAutodiff:
    torch.manual_seed(0)
    return differentiation.build(**options)(context())


def formula(point: list[float]) -> float:
    v = point[0]
    for r in point[1:]:
        v = r * v * (1 - v)
    return min(v, 1 - v)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_what_is_written_is_the_formula_and_its_derivative_and_as_long_as_counted(n):
    point = POINT[: n + 1]
    at = dict(zip(["x", "r1", "r2", "r3"], point, strict=False))
    root = differentiation.nested(point)
    text = "".join(differentiation.written(root))
    assert eval(text, {}, at) == pytest.approx(formula(point))
    for place, name in enumerate(at):
        of = differentiation.derivative(root, name)
        text = "".join(differentiation.written(of))
        nudged = [[v + (k == place) * e for k, v in enumerate(point)] for e in (-1e-6, 1e-6)]
        want = (formula(nudged[1]) - formula(nudged[0])) / 2e-6
        assert eval(text, {}, at) == pytest.approx(want, rel=1e-5)
        negations = text.count("(-")
        assert differentiation.count([of]) == text.count(" * ") + text.count(" + ") + text.count("1 - ") + negations


@pytest.mark.parametrize("way", ["symbolic", "forward", "reverse"])
@pytest.mark.parametrize("shared", [False, True])
def test_every_way_gives_torchs_gradient(way, shared):
    metrics = made(way=way, shared=shared).at(6).metrics
    assert metrics["error"] < 1e-12 and metrics["wrong"] == 0
    assert metrics["passes"] == (1 if way == "reverse" else 7)


def test_formulas_double_and_passes_over_a_graph_do_not():
    growth = {way: [made(way=way).at(n).metrics["growth"] for n in (6, 12)] for way in ("symbolic", "reverse")}
    assert min(growth["symbolic"]) > 2 and growth["reverse"][1] < growth["reverse"][0] < 1.3
    shared = made(way="symbolic", shared=True).at(12).metrics
    assert shared["growth"] < 1.2 and shared["operations"] < 500


def test_a_graph_that_is_built_once_follows_the_branch_of_its_first_point():
    walk = made(graph="once")
    metrics = walk.at(4).metrics
    value = walk.points[:, 0]
    for r in walk.points[:, 1:5].T:
        value = r * value * (1 - value)
    other = (value > 0.5) != (value[0] > 0.5)
    assert math.isclose(metrics["wrong"], other.double().mean().item()) and 0 < metrics["wrong"] < 1
    assert made().at(4).metrics["built"] > 150 * metrics["built"]
