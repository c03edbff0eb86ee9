"""`--on slurm`, through SLURM's commands on one machine (tests/fake_slurm.py). Real engines."""

import json
import os
import signal
import subprocess
import threading

import pytest

from dltui.errors import ExitStatus
from dltui.jobs import cluster
from dltui.runs import cluster_job
from dltui.runs import run as runs
from tests import fake_slurm
from tests.cli.conftest import wait_until

pytestmark = pytest.mark.timeout(400)
LONG = 200.0  # seconds that engines may take on a busy machine
QUICK = ("--data", "builtin", "train.steps=40")


@pytest.fixture
def slurm(monkeypatch, tmp_path):
    jobs = fake_slurm.install(monkeypatch, tmp_path / "slurm")
    yield jobs
    fake_slurm.end_all(jobs)


def test_a_run_is_a_job_that_is_followed_to_its_end(dltui, slurm):
    done = dltui("run", "mlp-moons", *QUICK, "--threads", "1", "--on", "slurm", "--minutes", "7", "--cpus", "1")
    assert done.status == ExitStatus.OK, done.err
    run = runs.newest_first()[0]
    assert f"{run.id} is job 1 of the cluster. Ctrl-C leaves it there: dltui attach {run.id}" in done.err
    assert "40 of 40 steps" in done.err and runs.state(run).status == "done"
    assert "--time=7" in (slurm / "1.sh").read_text()


def test_detached_its_number_is_told_and_a_stopped_one_goes_on_as_a_job(dltui, slurm):
    told = json.loads(dltui("run", "mlp-moons", "--data", "builtin", "--on", "slurm", "--detach", "--json").out)
    run = runs.find(told["id"])
    assert told["job"] == "1" and told["path"] == str(run.path)
    wait_until(lambda: runs.state(run).step > 20, LONG)
    assert dltui("stop", run.id).status == ExitStatus.OK
    wait_until(lambda: runs.state(run).status == "stopped" and runs.engine_pid(run) is None, LONG)
    at = runs.state(run).step
    resumed = dltui("run", "--resume", run.id, "--on", "slurm", "--quiet")
    assert resumed.status == ExitStatus.OK, resumed.err
    assert runs.state(run).status == "done" and (slurm / "2.sh").exists()
    starts = [event for line in run.log.read_bytes().splitlines() if (event := json.loads(line))["kind"] == "started"]
    assert [start["step"] for start in starts] == [0, at]


def test_a_sweeps_runs_are_jobs(dltui, slurm):
    words = ("optimizer.lr=log:1e-3..1e-1", "--trials", "3", "--workers", "1", "--together", "1", "--json")
    done = dltui("sweep", "mlp-moons", *words, "--set", "train.steps=40", "--set", "data.from=builtin", "--on", "slurm")
    assert done.status == ExitStatus.OK, done.err
    assert len(json.loads(done.out)) == 3 and len(list(slurm.glob("*.sh"))) == 3
    assert all(cluster_job.of(run.path).on == "slurm" for run in runs.newest_first())


def test_verify_runs_its_seeds_side_by_side_and_leaves_nothing(dltui, slurm, home):
    done = dltui("verify", "mcculloch-pitts", "--seeds", "2", "--on", "slurm", "--json")
    assert done.status == ExitStatus.OK, done.err
    verdicts = json.loads(done.out)
    assert [verdict["seed"] for verdict in verdicts] == sorted(verdict["seed"] for verdict in verdicts)
    assert {verdict["seed"] for verdict in verdicts} == {0, 1} and len(list(slurm.glob("*.sh"))) == 2
    assert not list(home.glob("dltui-verify-*")) and not runs.newest_first()


def test_what_is_put_in_the_queue_of_the_cluster_waits_there(dltui, slurm):
    (slurm / fake_slurm.HELD).touch()
    done = dltui("queue", "add", "mlp-moons", "lenet-mnist", "train.steps=2", "--on", "slurm")
    first, second = map(runs.find, done.out.split())
    assert (first.info()["recipe"], second.info()["recipe"]) == ("mlp-moons", "lenet-mnist")
    assert first.info()["steps"] == 2 and runs.state(first).status == "starting"
    assert dltui("queue").err.startswith("Nothing waits")
    assert dltui("stop", first.id).status == ExitStatus.OK and (slurm / "1.cancelled").exists()
    assert runs.state(first).status == "stopped" and runs.state(second).status == "starting"
    refused = dltui("queue", "add", "mlp-moons", "--on", "slurm", "--notify")
    assert refused.status == ExitStatus.USAGE and "dltui run RECIPE --on slurm --notify" in refused.err


def test_a_job_that_somebody_else_cancels_ends_what_follows_it(dltui, slurm, monkeypatch):
    monkeypatch.setattr(cluster, "ASK_EVERY", 0.2)
    (slurm / fake_slurm.HELD).touch()
    dltui("run", "mlp-moons", "--on", "slurm", "--detach")
    run = runs.newest_first()[0]
    engine = cluster.JobEngine(run)
    assert not engine.ended()
    subprocess.run(["scancel", "1"], check=True)
    wait_until(engine.ended, 20)
    assert runs.state(run).status == "stopped"


@pytest.mark.parametrize("command", [("verify", "mlp-moons"), ("sweep", "mlp-moons", "optimizer.lr=0.1..0.2")])
def test_ctrl_c_takes_what_waits_out_of_the_queue(dltui, slurm, command):
    (slurm / fake_slurm.HELD).touch()

    def interrupt() -> None:
        wait_until(lambda: (slurm / "1.sh").exists(), LONG)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    result = dltui(*command, "--on", "slurm")
    thread.join()
    assert result.status == ExitStatus.INTERRUPTED and (slurm / "1.cancelled").exists()


def test_what_is_asked_of_no_cluster_is_refused(dltui):
    for command in (("verify", "mlp-moons"), ("sweep", "mlp-moons", "optimizer.lr=0.1..0.2"), ("queue", "add", "x")):
        refused = dltui(*command, "--gpus", "1")
        assert refused.status == ExitStatus.USAGE and "Name it: --on slurm" in refused.err
