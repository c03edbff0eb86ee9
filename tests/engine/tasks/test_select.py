"""Feature selection as a task: what was planted is found, any algorithm is shown, a resume goes on."""

import pytest
import torch

from dltui.engine.data import planted
from dltui.engine.tasks.select import METRICS, build
from tests.engine.conftest import CPU

ALGORITHMS = ["filters", "sfs", "genetic_selection", "svm_rfe"]


@pytest.fixture
def data():
    return planted.build(rows=150, rise=2, skew=0, bump=1, wide=0, noise=5).builtin()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_was_planted_is_found(data, algorithm):
    torch.manual_seed(0)
    task = build(algorithm=algorithm)(data, {}, CPU)
    first = task.evaluate()
    for step in range(1, 20):
        task.advance(step)
        panes = [picture.pane for picture in task.pictures()]
    last = task.evaluate()
    assert set(last) <= set(METRICS)
    if algorithm == "filters":
        assert last["information_gain"] == last["rising"] == 1
        assert panes == ["ranks"]
    else:
        assert last["planted"] == 1 and last["score"] > first["score"] and last["accuracy"] > 0.6
        assert panes == ["sets", "weights" if algorithm == "svm_rfe" else "columns"]


def test_ranks_have_the_best_on_top_and_a_colour_for_each_kind(data):
    task = build(algorithm="filters", rows_a_step=500)(data, {}, CPU)
    payload = next(iter(task.pictures())).payload
    order = payload["orders"][payload["columns"].index("gain")]
    assert set(order[:3]) == {"rise1", "rise2", "bump1"} == set(payload["groups"]) and payload["cut"] == 3
    assert payload["groups"]["rise1"] == payload["groups"]["rise2"] != payload["groups"]["bump1"]


def test_planted_columns_stand_first_in_pictures_of_sets(data):
    torch.manual_seed(0)
    task = build(algorithm="sfs")(data, {}, CPU)
    for step in range(1, 4):
        task.advance(step)
    sets, columns = (picture.payload for picture in task.pictures())
    assert [name[:5] for name in columns["labels"][3:]] == ["noise"] * 5
    held = {name for name, share in zip(columns["labels"], columns["values"].tolist(), strict=True) if share}
    chosen = {data.columns[at] for at in task.algorithm.path[3].nonzero()[:, 0].tolist()}
    assert held == chosen and sets["values"].shape == (9, 8)


def test_a_table_without_planted_columns_has_no_such_metrics(data):
    real = data._replace(columns=())
    for algorithm in ALGORITHMS:
        task = build(algorithm=algorithm)(real, {}, CPU)
        assert not {"planted", "pearson", "rising"} & set(task.evaluate())
        assert list(task.pictures())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_resume_goes_on_from_the_buffers(data, algorithm):
    made = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        nets = {}
        made.append((build(algorithm=algorithm)(data, nets, CPU), nets["algorithm"]))
    (whole, _), (begun, state), (resumed, other) = made
    for task in (whole, begun):
        torch.manual_seed(3)
        for step in range(1, 4):
            task.advance(step)
    other.load_state_dict(state.state_dict())
    for task in (whole, resumed):
        torch.manual_seed(4)
        for step in range(4, 7):
            task.advance(step)
    assert whole.evaluate() == resumed.evaluate()
