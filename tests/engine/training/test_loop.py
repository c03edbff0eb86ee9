"""The loop: resume to the bit, early end, live control, what the log says."""

import json
import threading

import pytest
import torch

from dltui.engine.contracts.task import Objective
from dltui.engine.training import checkpoint, disk_full, picture_files
from tests.engine.conftest import same
from tests.forked import wait_until


def ask(run, op, **given):
    with open(run.control, "a", encoding="utf-8") as file:
        file.write(json.dumps({"t": 0, "op": op, **given}) + "\n")


def read(run):
    return next(checkpoint.whole(run.checkpoints, lambda text: None))


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


@pytest.mark.parametrize(("changes", "told"), [({}, False), ({"schedule.kind": "cosine"}, True)])
def test_a_run_that_is_done_is_trained_longer(recipe, made, changes, told):
    """Without a schedule it ends as one that was begun with so many steps; with one it is told that it does not."""
    whole = made(recipe(changes), "whole")
    whole.loop.train()
    made(recipe(changes | {"train.steps": 30}), "longer").loop.train()
    longer = made(recipe(changes), "longer")
    longer.loop.restore(read(longer.run))
    longer.loop.train()
    assert longer.loop.step == 60 and same(longer.weights(), whole.weights()) is not told
    (note,) = (note for note in longer.history().notes if "to step 60 in place of 30" in note["text"])
    assert ("the learning rate may jump" in note["text"]) is told


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
    variants = {"good": {"optimizer.lr": 0.01}, "bad": {"optimizer.kind": "sgd", "optimizer.lr": 1e12}}
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


class Disk:
    """A disk that has no room for checkpoints until it is told that it has."""

    def __init__(self, monkeypatch):
        self.full, self.refused, self._write = True, 0, checkpoint.write
        monkeypatch.setattr(checkpoint, "write", self.write)

    def write(self, *given):
        if self.full:
            self.refused += 1
            raise OSError(28, "No space left on device")
        return self._write(*given)


@pytest.fixture
def disk(monkeypatch):
    monkeypatch.setattr(disk_full, "PATIENCE", 0.2)
    monkeypatch.setattr(disk_full, "PAUSE", 0.01)
    return Disk(monkeypatch)


def test_a_full_disk_costs_checkpoints_not_steps_and_is_told_once(recipe, made, disk, monkeypatch):
    run = made(recipe({"train.checkpoint_seconds": 1e-6}))
    take = run.learners[0].advance

    def advance():
        disk.full = run.loop.step < 30
        return take()

    monkeypatch.setattr(run.learners[0], "advance", advance)
    assert run.loop.train().status == "done" and disk.refused >= 20
    notes = [note["text"] for note in run.history().notes if "checkpoint" in note["text"]]
    assert len(notes) == 2 and "No space left on device; there is none before it" in notes[0]
    assert notes[1] == "there is room for a checkpoint again: step 30 is saved"
    assert run.history().curves["", "loss"].steps.tolist() == list(range(1, 61))


def test_a_run_whose_last_state_cannot_be_saved_is_not_done_and_goes_on_when_there_is_room(recipe, made, disk):
    whole = made(recipe(), "whole")
    disk.full = False
    whole.loop.train()
    first = made(recipe(), "parted")
    first.loop.training = first.loop.training._replace(steps=33)
    first.loop.train()
    full = made(recipe(), "parted")
    full.loop.restore(read(full.run))
    disk.full = True
    outcome = full.loop.train()
    assert (outcome.status, outcome.step) == ("failed", 60) and disk.refused > 2, "it is tried again for a while"
    assert "step 60 could not be saved: No space left on device" in outcome.error
    assert "go on from step 33: dltui run --resume parted" in outcome.hint
    disk.full = False
    last = made(recipe(), "parted")
    last.loop.restore(read(last.run))
    assert last.loop.step == 33 and last.loop.train().status == "done"
    assert same(last.weights(), whole.weights())


def test_room_that_comes_at_the_last_moment_is_enough(recipe, made, disk, monkeypatch):
    monkeypatch.setattr(disk_full, "PATIENCE", 30)
    run = made(recipe())
    monkeypatch.setattr(disk_full.time, "sleep", lambda _: setattr(disk, "full", disk.refused < 5))
    assert run.loop.train().status == "done" and disk.refused == 5
    assert read(run.run).values["step"] == 60


def test_a_checkpoint_that_could_not_be_saved_when_it_was_asked_for_is_refused(recipe, made, disk):
    run = made(recipe({"train.steps": 4000}))
    ask(run.run, "save", id="it")
    ask(run.run, "stop")
    assert run.loop.train().status == "failed"
    assert [event["op"] for event in run.history().controls] == ["stop"]
    assert "No space left" in next(note for note in run.history().notes if note.get("id") == "it")["text"]


def test_the_log_holds_every_step_of_a_checkpoint_before_it_is_there(recipe, made, monkeypatch):
    """Guards the curves of a run that is killed right after a checkpoint: the steps before would be missing."""
    run = made(recipe({"train.checkpoint_seconds": 1e-6}))
    write, seen = checkpoint.write, []

    def looked(folder, step, saved):
        seen.append((step, run.history().curves["", "loss"].steps.tolist()))
        return write(folder, step, saved)

    monkeypatch.setattr(checkpoint, "write", looked)
    run.loop.train()
    assert len(seen) > 50 and all(steps == list(range(1, step + 1)) for step, steps in seen)


def test_no_checkpoint_is_written_whose_steps_the_log_cannot_take(recipe, made, disk, monkeypatch):
    disk.full = False
    run = made(recipe())
    monkeypatch.setattr(run.log, "_append", lambda: OSError(28, "No space left on device"))
    assert run.loop.train().status == "failed"
    assert not checkpoint.saved(run.run.checkpoints)


def test_pictures_that_a_full_disk_refuses_are_written_in_their_order(recipe, made, monkeypatch):
    run = made(recipe())
    show, full = picture_files.payload_to_files, []

    def stored(*given):
        full.append(run.loop.step < 30)
        if full[-1]:
            raise OSError(28, "No space left on device")
        return show(*given)

    monkeypatch.setattr(picture_files, "payload_to_files", stored)
    assert run.loop.train().status == "done"
    history = run.history()
    assert [frame["step"] for frame in history.frames["", "field"]] == [0, 20, 40, 60] and any(full)
    assert len([note for note in history.notes if "picture could not be written" in note["text"]]) == 1
