"""What is asked is remembered until the log answers, and a knob turns as a person expects."""

import pytest

from dltui.errors import DltuiError
from dltui.runs.history import History
from dltui.tui import run_controls
from dltui.tui.run_controls import RunControls, knobs, turned
from dltui.tui.run_watcher import RunWatcher
from tests.tui.fake_engine import FakeEngine


@pytest.fixture
def engine():
    made = FakeEngine().start()
    yield made
    made.die()


def heard(engine: FakeEngine, controls: RunControls) -> str:
    watcher = RunWatcher(engine.run)
    watcher.poll(budget=60)
    return controls.hear(watcher.history)


def test_a_request_waits_until_the_log_says_it_was_done(engine, monkeypatch):
    controls = RunControls(engine.run)
    controls.ask("pause")
    controls.ask("set", "optimizer.lr", 0.5)
    assert heard(engine, controls) == ""
    assert set(controls.asked) == {("pause", ""), ("set", "optimizer.lr")}
    assert controls.waiting() == ""
    monkeypatch.setattr(run_controls, "PATIENCE", -1.0)
    assert controls.waiting() == "asked for: pause, set optimizer.lr. The engine has not answered yet."
    engine.answer()
    assert heard(engine, controls) == "step 0: optimizer.lr is now 0.5"
    assert not controls.asked


def test_an_older_answer_does_not_confirm_a_newer_request(engine):
    controls = RunControls(engine.run)
    controls.ask("set", "optimizer.lr", 0.5)
    engine.answer()
    controls.ask("set", "optimizer.lr", 0.6)
    heard(engine, controls)
    assert controls.asked["set", "optimizer.lr"].value == 0.6


def test_a_refusal_is_known_by_the_id_of_its_request_alone(engine):
    controls = RunControls(engine.run)
    controls.ask("set", "optimizer.lr", -1.0)
    controls.ask("set", "optimizer.momentum", 0.5)
    engine.log.write("note", level="warning", text="optimizer.lr must be above 0", id="of another")
    engine.log.write("note", level="warning", text="optimizer.lr must be above 0")
    assert heard(engine, controls) == "" and len(controls.asked) == 2 and not controls.refused
    controls = RunControls(engine.run)
    controls.ask("set", "optimizer.lr", -1.0)
    controls.ask("set", "optimizer.momentum", 0.5)
    asked = engine.asked()[-2]["id"]
    engine.log.write("note", level="warning", text="optimizer.lr must be above 0, not -1.0", id=asked)
    assert heard(engine, controls) == "optimizer.lr must be above 0, not -1.0"
    assert list(controls.asked) == [("set", "optimizer.momentum")]
    assert controls.refused == {"optimizer.lr": "optimizer.lr must be above 0, not -1.0"}
    controls.ask("set", "optimizer.lr", 0.5)
    assert not controls.refused


def test_a_dead_engine_is_asked_for_nothing(engine):
    engine.die()
    with pytest.raises(DltuiError, match="is not running"):
        RunControls(engine.run).ask("pause")


def test_knobs_stand_as_they_were_set_for_all_or_for_one_variant(engine):
    engine.log.write("control", op="set", step=1, key="optimizer.lr", value=0.5)
    engine.log.write("control", op="set", step=2, key="net.optimizer.momentum", value=0.1)
    engine.log.write("control", op="set", step=2, key="optimizer.nesterov", value=1)
    watcher = RunWatcher(engine.run)
    watcher.poll(budget=60)
    assert knobs(watcher.history, None) == {"optimizer.lr": 0.5, "optimizer.momentum": 0.9}
    assert knobs(watcher.history, "net") == {"optimizer.lr": 0.5, "optimizer.momentum": 0.1}
    assert knobs(watcher.history, "line") == {"optimizer.lr": 0.5, "optimizer.momentum": 0.9}
    engine.start(knobs={"optimizer.lr": 0.02})  # resumed: what it says of itself counts
    watcher.poll(budget=60)
    assert knobs(watcher.history, None) == {"optimizer.lr": 0.02}
    assert knobs(History(), None) == {}


@pytest.mark.parametrize(
    ("key", "value", "notches", "expected"),
    [
        ("optimizer.lr", 0.01, 1, 0.0125),
        ("optimizer.lr", 0.0125, -1, 0.01),
        ("optimizer.weight_decay", 0.0, 1, 1e-4),
        ("optimizer.weight_decay", 0.0, -1, 0.0),
        ("optimizer.momentum", 0.9, 1, 0.92),
        ("optimizer.momentum", 0.92, -1, 0.9),
        ("task.neighbours", 3, 1, 4),
        ("task.neighbours", 40, -1, 32),
    ],
)
def test_a_notch(key, value, notches, expected):
    result = turned(key, value, notches)
    assert result == expected
    assert type(result) is type(value)


def test_momentum_never_reaches_one():
    value = 0.5
    for _ in range(40):
        value = turned("optimizer.momentum", value, 1)
    assert value <= 1
