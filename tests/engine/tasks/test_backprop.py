"""Backpropagation shown: one node a step, and nothing before it is known."""

import pytest
import torch

from dltui.engine.tasks.backprop import build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


def graphs(**options):
    """The payload of every step."""
    task = build(**options)(None, {}, CPU)
    with torch.no_grad():
        shown = [next(task.pictures()).payload]
        for step in range(1, task.steps + 1):
            task.advance(step)
            shown.append(next(task.pictures()).payload)
    return shown


def known(payload, key):
    return sum(edge[key] is not None for edge in payload["edges"])


def test_values_come_node_by_node_then_a_pass_an_input_then_gradients_node_by_node():
    shown = graphs(formula="(x + y) * z", at=[-2, 5, -4])
    assert [known(payload, "above") for payload in shown] == [3, 4, 5, 5, 5, 5, 5, 5, 5]
    assert [known(payload, "below") for payload in shown] == [0, 0, 0, 5, 5, 5, 1, 3, 5]
    assert [payload["below"] for payload in shown[3:6]] == ["d/dx", "d/dy", "d/dz"]
    assert shown[3]["edges"][-1]["below"] == -4  # df/dx by forward mode


def test_the_last_picture_has_the_notes_numbers_on_its_edges():
    last = graphs(formula="(x + y) * z", at=[-2, 5, -4])[-1]
    numbers = {(edge["source"], edge["target"]): (edge["above"], edge["below"]) for edge in last["edges"]}
    assert numbers == {(0, 3): (-2, -4), (1, 3): (5, -4), (3, 4): (3, -4), (2, 4): (-4, 3), (4, None): (-12, 1)}


def test_an_edge_shows_its_own_part_of_a_gradient():
    """x is used twice: the two numbers differ, and their sum is df/dx."""
    last = graphs(formula="x * y + x", at=[3, 7])[-1]
    parts = [edge["below"] for edge in last["edges"] if edge["source"] == 0]
    assert sorted(parts) == [1, 7]


def test_passes_are_counted():
    task = build(formula="1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))", at=[2, -1, -3, -2, -3])(None, {}, CPU)
    task.advance(task.steps)
    found = task.evaluate()
    assert (found["forward_mode_passes"], found["backward_passes"]) == (5, 1)
    assert found["error"] < 1e-12


def test_values_and_variables_must_be_as_many():
    with pytest.raises(DltuiError, match=r"task.at has 2 values; .* has the 3 variables x, y, z"):
        build(formula="(x + y) * z", at=[1, 2])(None, {}, CPU)
