"""How fast a run goes: by its newest scalars, not by what came before them."""

import pytest

from dltui.render import pace
from dltui.runs.history import History

STARTED = {"kind": "started", "t": 100.0, "seq": 0, "step": 0, "steps": 1000, "series": [""]}


def scalars(t: float, step: int) -> dict:
    return {"kind": "scalars", "t": t, "series": "", "step": [step], "values": {"loss": [1.0]}}


def test_the_long_wait_for_the_first_step_does_not_count():
    history = History()
    history.take([STARTED, *(scalars(160 + index, 100 * index) for index in range(6))])
    found = pace.of(history)
    assert found == (pytest.approx(100.0), pytest.approx(65.0), pytest.approx(5.0))
    assert pace.of(history, 170.0).elapsed == pytest.approx(70.0)


def test_after_a_pause_the_pace_is_measured_anew():
    history = History()
    history.take([STARTED, *(scalars(100 + index, 100 * index) for index in range(4))])
    history.take([{"kind": "control", "t": 104.0, "op": "pause"}, {"kind": "control", "t": 900.0, "op": "resume"}])
    assert pace.of(history).rate == 0 and pace.of(history).left is None
    history.take([scalars(901.0, 400), scalars(902.0, 450)])
    assert pace.of(history).rate == pytest.approx(50.0)


def test_nothing_is_known_before_the_start():
    assert pace.of(History(), 5.0) == (0.0, 0.0, None)


def test_a_finished_run_took_the_time_that_its_log_says():
    history = History()
    history.take([STARTED, scalars(101.0, 500), {"kind": "finished", "t": 999.0, "status": "done", "seconds": 2.0}])
    assert pace.of(history, 5000.0) == (250.0, 2.0, None)
