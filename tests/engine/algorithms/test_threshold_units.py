"""Threshold units: the notes' gates, and that one of them can be 14 of the 16 functions and never XOR."""

from itertools import product

import pytest
import torch
from scipy.optimize import linprog

from dltui.engine.algorithms.threshold_units import (
    FUNCTIONS,
    GATES,
    WANTED,
    Net,
    Unit,
    build,
    function_of,
    run,
    truth_rows,
)
from dltui.engine.training.session import make_learner
from dltui.recipes import recipe as recipes
from tests.engine.conftest import CPU, context


@pytest.mark.parametrize("gate", GATES)
def test_every_gate_is_exact(gate):
    rows = truth_rows(len(GATES[gate].signals))
    said = run(GATES[gate], rows)[1][:, -1].int().tolist()
    assert said == [WANTED[gate](*row) for row in rows.int().tolist()]
    assert len(set(said)) == 2


def test_they_are_the_notes_gates():
    """AND: x1 + x2 - 3/2; OR: x1 + x2 - 1/2; NOT: -x + 1/2; XOR: OR - AND - 1/2, which is x1 + x2 - 2 x1 x2 - 1/2."""
    x1, x2 = truth_rows(2).T
    for gate, want in {"AND": x1 + x2 - 1.5, "OR": x1 + x2 - 0.5, "XOR": x1 + x2 - 2 * x1 * x2 - 0.5}.items():
        assert torch.equal(run(GATES[gate], truth_rows(2))[0][:, -1], want)
    assert torch.equal(run(GATES["NOT"], truth_rows(1))[0][:, 0], 0.5 - truth_rows(1)[:, 0])


def test_a_sum_of_nought_does_not_fire():
    assert function_of(Unit("", (0, 1), (1, 1), -1)) == (0, 0, 0, 1)


def test_which_functions_one_unit_can_be_agrees_with_a_linear_program():
    """A unit for a function is weights with w x + b >= 1 where it fires and <= -1 where not; scipy looks for them."""
    rows = [(*row, 1.0) for row in truth_rows(2).tolist()]
    for outputs in FUNCTIONS:
        signs = [1 - 2 * output for output in outputs]
        A = [[sign * value for value in row] for sign, row in zip(signs, rows, strict=True)]
        found = linprog([0, 0, 0], A, [-1] * 4, bounds=[(None, None)] * 3)
        assert (found.status == 0) == (FUNCTIONS[outputs] not in ("XOR", "the same"))
        if found.status == 0:
            *w, b = found.x
            assert function_of(Unit("", (0, 1), tuple(w), b)) == outputs


def test_the_sixteen_functions_are_named_after_what_they_say():
    assert set(FUNCTIONS) == set(product((0, 1), repeat=4)) and len(set(FUNCTIONS.values())) == 16
    for outputs, name in FUNCTIONS.items():
        words = {"AND": "x1 and x2", "OR": "x1 or x2", "XOR": "x1 != x2", "NOR": "not (x1 or x2)"}
        words |= {"NAND": "not (x1 and x2)", "the same": "x1 == x2", "never": "False", "always": "True"}
        say = words.get(name, name)
        assert outputs == tuple(int(eval(say, {"x1": x1, "x2": x2})) for x1, x2 in product((0, 1), repeat=2))


def test_a_unit_listens_to_the_units_before_it():
    net = Net(("x",), (Unit("a", (0,), (-1,), 0.5), Unit("b", (1,), (-1,), 0.5)))
    assert run(net, truth_rows(1))[1].tolist() == [[1, 0], [0, 1]]


# -- shown answer by answer --------------------------------------------------------------------------------------------


def made(**options):
    return build(**options)(context())


def pictures(walk, step):
    return {picture.pane: picture.payload for picture in walk.at(step).pictures}


def test_a_column_of_the_truth_table_fills_after_the_other():
    walk = made()
    filled = []
    for step in range(1, walk.length + 1):
        rows = pictures(walk, step)["truth table"]["rows"]
        filled.append(sum(value is not None for row in rows for value in row[2:]))
    assert filled == sorted(filled) and filled[-1] == 5 * 4
    columns = list(zip(*pictures(walk, walk.length)["truth table"]["rows"], strict=True))
    assert columns[2:] == [(0, 0, 0, 1), (0, 1, 1, 1), (1, 1, 0, 0), (0, 1, 1, 0), (1, 1, 1, 0)]


def test_right_rows_are_counted_as_they_are_done():
    walk = made()
    assert walk.at(0).metrics["right_and"] == 0
    found = walk.at(6).metrics
    assert (found["right_and"], found["right_or"], found["right_xor"]) == (4, 2, 0)
    found = walk.at(walk.length).metrics
    assert [found[f"right_{gate}"] for gate in ("and", "or", "not", "xor")] == [4, 4, 2, 4]


def test_one_unit_is_found_to_be_fourteen_functions_and_no_more():
    counts = [made().at(step).metrics["functions"] for step in (0, 1, 5, 22, 26)]
    assert counts == sorted(counts) and counts[0] == 0 and counts[-2:] == [14, 14]


@pytest.mark.parametrize(("unit", "corner", "strip"), [(0, 1, 1), (1, 1, 0), (2, 0, 1)])
def test_the_third_unit_of_xor_leaves_a_strip(unit, corner, strip):
    """Guards the plane: OR fires beyond its line, AND beyond its own, XOR between them."""
    field = pictures(made(), 4 + 4 + 2 + 3 * 3 + unit + 1)["plane"]  # the row (1, 1)
    values = torch.as_tensor(field["values"])
    assert values[0, -1] == corner and values[-1, 0] == 0  # the corners at (1.5, 1.5) and (-0.5, -0.5)
    assert values[32, 48] == strip  # the middle, (0.5, 0.5): on neither side of both
    assert field["points"]["x"][-1] == field["points"]["y"][-1] == 1


def test_the_sum_is_worked_out_and_what_fires_is_lit():
    drawn = pictures(made(), 3)["units"]  # AND, row (1, 0)
    assert drawn["title"] == "AND: x1 + x2 - 1.5 > 0"
    assert drawn["caption"] == "AND: 1*1 + 1*0 - 1.5 = -0.5, not above 0: it is silent"
    assert [node.get("lit", False) for node in drawn["nodes"]] == [True, False, False]
    assert [edge["above"] for edge in drawn["edges"]] == [1, 0, 0]


def test_a_weight_that_is_turned_brings_the_own_unit_at_once():
    runner = make_learner("", recipes.load("mcculloch-pitts"), None, CPU)

    def shown():
        return {picture.pane: picture.payload for picture in runner.pictures()}["units"]["title"]

    for _ in range(3):
        runner.advance()
    for name, value in {"w1": 1.0, "w2": -2.0, "b": 1.25}.items():
        runner.turn(f"algorithm.{name}", value)
    runner.advance()
    assert shown() == "your unit: x1 - 2 x2 + 1.25 > 0"
    for _ in range(4):
        runner.advance()
    assert shown().startswith("your unit is x1 or not x2: ")
    assert runner.evaluate()["right_xor"] == 4  # the gates before it count as done
