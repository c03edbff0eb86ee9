"""Threshold units: the notes' gates, and that one of them can be 14 of the 16 functions and never XOR."""

from itertools import product

import pytest
import torch
from scipy.optimize import linprog

from dltui.engine.algorithms.threshold_units import FUNCTIONS, GATES, WANTED, Net, Unit, function_of, run, truth_rows


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
