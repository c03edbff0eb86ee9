"""Algorithms side by side: none notices what the others draw, and all of a net's numbers survive a resume."""

import pytest
import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.data import planted
from dltui.engine.training.algorithm_runner import AlgorithmRunner
from dltui.engine.training.learner import Learner
from dltui.errors import DltuiError, ExitStatus
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


@pytest.fixture
def tables():
    return planted.build(rows=60, skew=0, bump=1, wide=0, noise=3, tables=3).builtin()


def test_of_several_tables_the_metrics_are_means_and_the_first_is_shown(tables):
    together, alone = runner(tables, {"kind": "sfs"}), [runner(each, {"kind": "sfs"}) for each in tables_of(tables)]
    for _ in range(4):
        for each in (together, *alone):
            each.advance()
    values, apart = together.evaluate(), [each.evaluate() for each in alone]
    assert len({one["score"] for one in apart}) == 3
    assert values == pytest.approx({name: sum(one[name] for one in apart) / 3 for name in apart[0]})
    shown, first = ([picture.payload for picture in each.pictures()] for each in (together, alone[0]))
    assert shown[1]["labels"] == first[1]["labels"] and (shown[1]["values"] == first[1]["values"]).all()


def test_each_table_goes_on_to_its_own_end(tables):
    """The steps of a table that is through change nothing more, and the others still take theirs."""
    together = runner(tables, {"kind": "sfs"})
    for _ in range(9):
        together.advance()
    assert all(each.done for each in together.algorithms)
    assert together.evaluate()["evaluations"] == sum(range(1, 7))


def test_all_tables_are_resumed(tables):
    whole, resumed = (runner(tables, {"kind": "genetic_selection", "population": 6}) for _ in range(2))
    for _ in range(3):
        whole.advance()
    resumed.restore(*whole.state(), 3)
    for each in (whole, resumed):
        each.advance()
    assert resumed.evaluate() == whole.evaluate()
    assert same(resumed.state()[0], whole.state()[0])


def test_what_works_on_one_table_refuses_several(tables, recipe):
    """Wrong without a word would be a claim about five tables that has seen one."""
    with pytest.raises(
        DltuiError, match=r'"cross_validation" works on one table; data.tables = 3 draws several'
    ) as raised:
        runner(tables, {"kind": "cross_validation"})
    assert raised.value.status == ExitStatus.USAGE and "data.tables=1" in raised.value.hint
    with pytest.raises(DltuiError, match=r'"classify" works on one table'):
        Learner("", recipe(), Rows(tables, CPU), CPU)


def tables_of(data):
    return [data._replace(draws=()), *data.draws]
