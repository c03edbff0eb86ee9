#!/usr/bin/env python3
"""`dltui runs` in a home of 50,000 runs: seconds and those of CPU, with what is kept of them in the cache and without.

    python tests/bench/many_runs.py [--runs 50000] [--rounds 5] [--home FOLDER]

Each command is a fresh process; medians, and how far they spread. On a machine that does other things too the seconds
of CPU tell what an idle core would take. --home: is kept, and its runs are taken where it has some.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from startup import make_runs

LIMIT = 3  # seconds
COMMANDS = (
    ["runs"], ["runs", "--all"], ["runs", "status:done"], ["runs", "recipe:gan", "--all"], ["runs", "accuracy > 0.5"],
    ["runs", "optimizer.lr > 0.001"], ["runs", "optimizer.lr > 0.001", "--all"],
    ["runs", "--all", "--json"],
)  # fmt: skip


def taken(command: list[str]) -> tuple[float, float, int]:
    """Returns seconds, seconds of CPU, and MiB at most."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - begun, cpu, after.ru_maxrss >> 10


def measured(words: list[str], rounds: int, cache: Path | None) -> None:
    """Prints a line. cache: what is deleted before each round."""
    found = []
    for _ in range(rounds):
        if cache:
            shutil.rmtree(cache, ignore_errors=True)
        found.append(taken([str(Path(sys.executable).with_name("dltui")), *words]))
    wall, cpu, memory = zip(*found, strict=True)
    what, spread = " ".join(words) + (", no cache" if cache else ""), f"{min(wall):6.2f}-{max(wall):5.2f}"
    print(f"{what:40} {median(wall):7.2f} {spread} {median(cpu):7.2f} {max(memory):7}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        home = given.home or Path(made)
        os.environ["DLTUI_HOME"] = str(home)
        if not (home / "runs").exists():
            make_runs(given.runs)
        print(f"{len(os.listdir(home / 'runs')):,} runs; at most {LIMIT} s on a core of its own")
        print(f"{'':40} {'seconds':>7} {'':12} {'CPU s':>7} {'MiB':>7}")
        for words in COMMANDS[1], COMMANDS[5]:
            measured(words, given.rounds, home / "cache")
        for words in COMMANDS:
            measured(words, given.rounds, None)


if __name__ == "__main__":
    main()
