#!/usr/bin/env python3
"""A log of ten million steps, as telemetry writes it: how long it takes to open and draw, and in how much memory.

    python tests/bench/long_log.py [--steps 10000000] [--rate 760]

Telemetry itself writes the log, by a clock that runs as if `--rate` steps a second were taken. Then a fresh process
reads it as the live view does and draws its curves at 120 x 40; its peak memory is its own, numpy and all included.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PIECE = 20_000


def write(path: Path, steps: int, rate: float) -> None:
    import numpy as np

    from dltui.engine.training.metric_log import Telemetry
    from dltui.runs.events import EventLog

    log = EventLog(path)
    now = 0.0
    telemetry = Telemetry(log, lambda: now)
    chance = np.random.default_rng(0)
    for start in range(0, steps, PIECE):
        count = np.arange(start, min(start + PIECE, steps))
        losses = (2.3 * np.exp(-count / (steps / 6)) + 0.1 * chance.random(len(count))).tolist()
        for step, loss in zip(count.tolist(), losses, strict=True):
            now = step / rate
            telemetry.add("", step, {"loss": loss})
            if now >= telemetry.due:
                telemetry.flush(now)
    telemetry.flush(now)
    log.close()


def read(path: Path) -> None:
    from dltui.render.curves import render
    from dltui.render.terminal_capabilities import TerminalCapabilities
    from dltui.runs.events import Tail
    from dltui.runs.history import History

    begun = time.perf_counter()
    history = History()
    history.take(Tail(path).read())
    opened = time.perf_counter()
    curves = [(name, curve.steps, curve.values) for (_, name), curve in history.curves.items()]
    look = TerminalCapabilities(unicode=True, colours="true", dark=True)
    render(curves, 120, 40, look)
    drawn = time.perf_counter()
    render(curves, 120, 40, look)
    again = time.perf_counter()
    points = sum(len(curve.values) for curve in history.curves.values())
    # not ru_maxrss: it counts what the parent held, torch and all, at the moment of the fork
    peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    print(
        json.dumps(
            {"open": opened - begun, "draw": drawn - opened, "again": again - drawn, "points": points, "MiB": peak}
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10_000_000)
    parser.add_argument("--rate", type=float, default=760.0)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        return read(given.read)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        write(path, given.steps, given.rate)
        size = os.path.getsize(path) / 2**20
        print(f"{given.steps:,} steps at {given.rate:g} a second: a log of {size:.1f} MiB")
        print(f"{'open s':>8} {'draw s':>8} {'again s':>8} {'points':>9} {'MiB':>6}")
        for _ in range(5):
            out = subprocess.run([sys.executable, __file__, "--read", path], capture_output=True, text=True, check=True)
            row = json.loads(out.stdout)
            print(f"{row['open']:8.3f} {row['draw']:8.3f} {row['again']:8.3f} {row['points']:9,} {row['MiB']:6.1f}")


if __name__ == "__main__":
    main()
