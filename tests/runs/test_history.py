"""A view of the log: the curves, pictures and notes that it has told so far."""

import math

from dltui.runs.events import decode, encode
from dltui.runs.history import History


def started(step: int = 0, **more) -> dict:
    return {"kind": "started", "step": step, "steps": 100, **more}


def scalars(steps: list[int], series: str = "", **values: list) -> dict:
    return {"kind": "scalars", "series": series, "step": steps, "values": values}


def frame(step: int, pane: str = "samples", series: str = "") -> dict:
    return {
        "kind": "frame",
        "series": series,
        "step": step,
        "pane": pane,
        "payload": {"type": "text", "text": str(step)},
    }


def history(*events: dict) -> History:
    """A history of events that went through the log, a second apart."""
    made = History()
    made.take(decode(encode({"v": 1, "seq": n, "t": 1000.0 + n, **event})) for n, event in enumerate(events))
    return made


def test_curves_grow_by_series_and_metric():
    made = history(
        started(), scalars([1, 2], "a", loss=[0.5, 0.25]), scalars([2], "b", loss=[9.0]), scalars([4], "a", loss=[0.1])
    )
    assert list(made.curves) == [("a", "loss"), ("b", "loss")]
    assert list(made.curves["a", "loss"].steps) == [1, 2, 4]
    assert list(made.curves["a", "loss"].values) == [0.5, 0.25, 0.1]
    assert (made.step, made.steps, made.began, made.latest) == (4, 100, 1000.0, 1003.0)


def test_nan_and_infinity_stay_where_they_were():
    made = history(started(), scalars([1, 2, 3, 4], loss=[1.0, math.nan, 2.0, math.inf], lr=[1.0, 1.0, 1.0, 1.0]))
    values = list(made.curves["", "loss"].values)
    assert values[0] == 1.0 and math.isnan(values[1]) and values[2:] == [2.0, math.inf]
    made.take([decode(encode({"seq": 9, "t": 9.0, **scalars([5], loss=[-math.inf])}))])
    assert list(made.curves["", "loss"].values)[4:] == [-math.inf]
    assert list(made.curves["", "loss"].steps) == [1, 2, 3, 4, 5]


def test_a_resumed_run_forgets_what_it_will_do_again():
    made = history(
        started(),
        scalars([1, 2, 3], loss=[3.0, 2.0, 1.0]),
        scalars([3], accuracy=[0.5]),
        frame(2),
        frame(3),
        frame(3, "field"),
        {"kind": "control", "op": "pause", "step": 3},
        {"kind": "finished", "status": "stopped"},
        started(2),
        scalars([3], loss=[1.5]),
    )
    assert list(made.curves["", "loss"].steps) == [1, 2, 3]
    assert list(made.curves["", "loss"].values) == [3.0, 2.0, 1.5]
    assert made.metrics == ["loss"]
    assert made.panes == [("", "samples")]
    assert [event["step"] for event in made.frames["", "samples"]] == [2]
    assert (made.finished, made.paused, made.step) == (None, False, 3)


def test_no_pane_and_no_curve_is_empty_after_a_resume_from_the_start():
    """A view takes the last picture of a pane without asking whether there is one."""
    made = history(started(), scalars([1], loss=[1.0]), frame(1), started(0))
    assert made.panes == [] and made.metrics == [] and made.step == 0


def test_pause_and_resume():
    made = history(started(), {"kind": "control", "op": "pause", "step": 1})
    assert made.paused
    made.take([{"kind": "control", "t": 1.0, "op": "set", "step": 1, "key": "optimizer.lr", "value": 1.0}])
    assert made.paused
    made.take([{"kind": "control", "t": 2.0, "op": "resume", "step": 1}])
    assert not made.paused
    assert [event["op"] for event in made.controls] == ["pause", "set", "resume"]


def test_take_tells_whether_something_came_and_passes_over_later_kinds():
    made = History()
    assert not made.take([])
    assert made.take([{"kind": "hologram", "t": 5.0}])
    assert (made.version, made.latest, made.steps) == (1, 5.0, 0)


def test_notes_checkpoints_and_the_end():
    made = history(
        {"kind": "note", "level": "info", "text": "data"},
        started(),
        {"kind": "checkpoint", "step": 5, "file": "a"},
        {"kind": "finished", "status": "done"},
    )
    assert [event["text"] for event in made.notes] == ["data"]
    assert [event["step"] for event in made.checkpoints] == [5]
    assert made.finished["status"] == "done"


def test_an_end_before_an_engine_that_lives_is_none():
    end = {"kind": "finished", "status": "done", "exit": 0, "step": 9, "steps": 9, "summary": {}, "expect": []}
    made = history(started(), end)
    made.ends_from = 2
    assert made.finished is None
    made.ends_from = 0
    assert made.finished["status"] == "done", "it died before it wrote anything"
    made.ends_from = 1
    assert made.finished["status"] == "done", "it is its own"
