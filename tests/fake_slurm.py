"""SLURM's commands on one machine, for tests: a folder of them for PATH, where each job begins at once, or is held.

`python fake_slurm.py COMMAND ARGUMENT...` is one of them; what they know of jobs lies in the folder $FAKE_SLURM.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

COMMANDS = ("sbatch", "srun", "scancel", "squeue", "scontrol")
OF_A_TASK = {"SLURM_NTASKS": "1", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0",
             "SLURM_JOB_NUM_NODES": "1"}  # fmt: skip
HELD = "held"  # a file: jobs wait while it is there


def install(monkeypatch, folder: Path) -> Path:
    """Puts the commands on the PATH of the test and of what it starts; returns the folder with what they know."""
    commands, jobs = folder / "bin", folder / "jobs"
    commands.mkdir(parents=True)
    jobs.mkdir()
    for name in COMMANDS:
        (commands / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" {name} "$@"\n')
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(commands), os.environ["PATH"]]))
    monkeypatch.setenv("FAKE_SLURM", str(jobs))
    return jobs


def end_all(jobs: Path) -> None:
    """Ends every job, as the machine's end would."""
    for job in jobs.glob("*.pid"):
        with suppress(ProcessLookupError):
            os.killpg(int(job.read_text()), signal.SIGKILL)


def sbatch(jobs: Path, script: str) -> int:
    number = len(list(jobs.glob("*.sh"))) + 1
    while True:  # several are submitted in the same moment
        try:
            with open(jobs / f"{number}.sh", "x") as file:
                file.write(Path(script).read_text())
            break
        except FileExistsError:
            number += 1
    if not (jobs / HELD).exists():
        _begin(jobs, str(number))
    print(f"Submitted batch job {number}")
    return 0


def _begin(jobs: Path, number: str) -> None:
    with open(jobs / f"{number}.out", "ab") as said:
        process = subprocess.Popen(
            ["bash", str(jobs / f"{number}.sh")],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
            env=os.environ | OF_A_TASK | {"SLURM_JOB_ID": number},
        )  # fmt: skip
    (jobs / f"{number}.pid").write_text(str(process.pid))


def srun(jobs: Path, *words: str) -> int:
    left = list(words)
    while left[0].startswith("--"):
        option = left.pop(0)
        if option in ("--output", "--error"):
            left.pop(0)
    os.execvp(left[0], left)


def scancel(jobs: Path, number: str) -> int:
    pid = jobs / f"{number}.pid"
    if pid.exists():
        with suppress(ProcessLookupError):
            os.killpg(int(pid.read_text()), signal.SIGTERM)
    (jobs / f"{number}.cancelled").touch()
    return 0


def squeue(jobs: Path, *words: str) -> int:
    number = words[-1]
    if (jobs / f"{number}.cancelled").exists():
        print("slurm_load_jobs error: Invalid job id specified", file=sys.stderr)
        return 1
    print(number, "RUNNING" if (jobs / f"{number}.pid").exists() else "PENDING")
    return 0


def scontrol(jobs: Path, word: str, number: str) -> int:
    assert word == "requeue"
    if os.fork() == 0:
        os.setsid()
        before = int((jobs / f"{number}.pid").read_text())
        while Path(f"/proc/{before}").exists():
            time.sleep(0.05)
        _begin(jobs, number)
        os._exit(0)
    return 0


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    sys.exit(globals()[name](Path(os.environ["FAKE_SLURM"]), *rest))
