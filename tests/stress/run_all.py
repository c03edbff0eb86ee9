#!/usr/bin/env python3
"""All attacks, one after the other, in bounded time: python tests/stress/run_all.py [--minutes 30]

Each goes on for its share of the time and prints what came of it; in the end the rows stand in one table. What is not
through some minutes after its share is ended, and counts as a fault.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import table
from table import Row

HERE = Path(__file__).parent
SHARES = {"queue_kills": 0.2, "sweep_kills": 0.15, "log_mutants": 0.35, "signal_storms": 0.15, "engine_kills": 0.15}
COUNTS = {"queue_kills": "kills", "sweep_kills": "sweeps", "log_mutants": "mutants", "signal_storms": "storms",
    "engine_kills": "runs"}  # fmt: skip
MOST = 10_000  # of each attack: what bounds it is its share of the time
# a log of few events, of every kind: what is damaged in it is met by every reader, and read in a fraction of a second
VICTIM = ["run", "mlp-moons", "train.steps=40", "train.evaluate_every=20", "--quiet", "--data", "builtin"]
GRACE = 3.0  # minutes in which what was begun comes to its end
LEAVE = 20.0  # seconds in which an attack that is ended cleans up


def commands(run: str, minutes: float) -> dict[str, list[str]]:
    """Name -> its command."""
    found = {
        name: [
            sys.executable, str(HERE / f"{name}.py"), "--minutes", str(minutes * share), f"--{COUNTS[name]}", str(MOST)
        ]
        for name, share in SHARES.items()
    }  # fmt: skip
    found["log_mutants"].append(run)
    return found


def attacked(name: str, command: list[str], minutes: float, environment: dict[str, str]) -> list[Row]:
    """Runs an attack, shows what it says, and returns its rows; one more where it ends badly without a row that says
    so."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)
    late = threading.Timer(60 * (minutes + GRACE), ended, [process])
    late.start()
    rows = []
    with process:
        for line in process.stdout:
            print(line, end="", flush=True)
            if row := table.row_of(line):
                rows.append(row)
    late.cancel()
    if process.returncode and all(row.sound for row in rows):
        rows.append(Row(name, 1, 0, beside=f"ended with status {process.returncode}"))
    return rows


def ended(process: subprocess.Popen) -> None:
    """Ends an attack as Ctrl-C does, so that it cleans up, then with all its processes."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(LEAVE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def main() -> int:
    """Returns 1 where any attack found a fault."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30, help="for all of them")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="dltui-stress-", ignore_cleanup_errors=True) as folder:
        # engines end when their folders are gone: none is left behind by an attack that had to be ended
        environment = os.environ | {"TMPDIR": folder, "DLTUI_HOME": str(Path(folder, "home"))}
        subprocess.run([sys.executable, "-m", "dltui", *VICTIM], env=environment, check=True)
        (run,) = Path(folder, "home", "runs").iterdir()
        for name, command in commands(str(run), given.minutes).items():
            begun = time.monotonic()
            rows += attacked(name, command, given.minutes * SHARES[name], environment)
            print(f"{name}: {time.monotonic() - begun:.0f} s\n", flush=True)
    print(table.HEADING, *rows, Row("all", *map(sum, zip(*(row[1:6] for row in rows), strict=True))), sep="\n")
    return int(not all(row.sound for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
