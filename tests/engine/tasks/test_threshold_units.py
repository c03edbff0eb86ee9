"""Threshold units shown: every row of every gate once, then the unit whose weights are turned."""

import pytest
import torch

from dltui.engine.tasks.threshold_units import build
from tests.engine.conftest import CPU


def made(**options):
    return build(**options)(None, {}, CPU)


def pictures(task):
    with torch.no_grad():
        return {picture.pane: picture.payload for picture in task.pictures()}


def after(task, steps):
    for step in range(1, steps + 1):
        task.advance(step)
    return task


def test_a_column_of_the_truth_table_fills_after_the_other():
    task = made()
    filled = []
    for step in range(1, 27):
        task.advance(step)
        rows = pictures(task)["truth table"]["rows"]
        filled.append(sum(value is not None for row in rows for value in row[2:]))
    assert filled == sorted(filled) and filled[-1] == 5 * 4
    columns = list(zip(*pictures(task)["truth table"]["rows"], strict=True))
    assert columns[2:] == [(0, 0, 0, 1), (0, 1, 1, 1), (1, 1, 0, 0), (0, 1, 1, 0), (1, 1, 1, 0)]


def test_right_rows_are_counted_as_they_are_done():
    task = made()
    assert task.evaluate()["right_and"] == 0
    found = after(task, 6).evaluate()
    assert (found["right_and"], found["right_or"], found["right_xor"]) == (4, 2, 0)
    found = after(task, 30).evaluate()
    assert [found[f"right_{gate}"] for gate in ("and", "or", "not", "xor")] == [4, 4, 2, 4]


def test_one_unit_is_found_to_be_fourteen_functions_and_no_more():
    counts = [after(made(), steps).evaluate()["functions"] for steps in (0, 1, 5, 25, 60)]
    assert counts == sorted(counts) and counts[0] == 0 and counts[-2:] == [14, 14]


@pytest.mark.parametrize(("unit", "corner", "strip"), [(0, 1, 1), (1, 1, 0), (2, 0, 1)])
def test_the_third_unit_of_xor_leaves_a_strip(unit, corner, strip):
    """Guards the plane: OR fires beyond its line, AND beyond its own, XOR between them."""
    task = after(made(), 4 + 4 + 2 + 3 * 3 + unit + 1)  # the row (1, 1)
    field = pictures(task)["plane"]
    values = torch.as_tensor(field["values"])
    assert values[0, -1] == corner and values[-1, 0] == 0  # the corners at (1.5, 1.5) and (-0.5, -0.5)
    assert values[32, 48] == strip  # the middle, (0.5, 0.5): on neither side of both
    assert field["points"]["x"][-1] == field["points"]["y"][-1] == 1


def test_the_sum_is_worked_out_and_what_fires_is_lit():
    drawn = pictures(after(made(), 3))["units"]  # AND, row (1, 0)
    assert drawn["title"] == "AND: x1 + x2 - 1.5 > 0"
    assert drawn["caption"] == "AND: 1*1 + 1*0 - 1.5 = -0.5, not above 0: it is silent"
    assert [node["lit"] for node in drawn["nodes"]] == [True, False, False]
    assert [edge["above"] for edge in drawn["edges"]] == [1, 0, 0]


def test_a_weight_that_is_turned_brings_the_own_unit_at_once():
    task = after(made(), 3)
    task.w1, task.w2, task.b = 1.0, -2.0, 1.25
    task.advance(4)
    assert pictures(task)["units"]["title"] == "your unit: x1 - 2 x2 + 1.25 > 0"
    for step in range(5, 9):
        task.advance(step)
    assert pictures(task)["units"]["title"].startswith("your unit is x1 or not x2: ")
    assert task.evaluate()["right_xor"] == 4  # the gates before it count as done
