"""Matrices on the way back: an entry is made of the cells that are lit, and every rule is judged once it is done."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms.matrix_rules import RULES
from dltui.engine.tasks.matrix_rules import build, drawn, equations, whole
from tests.engine.conftest import CPU


def made(seed=0, **options):
    torch.manual_seed(seed)
    return build(**options)(None, {}, CPU)


def shown(task, step):
    task.advance(step)
    with torch.no_grad():
        return task.evaluate(), {picture.pane: picture.payload for picture in task.pictures()}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", RULES)
def test_the_lit_cells_make_the_entry(name, seed):
    """Guards the picture: what it lights, multiplied and added, is the gradient there and not merely near it."""
    torch.manual_seed(seed)
    given = drawn(name)
    dY = whole(*RULES[name].forward(*given).shape, most=2)
    for equation, gradient in zip(equations(name, given, dY), RULES[name].backward(dY, *given), strict=True):
        for i in range(gradient.shape[0]):
            for j in range(gradient.shape[1]):
                cells = equation.uses(i, j)
                parts = [
                    torch.stack([m[at] for at in use]) for (_, m), use in zip(equation.factors, cells, strict=True)
                ]
                if name == "inverse":
                    value = parts[0] @ parts[1].view(3, 3) @ parts[2]
                elif name == "sort":
                    value = parts[1].sum()
                else:
                    value = torch.stack(parts).prod(0).sum()
                assert value.item() == pytest.approx(gradient[i, j].item(), abs=1e-9)


def test_a_gradient_fills_entry_by_entry():
    task = made(first="product")
    for step in range(1, 7):
        _, panes = shown(task, step)
        [dY, across, dX1] = panes["gradient"]["grids"]
        known = ~np.isnan(np.asarray(dX1["values"]))
        assert known.sum() == step and dX1["now"] == [divmod(step - 1, 2)]
        assert {row for row, _ in dY["lit"]} == {dX1["now"][0][0]}
        assert {column for _, column in across["lit"]} == {dX1["now"][0][1]}
    assert np.array_equal(dX1["values"], np.asarray(dY["values"]) @ np.asarray(across["values"]))
    assert panes["gradient"]["title"] == "Y = X1 X2, so dX1 = dY X2^T"


def test_the_sum_that_is_worked_out_ends_in_the_entry():
    task = made(first="inverse")
    for step in range(1, 10):
        _, panes = shown(task, step)
        caption, result = panes["gradient"]["caption"].rpartition(" = ")[::2]
        terms = caption.removeprefix("row times dY, then column: ").split(" + ")
        total = sum(float(a) * float(b) for a, b in (term.split("*") for term in terms))
        row, column = panes["gradient"]["grids"][-1]["now"][0]
        assert total == float(result) == panes["gradient"]["grids"][-1]["values"][row, column]


def test_every_rule_is_judged_as_soon_as_it_is_done_and_not_before():
    task = made()
    done = [shown(task, step)[0] for step in range(len(task.stages) + 3)]
    counts = [values["rules_done"] for values in done]
    assert counts[0] == 0 and counts[-1] == 8 and counts == sorted(counts) and counts[11:13] == [0, 1]
    assert "error_sum" not in done[11] and done[12]["error_sum"] <= 1e-12
    assert all(value <= 1e-12 for name, value in done[-1].items() if name.startswith("error_"))
    assert len(done[-1]) == 9


def test_what_is_wrong_is_told(monkeypatch):
    """Guards the claims: a rule with its sides exchanged is far from autograd."""
    wrong = RULES["inverse"]._replace(backward=lambda dY, x: (torch.linalg.inv(x) @ dY @ torch.linalg.inv(x),))
    monkeypatch.setitem(RULES, "inverse", wrong)
    values, _ = shown(made(), 99)
    assert values["error_inverse"] > 0.5 and values["error_product"] <= 1e-12


def test_the_rule_that_is_asked_for_comes_first_and_none_is_lost():
    task = made(first="sort")
    assert task.stages[0].rule == "sort" and {stage.rule for stage in task.stages} == set(RULES)


def test_inverses_are_of_whole_numbers():
    for seed in range(5):
        torch.manual_seed(seed)
        [x] = drawn("inverse")
        inverse = torch.linalg.inv(x)
        assert torch.allclose(inverse, inverse.round(), atol=1e-9)
