"""`dltui run --nproc N`: real engines. One run is asked for everything that several processes must agree on."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dltui.errors import ExitStatus
from dltui.jobs import engine_control, launch
from dltui.runs import events
from dltui.runs import run as runs
from dltui.runs.run import Run
from tests.cli.conftest import wait_until

STARTS = 120  # seconds for two processes that import torch on a busy machine
LONG = ("mlp-moons", "train.steps=1000000", "train.batch=33", "--device", "cpu", "--data", "builtin")


@pytest.fixture(autouse=True)
def none_left(home):
    """What still runs at the end is ended."""
    yield
    for run in runs.newest_first():
        if runs.engine_pid(run):
            engine_control.kill(run)


def newest() -> Run | None:
    return next(iter(runs.newest_first()), None)


def controls(run: Run) -> list[str]:
    return [event["op"] for event in events.Tail(run.log).read() if event["kind"] == "control"]


def children_of(pid: int) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


@pytest.mark.timeout(400)
def test_processes_agree_on_what_is_asked_and_ctrl_c_stops_and_saves(dltui):
    """Pause, one step, a knob, going on, Ctrl-C: whoever were a step away from the other would wait for ever."""
    found: dict[str, object] = {}

    def ask() -> None:
        wait_until(lambda: newest() and runs.state(newest()).step > 5, STARTS)
        run = newest()
        found["children"] = children_of(runs.engine_pid(run))
        dltui("pause", run.id)
        wait_until(lambda: runs.state(run).status == "paused")
        paused = runs.state(run).step
        dltui("set", run.id, "net.optimizer.lr=0.003")
        dltui("resume", run.id)
        wait_until(lambda: runs.state(run).step > paused + 20)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    assert dltui("run", *LONG, "--nproc", "2", "--quiet").status == ExitStatus.INTERRUPTED
    thread.join()
    run, (child,) = newest(), found["children"]
    assert runs.state(run).status == "stopped" and run.has_checkpoint and run.info()["processes"] == 2
    assert controls(run)[:3] == ["pause", "set", "resume"]
    wait_until(lambda: not Path(f"/proc/{child}").exists())


@pytest.mark.timeout(400)
def test_torchrun_trains_a_run_that_was_prepared_and_one_process_goes_on_with_it(dltui):
    prepared = dltui("run", "mlp-moons", "train.steps=20", "--device", "cpu", "--data", "builtin", "--prepare")
    run = Run(Path(prepared.out.strip()))
    torchrun = (sys.executable, "-P", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    done = subprocess.run(
        [*torchrun, "-m", "dltui.engine", str(run.path)], env=launch.environment(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert runs.state(run).status == "done" and "2 processes share each batch" in run.log.read_text()
    result = dltui("run", "--resume", run.id, "train.steps=30", "--nproc", "1", "--json")
    last = json.loads(result.out.splitlines()[-1])
    assert (last["status"], last["step"], result.out.count("processes share")) == ("done", 30, 0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["kmeans", "--nproc", "2"], 'runs the algorithm "kmeans": it has no batches'),
        (["mlp-moons", "--nproc", "2", "--device", "cuda:1"], "each process takes the GPU of its own number"),
        (["mlp-moons", "--nproc", "9", "train.batch=17"], "leaves 9 processes less than two rows each"),
        (["mlp-moons", "--nproc", "-1"], "--nproc must be 1 to 1024, not -1"),
    ],
)
def test_what_cannot_be_shared_is_refused_before_anything_starts(dltui, words, says):
    refused = dltui("run", *words)
    assert refused.status == ExitStatus.USAGE and says in refused.err and not runs.newest_first()
