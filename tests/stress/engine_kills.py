#!/usr/bin/env python3
"""A training engine is killed -9 at random moments, ten times a run; then it must end as an undisturbed one does.

    python tests/stress/engine_kills.py [--runs 10] [--seed 0] [--minutes 10]

A run is lost where it does not end, or ends with other weights; doubled where a step stands twice in what is shown. The
engines are forked from this process, which has torch imported already. Checkpoints come every hundredth of a second.
"""

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import table
from table import Row, attempts

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch

from dltui.engine.training import checkpoint
from dltui.runs import run as runs
from tests.forked import ended, history_of, start_engine

KILLS = 10  # of a run
STEPS = 1500
LONGEST = 0.35  # seconds after its start at which an engine is killed, at most
RECIPE = f"""
title = "blobs"
task = {{ kind = "classify" }}
data = {{ kind = "clouds", shape = "moons", from = "builtin" }}
model = {{ kind = "mlp", hidden = [8], dropout = 0.2 }}
optimizer = {{ kind = "adam", lr = 0.01 }}
train = {{ steps = {STEPS}, evaluate_every = 100, checkpoint_seconds = 0.01, picture_seconds = 0.05 }}
"""


def made() -> runs.Run:
    return runs.create("blobs", RECIPE, {"threads": 1, "device": "cpu"})


def weights(run: runs.Run) -> dict[str, torch.Tensor]:
    """Those of the last checkpoint, and what the optimizer keeps."""
    last = checkpoint.read(checkpoint.saved(run.checkpoints)[0])
    return {name: tensor for name, tensor in last.tensors.items() if "/net/" in name or "/optimizer/" in name}


def killed(chance: random.Random) -> runs.Run:
    """A run that was killed KILLS times and then came to its end, if it did."""
    run = made()
    for _ in range(KILLS):
        pid = start_engine(run)
        time.sleep(chance.uniform(0.02, LONGEST))
        os.kill(pid, signal.SIGKILL)
        ended(pid)
    ended(start_engine(run))
    return run


def main() -> int:
    """Prints what became of the runs; returns 1 where one was lost, doubled or met by a traceback."""
    given = table.options(__doc__, "runs", 10).parse_args()
    chance = random.Random(given.seed)
    tried = survived = lost = doubled = tracebacks = 0
    with tempfile.TemporaryDirectory(prefix="dltui-engines-") as home:
        os.environ["DLTUI_HOME"] = home
        undisturbed = made()
        assert ended(start_engine(undisturbed)) == 0, undisturbed.engine_log.read_text()
        wanted = weights(undisturbed)
        for _ in attempts(given.count, given.minutes):
            run = killed(chance)
            found = weights(run) if runs.state(run).status == "done" else {}
            same = found.keys() == wanted.keys() and all(torch.equal(found[name], wanted[name]) for name in wanted)
            steps = list(history_of(run).curves["", "loss"].steps)
            twice = len(steps) - len(set(steps))
            tried += 1
            lost += not same
            doubled += bool(twice)
            survived += same and not twice
            tracebacks += run.engine_log.read_text(errors="replace").count("Traceback (most")
    row = Row("engine killed", tried, survived, lost, doubled, tracebacks, f"{KILLS} kills each")
    print(table.HEADING, row, sep="\n")
    return int(not row.sound)


if __name__ == "__main__":
    raise SystemExit(main())
