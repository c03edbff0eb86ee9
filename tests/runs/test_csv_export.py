"""The scalars of a run as CSV."""

import csv
import math
import os

import pytest

from dltui.errors import DltuiError
from dltui.runs import csv_export
from dltui.runs import run as runs
from dltui.runs.events import EventLog


@pytest.fixture
def run(home):
    """A run with two variants that was resumed from step 2."""
    made = runs.create("mlp-moons", "", {})
    log = EventLog(made.log)
    log.write("started", step=0, steps=4, series=["line", "net"])
    for series, base in (("line", 1.0), ("net", 2.0)):
        log.write("scalars", series=series, step=[1, 2, 3], values={"loss": [base, base / 2, float("nan")]})
        log.write("scalars", series=series, step=[2], values={"accuracy": [0.5]})
    log.write("started", step=2, steps=4, series=["line", "net"])
    log.write("scalars", series="net", step=[3, 4], values={"loss": [0.1, float("inf")]})
    log.write("frame", series="net", step=4, pane="x", payload={"type": "text", "text": "x"})
    log.close()
    return made


def test_a_row_a_step_and_series_a_column_a_metric(run, tmp_path):
    path = tmp_path / "out.csv"
    assert csv_export.write(run, path) == (6, 0)
    assert path.read_text() == (
        "series,step,loss,accuracy\n"
        "line,1,1.0,\nline,2,0.5,0.5\n"
        "net,1,2.0,\nnet,2,1.0,0.5\nnet,3,0.1,\nnet,4,inf,\n"
    )  # fmt: skip
    assert [entry.name for entry in tmp_path.glob("*.csv*")] == ["out.csv"]


def test_lines_that_are_no_events_are_counted(run, tmp_path):
    with run.log.open("ab") as log:
        log.write(b'[[[\n{"v":1,"seq":99,"t":1.0,"kind":"scalars","series":"net","step":[5],"values":{"loss":"x"}}\n')
    assert csv_export.write(run, tmp_path / "out.csv") == (6, 2)


def test_what_was_written_reads_back_bit_by_bit(run, tmp_path):
    values = [1 / 3, 1e-300, 123456789.123456789]
    log = EventLog(run.log)
    log.write("scalars", series="net", step=[5, 6, 7], values={"loss": values})
    log.close()
    csv_export.write(run, tmp_path / "out.csv")
    with open(tmp_path / "out.csv", newline="") as file:
        found = {(row["series"], int(row["step"])): row["loss"] for row in csv.DictReader(file)}
    assert [float(found["net", step]) for step in (5, 6, 7)] == values and math.isinf(float(found["net", 4]))


def test_a_run_without_numbers_is_told(home, tmp_path):
    with pytest.raises(DltuiError, match="no numbers"):
        csv_export.write(runs.create("mlp-moons", "", {}), tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_folder_that_cannot_be_written_to_is_told(run, tmp_path):
    with pytest.raises(DltuiError, match="No such file or directory"):
        csv_export.write(run, tmp_path / "nowhere" / "out.csv")


def test_what_was_there_stays_until_all_is_written(run, tmp_path, monkeypatch):
    path = tmp_path / "out.csv"
    path.write_text("before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DltuiError, match="No space left"):
        csv_export.write(run, path)
    assert path.read_text() == "before" and len(list(tmp_path.glob("*out.csv*"))) == 1
