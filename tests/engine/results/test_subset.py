"""Sets of columns as a result: what was planted is found and stands first in the pictures."""

from itertools import groupby

import numpy as np
import pytest
import torch

from dltui.engine.algorithms import genetic_selection, sfs, svm_rfe
from dltui.engine.data import planted
from dltui.engine.results import subset
from tests.engine.conftest import context

ALGORITHMS = {"sfs": sfs, "genetic_selection": genetic_selection, "svm_rfe": svm_rfe}


@pytest.fixture
def data():
    return planted.build(rows=150, rise=2, skew=0, bump=1, wide=0, noise=5).builtin()


def made(data, module, **options):
    torch.manual_seed(0)
    algorithm = module.build(**options)(context(data))
    return algorithm, subset.build()(algorithm, context(data))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_was_planted_is_found(data, name):
    algorithm, result = made(data, ALGORITHMS[name])
    first = result.evaluate()
    for _ in range(20):
        if not algorithm.done:
            algorithm.step()
        panes = [picture.pane for picture in result.pictures()]
    last = result.evaluate()
    assert set(last) == set(subset.METRICS)
    assert last["planted"] == 1 and last["score"] > first["score"] and last["accuracy"] > 0.6
    assert last["columns"] == int(subset.chosen(algorithm).sum()) and last["evaluations"] > first["evaluations"]
    assert panes == ["sets", "weights" if name == "svm_rfe" else "columns"]


def test_planted_columns_stand_first_in_pictures_of_sets(data):
    algorithm, result = made(data, sfs)
    for _ in range(3):
        algorithm.step()
    sets, columns = (picture.payload for picture in result.pictures())
    assert [name[:5] for name in columns["labels"][3:]] == ["noise"] * 5
    held = {name for name, share in zip(columns["labels"], columns["values"].tolist(), strict=True) if share}
    chosen = {data.columns[at] for at in algorithm.sets[3].nonzero()[:, 0].tolist()}
    assert held == chosen and sets["values"].shape == (9, 8)
    assert np.isnan(sets["values"][4:]).all() and not np.isnan(sets["values"][:4]).any()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_table_of_which_nothing_is_known_has_no_such_metric(data, name):
    _, result = made(data._replace(columns=()), ALGORITHMS[name])
    assert "planted" not in result.evaluate()
    assert next(iter(result.pictures())).payload["x_title"] == "columns"


class FirstColumns:
    """All that a new selection must have: it takes one column after the other."""

    sets = torch.arange(8) < torch.arange(1, 4)[:, None]
    worth, evaluations = torch.tensor([0.2, 0.3, 0.5]), 3


def test_a_new_selection_needs_what_the_protocol_names_alone(data):
    result = subset.build()(FirstColumns(), context(data))
    assert result.evaluate()["columns"] == 3 and [picture.pane for picture in result.pictures()] == ["sets", "columns"]


def test_copies_of_a_signal_stand_side_by_side():
    data = planted.build(rows=150, rise=2, copies=2, skew=0, bump=1, wide=0, noise=3).builtin()
    labels = list(made(data, sfs)[1].pictures())[1].payload["labels"]
    signals = [name.partition("-")[0] for name in labels]
    runs = [(name, len(list(run))) for name, run in groupby(signals)]
    assert sorted(runs[:3]) == [("bump1", 1), ("rise1", 3), ("rise2", 3)] and len(runs) == 6


class OfNames:
    """Sets of columns by their names, and what each is worth."""

    evaluations = 0

    def __init__(self, columns, worth):
        self.sets = torch.tensor([[name in names for name in columns] for names in worth])
        self.worth = torch.tensor(list(worth.values()))


def test_two_copies_of_a_signal_are_one_of_k():
    """Guards recall at k: of the sets of k columns the best counts, and a second copy finds nothing more."""
    data = planted.build(rows=150, rise=2, copies=1, skew=0, bump=1, wide=0, noise=5).builtin()
    two = ("rise1", "rise1-copy1", "bump1")
    worth = {two: 0.7, ("rise1", "rise2", "bump1"): 0.6, ("rise1-copy1", "rise2", "noise1", "bump1"): 0.9}
    result = subset.build()(OfNames(data.columns, worth), context(data)).evaluate()
    assert result["recall_at_k"] == pytest.approx(2 / 3) and result["planted"] == 1
    del worth[two], worth["rise1", "rise2", "bump1"]
    assert "recall_at_k" not in subset.build()(OfNames(data.columns, worth), context(data)).evaluate()
