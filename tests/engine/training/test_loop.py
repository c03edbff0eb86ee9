"""The loop: resume to the bit, early end, live control, what the log says."""

import json
import threading

import pytest
import torch

from dltui.engine.contracts.task import Objective
from dltui.engine.training import checkpoint
from tests.engine.conftest import same
from tests.forked import wait_until


def ask(run, op, **given):
    with open(run.control, "a", encoding="utf-8") as file:
        file.write(json.dumps({"t": 0, "op": op, **given}) + "\n")


def read(run):
    return checkpoint.read_newest(run.checkpoints, lambda text: None)


SITTINGS = {
    "adam": {},
    "sgd": {"optimizer.kind": "sgd", "optimizer.momentum": 0.9},
    "cosine": {"schedule.kind": "cosine"},
    "plateau": {"schedule.kind": "plateau", "schedule.patience": 0, "schedule.windows": 12},
}


@pytest.mark.parametrize("changes", SITTINGS.values(), ids=SITTINGS)
def test_a_run_in_two_sittings_ends_as_one(recipe, made, changes):
    """Dropout makes every step draw random numbers: the generators' states are part of what is resumed."""
    whole = made(recipe(changes), "whole")
    whole.loop.train()
    first = made(recipe(changes), "parted")
    first.loop.training = first.loop.training._replace(steps=33)
    first.loop.train()
    torch.manual_seed(999)  # another process has another state
    second = made(recipe(changes), "parted")
    second.loop.restore(read(second.run))
    assert second.loop.step == 33
    second.loop.train()
    assert same(second.weights(), whole.weights())
    assert second.loop.summary.last() == pytest.approx(whole.loop.summary.last(), nan_ok=True)


def test_variants_share_the_first_weights_and_are_all_resumed(recipe, made):
    variants = {"adam": {"optimizer.kind": "adam"}, "sgd": {"optimizer.kind": "sgd"}}
    whole = made(recipe(variants=variants), "whole")
    begun = whole.weights()
    assert torch.equal(begun["adam/model/head.weight"], begun["sgd/model/head.weight"])
    whole.loop.train()
    first = made(recipe(variants=variants), "parted")
    first.loop.training = first.loop.training._replace(steps=20)
    first.loop.train()
    second = made(recipe(variants=variants), "parted")
    second.loop.restore(read(second.run))
    second.loop.train()
    assert same(second.weights(), whole.weights())


def test_the_log_tells_the_whole_run(recipe, made):
    done = made(recipe())
    outcome = done.loop.train()
    history = done.history()
    assert outcome.status == "done" and outcome.step == 60
    assert history.curves["", "loss"].steps.tolist() == list(range(1, 61))
    assert history.curves["", "accuracy"].steps.tolist() == [0, 20, 40, 60]
    assert [frame["step"] for frame in history.frames["", "field"]] == [0, 20, 40, 60]
    assert done.loop.summary.last()["accuracy"] > 0.85
    assert history.checkpoints[-1]["step"] == 60


def diverge_at(learner, step):
    loss, calls = learner.objectives[0].loss, []

    def spoiled(rows):
        calls.append(1)
        return loss(rows) * (float("nan") if len(calls) >= step else 1.0)

    learner.objectives = [Objective("loss", "model", spoiled)]


def test_divergence_ends_the_run_and_keeps_the_last_checkpoint(recipe, made):
    bad = made(recipe())
    diverge_at(bad.learners[0], 30)
    bad.loop.step = 0
    bad.loop.save_due = 0
    outcome = bad.loop.train()
    assert outcome.status == "diverged" and outcome.step == 30
    assert "step 30" in outcome.error and "loss is nan" in outcome.error
    assert all(torch.isfinite(tensor).all() for tensor in bad.weights().values())


def test_one_variant_may_diverge_while_the_others_go_on(recipe, made):
    two = made(recipe(variants={"a": {"optimizer.lr": 0.01}, "b": {"optimizer.lr": 0.02}}))
    diverge_at(two.learners[1], 10)
    assert two.loop.train().status == "done"
    history = two.history()
    assert history.curves["a", "loss"].steps[-1] == 60
    assert history.curves["b", "loss"].steps[-1] == 10
    assert any(note["level"] == "error" and "b: diverged" in note["text"] for note in history.notes)


class Watching:
    """A comparison that keeps what it is told of each step."""

    def __init__(self):
        self.seen = []

    def see_losses(self, losses):
        self.losses = losses

    def after_step(self, step):
        self.seen.append((step, self.losses))


def test_a_comparison_is_told_the_losses_of_each_step_but_of_what_has_diverged(recipe, made):
    variants = {"good": {"optimizer.lr": 0.01}, "bad": {"optimizer.kind": "sgd", "optimizer.lr": 1e38}}
    run = made(recipe(variants=variants))
    run.loop.comparison = Watching()
    run.loop.train()
    seen = dict(run.loop.comparison.seen)
    assert list(seen) == list(range(1, 61)) and set(seen[1]) == {"good", "bad"} and set(seen[60]) == {"good"}
    curve = run.history().curves["good", "loss"].values
    assert [losses["good"]["loss"] for losses in seen.values()] == pytest.approx(curve, rel=1e-5)


def test_on_a_device_that_skips_by_itself_the_host_learns_of_it(recipe, made):
    bad = made(recipe())
    bad.learners[0].guard_on_device = True
    diverge_at(bad.learners[0], 30)
    outcome = bad.loop.train()
    assert outcome.status == "diverged" and "loss is nan at step 30" in outcome.error
    assert all(torch.isfinite(tensor).all() for tensor in bad.weights().values())


def test_controls_are_done_and_recorded(recipe, made):
    run = made(recipe({"train.steps": 4000, "model.dropout": 0.0}))
    ask(run.run, "set", key="optimizer.lr", value=0.5)
    ask(run.run, "save")
    ask(run.run, "stop")
    outcome = run.loop.train()
    history = run.history()
    assert outcome.status == "stopped" and 0 < outcome.step < 4000
    assert [event["op"] for event in history.controls] == ["set", "save", "stop"]
    assert history.controls[0]["value"] == 0.5
    assert run.learners[0].knobs()["optimizer.lr"] == 0.5
    assert read(run.run).values["step"] == outcome.step


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"key": "optimizer.rl", "value": 1}, 'no knob "optimizer.rl"; there are: optimizer.lr'),
        ({"key": "optimizer.lr", "value": "fast"}, "optimizer.lr must be a number, not 'fast'"),
        ({"key": "optimizer.lr", "value": -1}, "optimizer.lr must be above 0, not -1"),
        ({"key": "optimizer.lr"}, "optimizer.lr must be a number"),
    ],
)
def test_a_knob_or_a_value_that_cannot_be_is_told(recipe, made, given, told):
    run = made(recipe({"train.steps": 4000}))
    ask(run.run, "set", **given)
    ask(run.run, "stop")
    run.loop.train()
    history = run.history()
    assert told in history.notes[-1]["text"] and history.notes[-1]["level"] == "warning"
    assert [event["op"] for event in history.controls] == ["stop"]


def test_pause_one_step_resume(recipe, made):
    run = made(recipe({"train.steps": 5000, "train.evaluate_every": 5000}))
    ask(run.run, "pause")
    outcomes = []
    worker = threading.Thread(target=lambda: outcomes.append(run.loop.train()))
    worker.start()
    wait_until(lambda: run.history().paused)
    at = run.loop.step
    ask(run.run, "step")
    wait_until(lambda: run.loop.step == at + 1)
    wait_until(lambda: [event["op"] for event in run.history().controls] == ["pause", "step"])
    assert run.loop.step == at + 1
    ask(run.run, "resume")
    wait_until(lambda: run.loop.step > at + 1)
    ask(run.run, "stop")
    worker.join(30)
    assert outcomes[0].status == "stopped"


def test_a_full_disk_costs_a_checkpoint_not_the_run(recipe, made, monkeypatch):
    run = made(recipe({"train.checkpoint_seconds": 1e-6}))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "write", full)
    assert run.loop.train().status == "done"
    assert any("No space left" in note["text"] for note in run.history().notes)
