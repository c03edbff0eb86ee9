"""Backpropagation on a graph equals torch's autograd; formulas become the graphs that a person would draw."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dltui.engine.algorithms.backprop import ONE, backward, build, forward, parse, tangents
from dltui.errors import DltuiError, ExitStatus
from tests.engine.conftest import context

NEURON = "1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))"


def gradients(formula, at):
    graph = parse(formula)
    values = values_of(graph, at)
    *_, (_, _, gradient) = backward(graph, values)
    return [gradient[i].item() for i in range(len(at))]


def values_of(graph, at):
    return [torch.tensor(float(number), dtype=torch.float64) for number in at] + [v for _, v in forward(graph, at)]


def test_the_notes_product():
    """f = (x + y) z at (-2, 5, -4): q = 3, f = -12; df/dq = -4, df/dx = -4, df/dy = -4, df/dz = 3."""
    graph = parse("(x + y) * z")
    values = values_of(graph, (-2, 5, -4))
    assert [value.item() for value in values[3:]] == [3, -12]
    *_, (_, _, gradient) = backward(graph, values)
    assert [part.item() for part in gradient] == [-4, -4, 3, -4, 1]


def test_the_result_is_visited_first():
    graph = parse("(x + y) * z")
    assert [node for node, _, _ in backward(graph, values_of(graph, (-2, 5, -4)))] == [4, 3]


def test_what_is_used_twice_gets_the_sum_of_what_comes_back():
    """Guards the sum: a backward pass that overwrites instead gives 3 and 1."""
    assert gradients("x * x + x * y", (3, 1)) == [2 * 3 + 1, 3]
    assert gradients("x * x", (3,)) == [6]


FORMULAS = {
    "sin(x + y) * x * y": lambda x, y: torch.sin(x + y) * x * y,
    "x / y - y / x": lambda x, y: x / y - y / x,
    "exp(x) * log(y) + sqrt(y)": lambda x, y: torch.exp(x) * torch.log(y) + torch.sqrt(y),
    "tanh(x * y) + relu(x - y) * cos(x)": lambda x, y: torch.tanh(x * y) + torch.relu(x - y) * torch.cos(x),
    "max(x, y) * sigmoid(x)": lambda x, y: torch.maximum(x, y) * torch.sigmoid(x),
    "max(x, 1) + y**3 - 2**x + 1/y - (2 - x)": lambda x, y: torch.maximum(x, ONE) + y**3 - 2**x + 1 / y - (2 - x),
    "x**y": lambda x, y: x**y,
    "-(x * -y)": lambda x, y: -(x * -y),
}


@pytest.mark.parametrize("formula", FORMULAS)
@settings(deadline=None)
@given(x=st.floats(0.1, 2), y=st.floats(2.1, 4))
def test_both_modes_equal_autograd(formula, x, y):
    """Guards every local derivative: a flipped sign or a missing factor shows in one of these."""
    at = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
    (want,) = torch.autograd.grad(FORMULAS[formula](*at), at)
    graph = parse(formula)
    assert graph.variables == ("x", "y")
    assert gradients(formula, (x, y)) == pytest.approx(want.tolist(), rel=1e-9)
    moved = [tangents(graph, values_of(graph, (x, y)), k)[-1].item() for k in (0, 1)]
    assert moved == pytest.approx(want.tolist(), rel=1e-9)


def test_the_neuron_is_drawn_as_the_notes_draw_it():
    graph = parse(NEURON)
    assert [node.label for node in graph.nodes[5:]] == ["*", "*", "+", "+", "*-1", "exp", "+1", "1/"]
    a = 2 * -1 + -3 * -2 - 3
    assert values_of(graph, (2, -1, -3, -2, -3))[-1].item() == pytest.approx(1 / (1 + math.exp(-a)))


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("x +", "is no formula"),
        ("2 + 3", "has no variable"),
        ("x", "computes nothing"),
        ("sim(x) * y", 'Did you mean "sin"?'),
        ("exp(x, y)", "gives exp 2 arguments; it takes 1"),
        ("x @ y", "is not understood: x @ y"),
        ("y + __import__('os').system('true')", "not understood"),
        ("x if y else z", "is not understood"),
        ("sin * x", "uses sin as a variable"),
        ("+".join(f"x{k}" for k in range(40)), "can be shown"),
    ],
)
def test_what_is_no_formula_says_why(formula, said):
    with pytest.raises(DltuiError, match=said) as caught:
        parse(formula)
    assert caught.value.status == ExitStatus.USAGE and caught.value.hint


# -- shown step by step ------------------------------------------------------------------------------------------------


def graphs(**options):
    """The payload of every step."""
    walk = build(**options)(context())
    return [walk.at(step).pictures[0].payload for step in range(walk.length + 1)]


def known(payload, key):
    return sum(key in edge for edge in payload["edges"])


def test_values_come_node_by_node_then_a_pass_an_input_then_gradients_node_by_node():
    shown = graphs(formula="(x + y) * z", at=[-2, 5, -4])
    assert [known(payload, "above") for payload in shown] == [3, 4, 5, 5, 5, 5, 5, 5, 5]
    assert [known(payload, "below") for payload in shown] == [0, 0, 0, 5, 5, 5, 1, 3, 5]
    assert [payload["below"] for payload in shown[3:6]] == ["d/dx", "d/dy", "d/dz"]
    assert shown[3]["edges"][-1]["below"] == -4  # df/dx by forward mode


def test_the_last_picture_has_the_notes_numbers_on_its_edges():
    last = graphs(formula="(x + y) * z", at=[-2, 5, -4])[-1]
    numbers = {(edge["source"], edge.get("target")): (edge["above"], edge["below"]) for edge in last["edges"]}
    assert numbers == {(0, 3): (-2, -4), (1, 3): (5, -4), (3, 4): (3, -4), (2, 4): (-4, 3), (4, None): (-12, 1)}


def test_an_edge_shows_its_own_part_of_a_gradient():
    """x is used twice: the two numbers differ, and their sum is df/dx."""
    last = graphs(formula="x * y + x", at=[3, 7])[-1]
    parts = [edge["below"] for edge in last["edges"] if edge["source"] == 0]
    assert sorted(parts) == [1, 7]


def test_passes_are_counted():
    walk = build(formula=NEURON, at=[2, -1, -3, -2, -3])(context())
    found = walk.at(walk.length).metrics
    assert (found["forward_mode_passes"], found["backward_passes"]) == (5, 1)
    assert found["error"] < 1e-12


def test_values_and_variables_must_be_as_many():
    with pytest.raises(DltuiError, match=r"algorithm.at has 2 values; .* has the 3 variables x, y, z"):
        build(formula="(x + y) * z", at=[1, 2])(context())
