"""What is asked of a run that trains is answered under its id, and nothing that is asked ends the training."""

import pytest

from tests.engine.training.test_loop import ask


def answered(run):
    """id -> the event that answers, of all that was asked."""
    history = run.history()
    return {event["id"]: event for event in [*history.notes, *history.controls] if "id" in event}


def test_each_answer_bears_the_id_of_its_request(recipe, made):
    run = made(recipe({"train.steps": 4000}))
    for number, value in enumerate([0.001, 0.001, "fast", -1]):
        ask(run.run, "set", id=f"r{number}", key="optimizer.lr", value=value)
    ask(run.run, "dance", id="unknown")
    ask(run.run, "stop", id="end")
    assert run.loop.train().status == "stopped"
    found = answered(run)
    assert {name: event["kind"] for name, event in found.items()} == {
        "r0": "control", "r1": "control", "r2": "note", "r3": "note", "unknown": "note", "end": "control"
    }  # fmt: skip
    assert "must be a number" in found["r2"]["text"] and "must be above 0, not -1" in found["r3"]["text"]
    assert run.learners[0].knobs()["optimizer.lr"] == 0.001


REFUSED = {
    "401 digits": '{"op":"set","id":"a","key":"optimizer.lr","value":1' + "0" * 400 + "}",
    "31 digits": '{"op":"set","id":"a","key":"optimizer.lr","value":1' + "0" * 30 + "}",
    "1e300": '{"op":"set","id":"a","key":"optimizer.lr","value":1e300}',
    "1e999": '{"op":"set","id":"a","key":"optimizer.lr","value":1e999}',
    "NaN": '{"op":"set","id":"a","key":"optimizer.lr","value":NaN}',
    "true": '{"op":"set","id":"a","key":"optimizer.lr","value":true}',
    "a table": '{"op":"set","id":"a","key":"optimizer.lr","value":{"lr":1}}',
    "a list": '{"op":"set","id":"a","key":"optimizer.lr","value":[0.1]}',
    "a long text": '{"op":"set","id":"a","key":"optimizer.lr","value":"' + "x" * 9000 + '"}',
    "a long key": '{"op":"set","id":"a","key":"' + "x" * 9000 + '","value":1}',
    "no key": '{"op":"set","id":"a"}',
    "a long op": '{"op":"' + "x" * 9000 + '","id":"a"}',
    "a dropout of all": '{"op":"set","id":"a","key":"model.dropout","value":1}',
}


@pytest.mark.parametrize("line", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_in_a_line_and_training_goes_on(recipe, made, line):
    run = made(recipe())
    knobs = run.learners[0].knobs()
    with open(run.run.control, "w", encoding="utf-8") as file:
        file.write(f"{line}\n")
    outcome = run.loop.train()
    assert outcome.status == "done" and outcome.step == 60
    run.loop.requests.answer()  # 60 steps may be over before the first look
    refusal = answered(run)["a"]
    assert refusal["kind"] == "note" and refusal["level"] == "warning" and len(refusal["text"]) < 400
    assert run.learners[0].knobs() == knobs and not run.history().controls


def test_garbage_is_told_once(recipe, made):
    run = made(recipe({"train.steps": 4000}))
    run.run.control.write_bytes(b"\xff\xfe\n" + b"[" * 2000 + b"\n" + b"x" * 3_000_000 + b"\n")
    ask(run.run, "stop")
    assert run.loop.train().status == "stopped"
    told = [note["text"] for note in run.history().notes if "control.jsonl" in note["text"]]
    assert len(told) == 1 and "passed over" in told[0] and len(told[0]) < 300


def test_an_id_that_is_none_is_not_echoed(recipe, made):
    run = made(recipe({"train.steps": 4000}))
    for number in (7, None, ["x"], "x" * 1000):
        ask(run.run, "show", id=number)
    ask(run.run, "stop", id="end")
    run.loop.train()
    assert list(answered(run)) == ["end"]
