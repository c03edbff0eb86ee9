#!/usr/bin/env python3
"""A sweep is killed -9 at random moments, alone and beside another that shares its study, and begun again.

    python tests/stress/sweep_kills.py [--sweeps 7] [--seed 0] [--minutes 10]

In the end every value that an undisturbed sweep of the seed tries must have been tried to its end, each once. A value
is lost where no trial of it is complete, doubled where more than one is. Engines train nothing (cli/valley_engine.py).
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import table
from table import Row, attempts

from dltui import paths

VALLEY = Path(__file__).parents[1] / "cli" / "valley_engine.py"
SITE = """
import sys
if "sweep" in sys.orig_argv:
    from dltui.jobs import launch
    launch.ENGINE_COMMAND = (sys.executable, {valley!r})
"""
SWEEP = [
    "sweep", "mlp-moons", "optimizer.lr=log:0.001..0.3", "--metric", "net.accuracy", "--goal", "max", "--together", "1",
    "--sampler", "random",
]  # fmt: skip
TRIALS = 6
KILLS = 3  # of one sweep, or of two at once
LONGEST = 6.0  # seconds after which it is killed, at most
PATIENCE = 300  # seconds for a sweep to end that is left alone


class Home:
    """A home with one sweep in it."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "site").mkdir(parents=True)
        root = str(paths.PACKAGE.parent)
        (folder / "site" / "sitecustomize.py").write_text(SITE.format(valley=str(VALLEY)))
        path = os.pathsep.join([str(folder / "site"), root])
        self.environment = {**os.environ, "DLTUI_HOME": str(folder / "home"), "PYTHONPATH": path}
        self.said = folder / "said"

    def sweep(self) -> subprocess.Popen:
        command = [sys.executable, "-m", "dltui", *SWEEP, "--trials", str(TRIALS), "--name", "night", "--json"]
        with open(self.said, "ab") as said, open(self.folder / "answer", "wb") as answer:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=answer, stderr=said, env=self.environment)

    def values(self) -> Counter:
        """Lets it come to its end; how often each learning rate was tried to the end."""
        ended = self.sweep().wait(PATIENCE)
        if ended:
            raise RuntimeError(f"status {ended}: {self.said.read_text()[-500:]}")
        trials = json.loads((self.folder / "answer").read_bytes())
        return Counter(round(one["values"]["optimizer.lr"], 12) for one in trials if one["state"] == "complete")

    def tracebacks(self) -> int:
        return self.said.read_text(errors="replace").count("Traceback (most")


def attacked(folder: Path, kills: Iterable[int], together: int, chance: random.Random, wanted: Counter) -> Row:
    """Kills sweeps, KILLS in each home, and lets one come to the end; prints what came of it."""
    lost = doubled = tracebacks = tried = survived = 0
    for number in kills:
        home = Home(folder / f"{together}-{number}")
        for _ in range(KILLS):
            for each in [home.sweep() for _ in range(together)]:
                time.sleep(chance.uniform(0.3, LONGEST) / together)
                each.send_signal(signal.SIGKILL)
                each.wait()
        found = home.values()
        lost += len(wanted - found)
        doubled += sum((found - wanted).values())
        tracebacks += home.tracebacks()
        tried += 1
        survived += found == wanted
    name = "sweep killed alone" if together == 1 else "sweep killed beside another"
    row = Row(name, tried, survived, lost, doubled, tracebacks, f"{KILLS * together} kills each")
    print(row, flush=True)
    return row


def main() -> int:
    """Prints a row an attack; returns 1 where anything was lost, doubled or met by a traceback."""
    given = table.options(__doc__, "sweeps", 7).parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="dltui-sweeps-") as made:
        wanted = Home(Path(made, "undisturbed")).values()
        assert len(wanted) == TRIALS, wanted
        print(table.HEADING)
        rows = [
            attacked(Path(made), attempts(given.count, given.minutes / 2), together, chance, wanted)
            for together in (1, 2)
        ]
    return int(not all(row.sound for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
