"""What a list of runs says of one."""

import pytest

from dltui.render import run_cells
from dltui.runs.run import State

STATE = State(
    "done", 9, 9, {"loss": 0.5, "fid.first": 9.0, "auc": 1.0, "fid": 3.0, "knn": 0.5, "lr": 0.1}, [], 75.0, ""
)


def test_age_is_coarse():
    ages = [run_cells.age(seconds) for seconds in (5, 90, 7300, 200_000, -3)]
    assert ages == ["5 s", "1 min", "2 h", "2 d", "0 s"]


def test_the_values_that_tell_most():
    assert run_cells.values_text(run_cells.key_values(STATE)) == "loss 0.500, auc 1.000, fid 3.000"
    claimed = STATE._replace(expect=[{"name": "fid", "ok": False}, {"name": "gone", "ok": False}])
    assert run_cells.key_values(claimed) == [("fid", 3.0)] and run_cells.status_text(claimed) == "done, claim not met"
    assert run_cells.status_short(claimed) == "met 0/2" and run_cells.status_short(STATE) == "done"


@pytest.mark.parametrize(
    ("room", "want"),
    [(None, "val_loss 0.500, auc 1.000"), (24, "val_loss 0.500"), (13, "val_lo… 0.500"), (3, "v… 0.500")],
)
def test_a_number_is_never_cut_and_never_without_its_name(room, want):
    assert run_cells.values_text([("val_loss", 0.5), ("auc", 1.0)], room) == want


def test_a_row_a_value_that_one_of_them_has():
    other = State("running", 4, 0, {"auc": 0.5}, [], 5.0, "")
    rows = {what: texts for what, *texts in run_cells.summary_rows([STATE, other])}
    assert rows["status"] == ["done", "running"] and rows["claim"] == ["", ""] and rows["steps"] == ["9/9", "4"]
    assert rows["time"] == ["1 min 15 s", "5 s"]
    assert rows["auc"] == ["1.000", "0.500"] and rows["fid"] == ["3", ""]
