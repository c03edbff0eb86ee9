"""Runs as jobs of a SLURM cluster, by submitit: `dltui run X --on slurm`.

A run's folder must lie on a disk that the login node and the computing nodes share. A job that nears its time limit
saves a checkpoint and is queued again; what it trains is what it would have trained in one piece.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import engine_control, launch
from dltui.runs import cluster_job, engine_lock, events
from dltui.runs.cluster_job import ClusterJob
from dltui.runs.events import EventLog
from dltui.runs.run import Run

FOLDER = "cluster"  # of a run: what submitit keeps of its job
NOTICE = 120  # seconds before the time limit in which the last checkpoint is saved
MOST_TIMES = 1000  # that a job is queued again
LOOK = 0.1  # seconds
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
        raise DltuiError(what, "See: dltui run --help", ExitStatus.USAGE)
    executor = _submitit().SlurmExecutor
    if executor.affinity() < 0:
        what = "--on slurm: there is no srun here."
        raise DltuiError(what, "Log in to a node of the cluster that submits jobs.", ExitStatus.DEVICE)


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
    number = _number(run)
    if job.on == "slurm" and number:
        done = subprocess.run(["scancel", number], capture_output=True, text=True, check=False)
        if done.returncode:
            raise DltuiError(f"{run.id}: scancel {number}: {done.stderr.strip()}", f"See: squeue -j {number}")
    lock = engine_lock.claim(run)
    try:
        cluster_job.put_phase(run.path, cluster_job.WITHDRAWN)
        last = events.last_event(run.log) or {}
        log = EventLog(run.log)
        log.write(
            "finished", status="stopped", exit=int(ExitStatus.INTERRUPTED), step=last.get("step", 0),
            steps=run.info()["steps"], summary={}, expect=[], seconds=0.0, error="", hint="",
        )  # fmt: skip
        log.sync()
        log.close()
    finally:
        os.close(lock)
    return True


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
    """The number of a run's job on its cluster, as submitit's files tell it; "" where it was not submitted."""
    return next((path.name.partition("_")[0] for path in (run.path / FOLDER).glob("*_submitted.pkl")), "")


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
