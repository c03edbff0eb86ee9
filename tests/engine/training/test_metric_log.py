"""Telemetry: few lines, small logs, no extreme lost, nothing moved to the host between flushes."""

import numpy as np
import pytest
import torch

from dltui.engine.training.metric_log import Telemetry, thinned
from dltui.runs.events import EventLog, Tail
from dltui.runs.history import History


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def log(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    yield log
    log.close()


def curve(log, name="loss"):
    history = History()
    history.take(Tail(log.path).read())
    return history.curves["", name]


def test_ten_flushes_a_second(log):
    clock = Clock()
    telemetry = Telemetry(log, clock)
    for step in range(1000):
        clock.now = step / 1000  # a second of a thousand steps
        telemetry.add("", step, {"loss": float(step)})
        telemetry.flush_if_due(clock.now)
    assert 9 <= len(log.path.read_bytes().splitlines()) <= 11


def test_thinning_keeps_extremes_and_what_is_not_finite():
    values = np.random.default_rng(0).normal(size=5000)
    values[1234], values[4321], values[99] = 50.0, -50.0, np.nan
    kept = thinned([values])
    assert {1234, 4321, 99, 0, 4999} <= set(kept.tolist())
    assert len(kept) < 40


def test_thinning_keeps_the_extremes_of_every_metric(log):
    telemetry = Telemetry(log, Clock())
    for step in range(500):
        telemetry.add("", step, {"a": float(step == 77), "b": -float(step == 311)})
    telemetry.flush()
    assert max(curve(log, "a").values) == 1.0
    assert min(curve(log, "b").values) == -1.0


def test_tensors_stay_where_they_are_until_the_flush(log):
    telemetry = Telemetry(log, Clock())
    losses = [torch.tensor(float(step)) for step in range(5)]
    for step, loss in enumerate(losses):
        telemetry.add("", step, {"loss": loss})
    assert not log.path.read_bytes()
    telemetry.flush()
    assert curve(log).values.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_the_first_value_that_is_not_finite_is_found(log):
    telemetry = Telemetry(log, Clock())
    for step, value in enumerate([1.0, 2.0, float("inf"), float("nan")]):
        telemetry.add("", step, {"loss": value})
    telemetry.flush()
    assert telemetry.not_finite[""] == ("loss", float("inf"), 2)
    assert np.isnan(curve(log).values[3])


def test_a_day_of_steps_makes_a_small_log(log):
    """At a thousand steps a second for a day, the flushes grow apart: some tens of thousands of lines, not 864,000."""
    clock = Clock()
    telemetry = Telemetry(log, clock)
    flushes = 0
    while clock.now < 86_400:
        clock.now = telemetry.due
        flushes += telemetry.flush_if_due(clock.now)
    assert flushes < 50_000


def test_steps_that_measured_nothing_leave_no_line(log):
    """A task that takes its steps by itself may have nothing to say at each of them."""
    telemetry = Telemetry(log, Clock())
    for step in range(100):
        telemetry.add("", step, {})
    telemetry.flush()
    assert not log.path.read_bytes()
