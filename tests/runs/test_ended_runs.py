"""How runs ended is read from one file; it counts for nothing where a log has changed, and may be lost or damaged."""

import pytest

from dltui.runs import run as runs
from dltui.runs.ended_runs import EndedRuns
from dltui.runs.events import EventLog

ENDED = {"step": 9, "steps": 9, "summary": {"loss": "nan", "accuracy": 0.5}, "expect": [], "seconds": 2.0}


@pytest.fixture
def ended(home):
    """Three runs that are done, and known."""
    found = []
    for number in range(3):
        run = runs.create(f"mlp-{number}", "", {})
        log = EventLog(run.log)
        log.write("started", step=0, steps=9)
        log.write("finished", status="done", **ENDED)
        log.close()
        found.append(run)
    kept = EndedRuns()
    states = [kept.state(run) for run in found]
    assert [state.status for state in states] == ["done"] * 3
    kept.keep(found)
    return found


@pytest.fixture
def read(monkeypatch):
    """The ids of the runs whose logs were read."""
    found, real = [], runs.state
    monkeypatch.setattr(runs, "state", lambda run: found.append(run.id) or real(run))
    return found


def test_what_is_known_is_not_read_again_and_is_the_same(ended, read):
    kept = EndedRuns()
    states = [kept.state(run) for run in ended]
    assert read == []
    assert repr(states) == repr([runs.state(run) for run in ended])  # a NaN is equal to nothing


def test_a_log_that_went_on_is_read(ended, read):
    log = EventLog(ended[1].log)
    log.write("started", step=3, steps=9)
    log.close()
    kept = EndedRuns()
    assert [kept.state(run).status for run in ended] == ["done", "lost", "done"]
    assert read == [ended[1].id]


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: data[::-1],
                                    lambda data: data.replace(b"done", b"lost"), lambda data: b"\0" * 99])  # fmt: skip
def test_a_damaged_file_is_made_again(ended, read, damage):
    path = EndedRuns().path
    path.write_bytes(damage(path.read_bytes()))
    kept = EndedRuns()
    assert [kept.state(run).status for run in ended] == ["done"] * 3 and read
    kept.keep(ended)
    read.clear()
    again = EndedRuns()
    assert [again.state(run).status for run in ended] == ["done"] * 3 and not read


def test_the_file_does_not_grow_for_ever(ended, monkeypatch):
    monkeypatch.setattr("dltui.runs.ended_runs.SPARE", 0)
    for step in range(20):
        log = EventLog(ended[0].log)
        log.write("finished", status="done", **ENDED | {"step": step})
        log.close()
        kept = EndedRuns()
        assert kept.state(ended[0]).step == step
        kept.keep(ended[:2])
    lines = kept.path.read_bytes().split()
    assert len(kept.path.read_bytes().splitlines()) <= 8 and lines
    assert EndedRuns().state(ended[0]).step == 19


def test_a_home_that_cannot_be_written_is_no_fault(ended, monkeypatch):
    EndedRuns().path.unlink()
    kept = EndedRuns()
    kept.state(ended[0])
    kept.path = kept.path / "no" / "folder"
    kept.path.parent.parent.touch()
    kept.keep(ended)
