"""Runs as jobs of a SLURM cluster, by submitit: `--on slurm` of run, sweep, verify and queue add.

A run's folder must lie on a disk that the login node and the computing nodes share. A job that nears its time limit
saves a checkpoint and is queued again; what it trains is what it would have trained in one piece.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import engine_control, launch
from dltui.recipes.recipe import Recipe
from dltui.runs import cluster_job, engine_lock, events, unattended
from dltui.runs import run as runs
from dltui.runs.cluster_job import ClusterJob
from dltui.runs.run import Run

FOLDER = "cluster"  # of a run: what submitit keeps of its job
NOTICE = 120  # seconds before the time limit in which the last checkpoint is saved
MOST_TIMES = 1000  # that a job is queued again
LOOK = 0.1  # seconds
ASK_EVERY = 30.0  # seconds between two questions whether the cluster still knows a job that waits
ANSWERS = 10.0  # seconds in which a command of SLURM does
INSTALL = "Install it: pip install 'dltui[slurm]'"


class Wanted(NamedTuple):
    """What a job asks the cluster for; partition: '' for its default."""

    partition: str = ""
    minutes: int = 60
    gpus: int = 0
    cpus: int = 2


def check(on: str, wanted: Wanted) -> None:
    """Raises DltuiError (2) for what cannot be asked for, (6) where there is no cluster or no submitit."""
    if on != "slurm":
        raise DltuiError(f'--on "{on}" is unknown.', "Valid: slurm.", ExitStatus.USAGE)
    low = [name for name, value in (("minutes", wanted.minutes), ("cpus", wanted.cpus)) if value < 1]
    if low or wanted.gpus < 0:
        name = low[0] if low else "gpus"
        what = f"--{name} must be at least {1 if low else 0}, not {getattr(wanted, name)}."
        raise DltuiError(what, "Example: --minutes 60 --gpus 1 --cpus 4", ExitStatus.USAGE)
    executor = _submitit().SlurmExecutor
    if executor.affinity() < 0:
        what = "--on slurm: there is no srun here."
        raise DltuiError(what, "Log in to a node of the cluster that submits jobs.", ExitStatus.DEVICE)


class JobEngine:
    """An engine that a job of the cluster is or will be; to who follows it, what launch.Engine is of this machine."""

    def __init__(self, run: Run, first: int = 0, watch: Callable[[Run], None] = lambda run: None):
        """first: seq of the first event that it can write. watch: is called with the run whenever its end is looked
        for."""
        self.run, self.first, self.ends_from, self.watch = run, first, first, watch
        self._asked = time.monotonic()  # when the cluster was asked for it

    def ended(self) -> bool:
        """Whether it is over: it wrote its end, its heart stands still, or the cluster does not know it any more."""
        self.watch(self.run)
        if time.monotonic() - self._asked > ASK_EVERY:
            self._asked = time.monotonic()
            if _is_forgotten(self.run):
                _withdrawn(self.run)
        return runs.engine_pid(self.run) is None and not runs.state(self.run).live

    def leave(self) -> None:
        """Lets the job go its own way."""

    def terminate(self) -> None:
        """Takes the job out of the cluster's queue, or asks its engine to save and stop."""
        with suppress(DltuiError):  # it ended in this moment
            if not withdraw(self.run):
                engine_control.request(self.run, "stop")

    def kill(self) -> None:
        """Has the cluster end the job, which has half a minute to save."""
        with suppress(DltuiError):
            if not withdraw(self.run):
                _cancel(self.run)


def start(
    recipe: Recipe, wanted: Wanted | None, *, owned: bool = False, **asked: object
) -> "launch.Engine | JobEngine":
    """Makes the folder of a new run and starts it: as a job of the cluster, or without `wanted` on this machine.

    owned, asked: see launch.start; a job outlives who asked for it. Raises DltuiError.
    """
    if wanted is None:
        return launch.start(recipe, owned=owned, **asked)
    run = launch.prepare(recipe, **asked)
    submit(run, wanted)
    return JobEngine(run)


def submit(run: Run, wanted: Wanted, on: Literal["slurm", "local"] = "slurm") -> str:
    """Submits the job that runs `run`, whose folder is made (launch.prepare); returns its number.

    on: local is a job of this machine, which is treated alike. Raises DltuiError (1) where the cluster refuses it.
    """
    submitit = _submitit()
    executor = submitit.AutoExecutor(
        run.path / FOLDER, cluster=on, slurm_max_num_timeout=MOST_TIMES, local_max_num_timeout=MOST_TIMES
    )
    executor.update_parameters(
        name=run.id,
        timeout_min=wanted.minutes,
        cpus_per_task=wanted.cpus,
        slurm_signal_delay_s=NOTICE,
        **({"gpus_per_node": wanted.gpus} if wanted.gpus else {}),
        **({"slurm_partition": wanted.partition} if wanted.partition else {}),
    )
    if run.log.exists():  # an end that it has come to is not the last word any more
        unattended.add(run, "note", level="info", text="submitted to the cluster, to go on")
    # before it is submitted: it may begin at once
    cluster_job.put(run.path, ClusterJob(on, cluster_job.WAITING))
    try:
        with _environment():
            job = executor.submit(EngineJob(str(run.path)))
    except (OSError, subprocess.SubprocessError, submitit.core.utils.FailedJobError) as error:
        cluster_job.put(run.path, ClusterJob(on, cluster_job.WITHDRAWN))
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise DltuiError(f"The cluster did not take {run.id}: {reason}", "See: sinfo, dltui run --help") from None
    return job.job_id


def withdraw(run: Run) -> bool:
    """Takes the job of a run that has not begun out of the cluster's queue; returns whether there was one.

    Raises DltuiError (1) where the cluster refuses.
    """
    job = cluster_job.of(run.path)
    if job is None or job.phase != cluster_job.WAITING or engine_lock.holder(run.lock):
        return False
    if job.on == "slurm":
        _cancel(run)
    _withdrawn(run)
    return True


def _cancel(run: Run) -> None:
    """Raises DltuiError (1) where the cluster refuses."""
    if number := _number(run):
        done = _asked_of_slurm("scancel", number)
        if done.returncode:
            raise DltuiError(f"{run.id}: scancel {number}: {done.stderr.strip()}", f"See: squeue -j {number}")


def _withdrawn(run: Run) -> None:
    """Writes the end of a run whose job will not begin."""
    cluster_job.put_phase(run.path, cluster_job.WITHDRAWN)
    state = runs.state(run)
    unattended.add(
        run, "finished", status="stopped", exit=int(ExitStatus.INTERRUPTED), step=state.step, steps=run.info()["steps"],
        summary=state.summary, expect=[], seconds=0.0, error="", hint="",
    )  # fmt: skip


def _is_forgotten(run: Run) -> bool:
    """Whether the cluster does not know a job that has not begun: somebody else has cancelled it."""
    job, number = cluster_job.of(run.path), _number(run)
    if job is None or (job.on, job.phase) != ("slurm", cluster_job.WAITING) or not number:
        return False
    told = _asked_of_slurm("squeue", "--noheader", "--jobs", number)
    gone = not told.stdout.strip() if told.returncode == 0 else "Invalid job id" in told.stderr
    return gone and cluster_job.waits(run.path) and not engine_lock.holder(run.lock)  # it may have begun meanwhile


def _asked_of_slurm(*command: str) -> subprocess.CompletedProcess[str]:
    """What a command of SLURM says; one that is not there, or hangs, has failed."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=ANSWERS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


class EngineJob:
    """What a computing node does: one engine, until it ends or the job's time does. submitit pickles it."""

    def __init__(self, folder: str):
        self.folder = folder

    def __call__(self) -> int:
        """Runs the engine from where the run stands; returns its exit status."""
        run = Run(Path(self.folder))
        engine = launch.launched(run)
        cluster_job.put_phase(run.path, cluster_job.STARTED)
        return engine.process.wait()

    def checkpoint(self):
        """Called by submitit when the job's time is almost over: saves, ends the engine, and asks to be queued again.

        It is ended as by a power cut, not stopped: the run has not come to an end, and who watches it goes on to.
        """
        from submitit.helpers import DelayedSubmission

        run = Run(Path(self.folder))
        _save(run)
        cluster_job.put_phase(run.path, cluster_job.WAITING)  # first: nobody is to take its end for that of the run
        engine_control.kill(run)  # and not waited for: it interrupts `wait`, which would wait for itself
        return DelayedSubmission(EngineJob(self.folder))

    def __getstate__(self) -> dict:
        return {"folder": self.folder}


def _number(run: Run) -> str:
    """The number of a run's newest job on its cluster, as submitit's files tell it; "" where it was not submitted."""
    files = (run.path / FOLDER).glob("*_submitted.pkl")
    return max((path.name.partition("_")[0] for path in files), key=lambda number: (len(number), number), default="")


def _save(run: Run) -> None:
    """Has a checkpoint saved, and waits for it as long as there is time; without one the run goes on from an older."""
    until = time.monotonic() + NOTICE / 2
    with suppress(DltuiError):  # it ended in this moment
        before = engine_lock.next_seq(run)
        engine_control.request(run, "save")
        while time.monotonic() < until and not _saved(run, before):
            time.sleep(LOOK)


def _saved(run: Run, since: int) -> bool:
    return any(event["kind"] == "checkpoint" and event["seq"] >= since for event in events.last_events(run.log))


@contextmanager
def _environment() -> Iterator[None]:
    """What the job inherits: where dltui is, and no module of the current folder in the place of another."""
    before = dict(os.environ)
    os.environ.update(launch.environment() | {"PYTHONSAFEPATH": "1"})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _submitit():
    try:
        import submitit  # 0.1 s, and not installed everywhere
    except ImportError:
        raise DltuiError("--on slurm needs submitit, which is not installed.", INSTALL, ExitStatus.DEVICE) from None
    return submitit
