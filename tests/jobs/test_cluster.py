"""Jobs of a cluster, by submitit's own executor for this machine: time limits, what is watched, what is withdrawn."""

import json
import os
import signal
import time

import psutil
import pytest
import submitit
from submitit.local import local

from dltui.engine.training import checkpoint
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import cluster, launch
from dltui.recipes import recipe as recipes
from dltui.runs import cluster_job, engine_lock
from dltui.runs import run as runs
from dltui.runs.cluster_job import ClusterJob, Heartbeat
from tests.forked import ended, history_of, start_engine, wait_until

LONG = 100.0  # seconds that an engine and submitit may take to start on a busy machine
STEPS = 600


def prepared(steps: int = STEPS):
    changes = {"data.from": "builtin", "train.steps": steps, "train.evaluate_every": steps}
    return launch.prepare(recipes.load("mlp-moons", changes), device="cpu", threads=1)


def weights(run) -> dict:
    newest = next(checkpoint.whole(run.checkpoints, lambda text: None))
    assert newest.values["step"] == STEPS
    return {name: tensor.tolist() for name, tensor in newest.tensors.items()}


@pytest.fixture
def controllers(monkeypatch):
    """The processes that submitit's executor for this machine starts in the place of SLURM; ended after the test."""
    started, start = [], local.start_controller
    monkeypatch.setattr(local, "start_controller", lambda **given: started.append(start(**given)) or started[-1])
    yield started
    for process in started:
        process.wait(LONG)


@pytest.mark.timeout(300)
def test_a_job_whose_time_is_over_is_queued_again_and_trains_what_it_would_have(home, controllers):
    """Guards the checkpoint before the end, and that nobody who watches takes the interruption for the end."""
    run = prepared()
    cluster.submit(run, cluster.Wanted(), on="local")
    wait_until(lambda: runs.state(run).step > 0, LONG)
    for task in psutil.Process(controllers[0].pid).children():
        task.send_signal(signal.SIGUSR2)  # what SLURM sends before the time limit
    seen = set()

    def done() -> bool:
        seen.add(runs.state(run).status)
        return "done" in seen

    wait_until(done, LONG)
    assert seen <= {"starting", "running", "done"}
    events = [json.loads(line) for line in run.log.read_bytes().splitlines()]
    starts = [event for event in events if event["kind"] == "started"]
    assert len(starts) == 2 and starts[1]["step"] > 0, "it began anew"
    assert [event["status"] for event in events if event["kind"] == "finished"] == ["done"]
    whole = prepared()
    assert ended(start_engine(whole)) == 0
    assert weights(run) == weights(whole)
    wait_until(lambda: not cluster_job.beats(run.path), 5)


def test_what_waits_for_a_machine_is_starting_and_can_be_withdrawn(home):
    run = prepared()
    cluster_job.put(run.path, ClusterJob("local", cluster_job.WAITING))
    os.utime(run.path, (1, 1))  # made long ago
    assert runs.state(run).status == "starting"
    assert cluster.withdraw(run)
    assert runs.state(run).status == "stopped" and history_of(run).finished["steps"] == STEPS
    assert not cluster.withdraw(run), "it is out of the queue already"


def test_what_has_begun_is_not_withdrawn(home):
    run = prepared()
    assert not cluster.withdraw(run), "a run that is no job"
    cluster_job.put(run.path, ClusterJob("local", cluster_job.STARTED))
    assert not cluster.withdraw(run)


def test_an_engine_on_another_machine_lives_while_its_heart_beats(home):
    """Guards the login node of a cluster whose disk does not tell of the locks of others."""
    run = prepared()
    lock = {"pid": 1, "started": "1", "host": "node17", "first": 0}
    run.lock.write_text(json.dumps(lock) + "\n")
    cluster_job.put(run.path, ClusterJob("slurm", cluster_job.STARTED))
    assert engine_lock.holder(run.lock) is None
    beat = run.path / cluster_job.HEARTBEAT
    beat.touch()
    held = engine_lock.holder(run.lock)
    assert held.host == "node17" and held.pid == 0 and runs.state(run).live
    past = time.time() - 2 * cluster_job.SILENT
    os.utime(beat, (past, past))
    assert engine_lock.holder(run.lock) is None and runs.state(run).status == "lost"


def test_on_its_own_machine_the_lock_tells_and_not_the_heart(home):
    """A machine that went down leaves a young heartbeat."""
    run = prepared()
    run.lock.write_text(json.dumps({"pid": 1 << 22, "started": "1", "host": os.uname().nodename, "first": 0}) + "\n")
    (run.path / cluster_job.HEARTBEAT).touch()
    assert engine_lock.holder(run.lock) is None


def test_a_heart_beats_only_for_a_job_and_stops_with_it(home):
    run = prepared()
    with Heartbeat(run.path):
        assert not cluster_job.beats(run.path)
    cluster_job.put(run.path, ClusterJob("slurm", cluster_job.STARTED))
    with Heartbeat(run.path):
        wait_until(lambda: cluster_job.beats(run.path), 5)
    assert not cluster_job.beats(run.path)


@pytest.mark.parametrize("text", ["", "[]", '{"on": 1}', "\xff", "[" * 5000])
def test_a_record_that_cannot_be_read_is_none(home, text):
    run = prepared()
    (run.path / cluster_job.RECORD).write_text(text)
    assert cluster_job.of(run.path) is None and not cluster_job.waits(run.path)


@pytest.mark.parametrize(
    ("on", "wanted", "status", "words"),
    [
        ("pbs", {}, ExitStatus.USAGE, "unknown"),
        ("slurm", {"minutes": 0}, ExitStatus.USAGE, "--minutes must be at least 1, not 0"),
        ("slurm", {"gpus": -1}, ExitStatus.USAGE, "--gpus must be at least 0, not -1"),
        ("slurm", {}, ExitStatus.DEVICE, "there is no srun here"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(on, wanted, status, words, monkeypatch):
    monkeypatch.setattr(submitit.SlurmExecutor, "affinity", classmethod(lambda cls: -1))
    with pytest.raises(DltuiError, match=words) as error:
        cluster.check(on, cluster.Wanted(**wanted))
    assert error.value.status == status


def test_what_slurm_is_asked_is_what_was_wanted(home, monkeypatch):
    """Guards the options on their way into the batch file, and a refusal that leaves no run that waits for ever."""
    said = []

    def sbatch(self, command):
        said.append(self._make_submission_file_text(command, "x"))
        raise submitit.core.utils.FailedJobError("sbatch: error: invalid partition specified: gqu\nmore")

    monkeypatch.setattr(submitit.SlurmExecutor, "affinity", classmethod(lambda cls: 2))
    monkeypatch.setattr(submitit.SlurmExecutor, "_submit_command", sbatch)
    run = prepared()
    with pytest.raises(DltuiError, match=r"did not take .*: sbatch: error: invalid partition specified: gqu"):
        cluster.submit(run, cluster.Wanted("gqu", 90, 2, 4))
    for line in ("partition=gqu", "time=90", "gpus-per-node=2", "cpus-per-task=4", f"job-name={run.id}", "@120"):
        assert line in said[0]
    assert not cluster_job.waits(run.path)
