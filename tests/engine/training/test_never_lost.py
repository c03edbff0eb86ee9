"""What must never happen to a run: killed, terminated, torn, taken by two. Real engines in processes of their own.

The engines are forked from this process, which has torch imported already: a hundred kills take seconds, not minutes.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch

from dltui.engine.training import checkpoint, metric_log
from dltui.jobs.lengthen import lengthened
from dltui.runs import log_check
from dltui.runs import run as runs
from tests.forked import ended, history_of, start_engine, wait_until

KILLS, PER_RUN = 100, 10


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Returns a maker of run folders: start(steps) -> Run, ready for an engine."""
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path))
    recipe = """
        name = "blobs"
        title = "blobs"
        task = { kind = "classify" }
        data = { kind = "clouds", shape = "moons", from = "builtin" }
        model = { kind = "mlp", hidden = [8], dropout = 0.2 }
        optimizer = { kind = "adam", lr = 0.01 }
        train = { steps = STEPS, evaluate_every = 100, checkpoint_seconds = 0.01, picture_seconds = 0.05 }
    """

    def make(steps, **info):
        info = {"threads": 1, "device": "cpu", **info}
        return runs.create("blobs", recipe.replace("STEPS", str(steps)), info)

    return make


def final(run) -> checkpoint.Checkpoint:
    return checkpoint.read(checkpoint.saved(run.checkpoints)[0])


def weights(run):
    return {name: tensor for name, tensor in final(run).tensors.items() if "/net/" in name or "/optimizer/" in name}


@pytest.mark.timeout(300)
def test_killed_at_a_hundred_random_moments_it_ends_with_the_same_weights(start):
    """Checkpoints are written every hundredth of a second, so many of the kills fall inside a write."""
    undisturbed = start(1500)
    assert ended(start_engine(undisturbed)) == 0
    want = weights(undisturbed)
    chance = random.Random(0)
    kills = 0
    while kills < KILLS:
        run = start(1500)
        for _ in range(PER_RUN):
            pid = start_engine(run)
            time.sleep(chance.uniform(0.02, 0.35))
            os.kill(pid, signal.SIGKILL)
            kills += ended(pid) == -signal.SIGKILL
        assert ended(start_engine(run)) == 0, run.engine_log.read_text()
        got = weights(run)
        assert got.keys() == want.keys() and all(torch.equal(got[name], want[name]) for name in want)
        assert final(run).values["step"] == 1500
        curve = history_of(run).curves["", "loss"]
        assert list(curve.steps) == sorted(set(curve.steps)), "a step stands twice in what is shown"
        assert runs.state(run).status == "done"


@pytest.mark.timeout(300)
def test_killed_at_random_moments_no_step_is_missing_from_the_log_and_none_stands_there_twice(start, monkeypatch):
    """Checkpoints come often, losses by the clock only every two seconds, as in a long run."""
    monkeypatch.setattr(metric_log, "FASTEST", metric_log.SLOWEST)
    monkeypatch.setattr(metric_log, "MOST", 1 << 30)  # of a thinned log nobody could tell
    chance = random.Random(1)
    for _ in range(5):
        run = start(300)
        rare = run.recipe_file.read_text().replace("picture_seconds = 0.05", "picture_seconds = 1000")
        rare = rare.replace("evaluate_every = 100", "evaluate_every = 1000")
        run.recipe_file.write_text(rare.replace("checkpoint_seconds = 0.01", "checkpoint_seconds = 0.03"))
        for _ in range(2):
            newest = checkpoint.saved(run.checkpoints)[:1]
            pid = start_engine(run)
            wait_until(
                lambda run=run, newest=newest: (
                    checkpoint.saved(run.checkpoints)[:1] != newest or runs.state(run).status == "done"
                )
            )
            time.sleep(chance.uniform(0.0, 0.1))
            os.kill(pid, signal.SIGKILL)
            ended(pid)
        assert ended(start_engine(run)) == 0, run.engine_log.read_text()
        assert history_of(run).curves["", "loss"].steps.tolist() == list(range(1, 301))


def test_the_chain_of_a_log_outlives_kills_and_a_run_that_is_made_longer(start):
    run = start(600)
    for _ in range(3):
        before, pid = runs.state(run).step, start_engine(run)
        wait_until(lambda before=before: runs.state(run).step > before)
        os.kill(pid, signal.SIGKILL)
        ended(pid)
        assert log_check.check(run).state == log_check.WHOLE
    assert ended(start_engine(run)) == 0 and log_check.check(run).state == log_check.WHOLE
    lengthened(run, {"train.steps": 700})
    assert runs.state(run).status == "done" and log_check.check(run).state == log_check.WHOLE
    assert ended(start_engine(run)) == 0 and final(run).values["step"] == 700
    assert log_check.check(run).state == log_check.WHOLE
    run.recipe_file.write_text(run.recipe_file.read_text().replace("0.01", "0.02"))
    assert log_check.check(run).state == log_check.EDITED


def test_what_a_kill_left_half_written_is_removed_when_the_run_goes_on(start):
    run = start(300)
    pid = start_engine(run)
    wait_until(lambda: checkpoint.saved(run.checkpoints))
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    left = [run.checkpoints / f".step-0000000009.safetensors.{pid}.part", run.frames / f".00000012.png.{pid}.part"]
    for path in left:
        path.write_bytes(b"half")
    assert ended(start_engine(run)) == 0
    assert not list(run.path.rglob("*.part"))


def test_a_killed_run_is_told_as_lost(start):
    run = start(100_000)
    pid = start_engine(run)
    wait_until(lambda: runs.state(run).step > 10)
    assert runs.state(run).status == "running" and runs.engine_pid(run) == pid
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    assert runs.state(run).status == "lost"


def test_sigterm_saves_and_returns_143(start):
    run = start(1_000_000)
    pid = start_engine(run)
    wait_until(lambda: runs.state(run).step > 10)
    os.kill(pid, signal.SIGTERM)
    assert ended(pid) == 143
    finished = history_of(run).finished
    assert finished["status"] == "stopped" and finished["exit"] == 143
    assert final(run).values["step"] == finished["step"]


def test_a_hang_up_and_ctrl_c_on_its_terminal_do_not_end_it(start):
    run = start(1_000_000)
    pid = start_engine(run)
    wait_until(lambda: runs.state(run).step > 10)
    os.kill(pid, signal.SIGHUP)
    os.kill(pid, signal.SIGINT)
    before = runs.state(run).step
    wait_until(lambda: runs.state(run).step > before + 10)
    os.kill(pid, signal.SIGTERM)
    assert ended(pid) == 143


def test_the_second_of_two_engines_is_refused(start):
    run = start(1_000_000)
    pid = start_engine(run)
    wait_until(lambda: runs.state(run).step > 10)
    second = subprocess.run(
        [sys.executable, "-m", "dltui.engine", run.path], capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert "is running already" in second.stderr and str(pid) in second.stderr
    assert runs.engine_pid(run) == pid
    os.kill(pid, signal.SIGTERM)
    assert ended(pid) == 143


def test_a_torn_last_line_is_repaired_and_the_run_goes_on(start):
    run = start(600)
    pid = start_engine(run)
    wait_until(lambda: checkpoint.saved(run.checkpoints))
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    with open(run.log, "ab") as log:
        log.write(b'{"v":1,"seq":99,"t":1.0,"kind":"scal')
    assert ended(start_engine(run)) == 0
    lines = run.log.read_bytes().splitlines()
    events = [json.loads(line) for line in lines]  # every line whole
    assert [event["seq"] for event in events] == list(range(len(events)))


def test_a_flipped_byte_in_the_newest_checkpoint_costs_only_the_steps_since(start):
    undisturbed = start(600)
    assert ended(start_engine(undisturbed)) == 0
    run = start(600)
    pid = start_engine(run)
    wait_until(lambda: len(checkpoint.saved(run.checkpoints)) == 2)
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    newest = checkpoint.saved(run.checkpoints)[0]
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 4
    newest.write_bytes(data)
    assert ended(start_engine(run)) == 0
    assert any("damaged" in note["text"] for note in history_of(run).notes)
    want, got = weights(undisturbed), weights(run)
    assert all(torch.equal(got[name], want[name]) for name in want)


def test_a_disk_without_room_keeps_the_older_checkpoint_and_says_so(start):
    """RLIMIT_FSIZE stands for the full disk: a checkpoint no longer fits, the log still does."""
    import resource

    run = start(400)
    small_log = run.recipe_file.read_text().replace("picture_seconds = 0.05", "picture_seconds = 1000")
    run.recipe_file.write_text(small_log.replace("hidden = [8]", "hidden = [2048]"))
    pid = start_engine(run)
    wait_until(lambda: checkpoint.saved(run.checkpoints))
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    kept = {path.name: path.read_bytes() for path in checkpoint.saved(run.checkpoints)}
    small = min(map(len, kept.values())) - 1
    run.log.write_bytes(b"")  # so that the log, which grows past the limit too, has room
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (small, hard))
    try:
        pid = start_engine(run)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert ended(pid) == 1
    assert {path.name: path.read_bytes() for path in checkpoint.saved(run.checkpoints)} == kept
    assert not list(run.checkpoints.glob("*.part"))
    assert any("no checkpoint at step" in note["text"] for note in history_of(run).notes)
    assert runs.state(run).status == "failed" and "could not be saved" in runs.state(run).error
    assert ended(start_engine(run)) == 0 and final(run).values["step"] == 400


def test_an_unknown_fault_is_told_with_where_to_look(start):
    run = start(10)
    run.recipe_file.write_text(run.recipe_file.read_text().replace("hidden = [8]", "hidden = [8], inputs = 7"))
    assert ended(start_engine(run)) == 1
    finished = history_of(run).finished
    assert finished["status"] == "failed" and "engine.log" in finished["hint"]
    assert "Traceback" in run.engine_log.read_text()
