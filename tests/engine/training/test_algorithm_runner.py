"""Algorithms side by side: none notices what the others draw, and all of a net's numbers survive a resume."""

import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.training.algorithm_runner import AlgorithmRunner
from dltui.recipes.recipe import of_table
from tests.engine.conftest import CPU, same

DESCENT = {"kind": "gradient_descent", "columns": [0, 1], "batch": 4}


def runner(data, algorithm, series=""):
    table = {"title": "t", "algorithm": algorithm, "data": {"kind": "clouds", "shape": "moons"}, "train": {"steps": 20}}
    return AlgorithmRunner(series, of_table(table, None), Rows(data, CPU), CPU)


def test_all_variants_draw_the_same_numbers(data):
    """Guards the lesson of rates side by side: they see the same batches, however many there are."""
    alone, *beside = (runner(data, DESCENT, series) for series in ("", "a", "b"))
    torch.manual_seed(99)
    for _ in range(5):
        alone.advance()
    for _ in range(5):
        for each in beside:
            each.advance()
    assert all(torch.allclose(each.algorithm.w, alone.algorithm.w) for each in beside)


def test_the_weights_of_its_nets_are_resumed(data):
    finder = {"kind": "lr_finder", "hidden": [4], "probe": 10}
    whole = runner(data, finder)
    for _ in range(15):
        whole.advance()
    resumed = runner(data, finder)
    resumed.restore(*whole.state(), 15)
    for each in (whole, resumed):
        each.advance()
    assert same(resumed.algorithm.nets.state_dict(), whole.algorithm.nets.state_dict())
