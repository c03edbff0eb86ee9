"""Upsampling shown: cell by cell, from the cells that are lit."""

import numpy as np
import pytest
import torch

from dltui.engine.tasks.upsample import EXAMPLES, build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


def steps(task):
    """(payload of the grid, metrics) after every step."""
    with torch.no_grad():
        for step in range(1, task.out.numel() + 1):
            task.advance(step)
            yield next(task.pictures()).payload, task.evaluate()


@pytest.mark.parametrize("method", EXAMPLES)
def test_the_worked_example_is_met_cell_by_cell(method):
    task = build(method=method)(None, {}, CPU)
    wrong = [found["wrong"] for _, found in steps(task)]
    assert wrong == list(range(task.out.numel() - 1, -1, -1))
    assert task.evaluate()["error"] < 1e-12


@pytest.mark.parametrize("method", EXAMPLES)
def test_a_cell_is_made_of_what_is_lit(method):
    """A cell whose lit inputs change changes; one whose unlit inputs change does not."""
    values = [3.0, 1, 4, 2]
    task = build(method=method, values=values)(None, {}, CPU)
    for payload, _ in steps(task):
        name = {"unpool": 1}.get(method, 0)
        lit = {tuple(cell) for cell in payload["grids"][name].get("lit", ())}
        [at] = payload["grids"][-1]["now"]
        if method == "transposed":
            lit = {((row - 1) // 2, (column - 1) // 2) for row, column in lit if row % 2 and column % 2}
        for number in range(4):
            other = build(method=method, values=[v + 10 * (k == number) for k, v in enumerate(values)])(None, {}, CPU)
            changed = bool((other.out[at] - task.out[at]).abs() > 1e-9)
            if changed:
                assert divmod(number, 2) in lit
            elif method != "transposed":  # there a weight of the kernel may be 0
                assert divmod(number, 2) not in lit


def test_the_sum_is_said():
    said = [payload["caption"] for payload, _ in steps(build(method="transposed")(None, {}, CPU))]
    assert said[4] == "2*3 + 5*2 + 4*5 + 13*7 = 127"
    said = [payload["caption"] for payload, _ in steps(build(method="bilinear")(None, {}, CPU))]
    assert said[5] == "9/16*10 + 3/16*20 + 3/16*30 + 1/16*40 = 17.5"


def test_what_is_complete_is_not_drawn_again():
    task = build(method="transposed")(None, {}, CPU)
    assert [len(list(task.pictures())) for step in (0, 9, 10) if task.advance(step) == {}] == [2, 1, 0]


def test_other_values_are_measured_by_torchs():
    task = build(method="bilinear", values=[0, 0, 0, 16])(None, {}, CPU)
    *_, (payload, found) = steps(task)
    assert found == {"wrong": 0, "error": 0}
    assert np.asarray(payload["grids"][-1]["values"])[1].tolist() == [0, 1, 3, 4]


def test_four_values_are_wanted():
    with pytest.raises(DltuiError, match=r"task.values has 3 numbers"):
        build(method="nails", values=[1, 2, 3])(None, {}, CPU)
