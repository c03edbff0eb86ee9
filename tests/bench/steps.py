#!/usr/bin/env python3
"""Steps per second of the engine against a loop written by hand, on the same net, batches and threads.

    python tests/bench/steps.py [mlp-mnist lenet-mnist ...] [--blocks 20] [--seconds 1.0] [--no-view]

Blocks of steps alternate between the two in one process, so a slow moment of the machine meets both. Telemetry is on,
and `dltui attach` shows the run on a terminal (a pty whose bytes are thrown away) all the while. Prints the median
time of a block, the ratio with its quartiles, and whether the weights came out equal to the bit.
"""

import argparse
import os
import pty
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dltui.engine import __main__ as engine
from dltui.engine.contracts.batch_sampler import epoch_order
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.device.threads import choose
from dltui.engine.training.control import Control
from dltui.engine.training.loop import Loop
from dltui.engine.training.session import load_rows, make_learners
from dltui.recipes import recipe as recipes
from dltui.runs import run as runs
from dltui.runs.events import EventLog


def by_hand(net: nn.Module, lr: float, batch: int, data: Dataset) -> Iterator[None]:
    """What a user would write: one step each time it is asked for the next."""
    inputs, targets = as_floats(data.train.inputs), data.train.targets
    optimizer = torch.optim.Adam(net.parameters(), lr, fused=True)
    epoch = 0
    while True:
        for rows in epoch_order(len(inputs), 0, epoch)[: len(inputs) // batch * batch].split(batch):
            optimizer.zero_grad(set_to_none=True)
            cross_entropy(net(inputs[rows]), targets[rows]).backward()
            optimizer.step()
            yield
        epoch += 1


def watch(run: runs.Run) -> subprocess.Popen:
    """Starts `dltui attach` on a terminal of 120 x 40 whose output is thrown away."""
    master, slave = pty.openpty()
    os.set_blocking(master, True)
    environment = {**os.environ, "COLUMNS": "120", "LINES": "40", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    command = [sys.executable, "-m", "dltui", "attach", run.id]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    threading.Thread(target=drain, args=(master,), daemon=True).start()
    return process


def drain(handle: int) -> None:
    while True:
        try:
            if not os.read(handle, 1 << 16):
                return
        except OSError:
            return


def compare(name: str, blocks: int, seconds: float, *, view: bool) -> None:
    recipe = recipes.load(name, {"data.from": "builtin", "train.picture_seconds": 1e9, "train.checkpoint_seconds": 1e9})
    run = runs.create(name, recipes.to_toml(recipe), {})
    with engine.hold(run):
        log = EventLog(run.log)
        where = torch.device("cpu")
        rows = load_rows(recipe, where, log)
        spare = make_learners(recipe, rows, where, "fp32")[0]
        threads, measured = choose(spare.advance, torch.get_num_threads())
        learner = make_learners(recipe, rows, where, "fp32")[0]
        twin = make_learners(recipe, rows, where, "fp32")[0].nets["model"]
        loop = Loop([learner], run, log, Control(run.control))
        loop._look = lambda *, evaluate: None  # looks and checkpoints are no part of a loop by hand
        loop.save = lambda: None
        log.write(
            "started",
            device="cpu",
            precision="fp32",
            threads=threads,
            params=learner.params,
            series=[""],
            steps=10_000_000,
            step=0,
            knobs=learner.knobs(),
            classes=[],
            task="classify",
            data={"kind": "mnist", "from": "builtin", "rows": len(learner.task.rows.train), "detail": ""},
        )
        viewer = watch(run) if view else None
        hand = by_hand(twin, recipe.table["optimizer"]["lr"], recipe.train["batch"], next(iter(rows.values())).data)
        steps = max(20, int(seconds / measured[threads]))
        times = {"hand": [], "engine": []}
        for block in range(blocks + 1):
            for which in ("hand", "engine") if block % 2 else ("engine", "hand"):
                begun = time.perf_counter()
                if which == "hand":
                    for _ in range(steps):
                        next(hand)
                else:
                    loop.training = loop.training._replace(steps=loop.step + steps)
                    loop.train()
                if block:  # the first warms up
                    times[which].append(time.perf_counter() - begun)
        if viewer:
            assert viewer.poll() is None, "the live view ended before the measurement"
            viewer.kill()
        log.close()
    equal = all(torch.equal(a, b) for a, b in zip(twin.parameters(), learner.nets["model"].parameters(), strict=True))
    ratios = [ours / theirs for ours, theirs in zip(times["engine"], times["hand"], strict=True)]
    low, _, high = quantiles(ratios, n=4)
    noise = max(times["hand"]) / min(times["hand"]) - 1
    print(
        f"{name:14} {threads:7} {steps / median(times['hand']):10.1f} {steps / median(times['engine']):10.1f} "
        f"{median(ratios):7.3f}  {low:.3f}-{high:.3f} {noise:7.1%}  {'equal' if equal else 'DIFFERENT'}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", default=["mlp-mnist", "lenet-mnist"])
    parser.add_argument("--blocks", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--no-view", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["DLTUI_HOME"] = str(Path(home))
        print(
            f"{'recipe':14} {'threads':>7} {'hand/s':>10} {'engine/s':>10} {'ratio':>7}  "
            f"quartiles   {'noise':>7}  weights"
        )
        for name in given.recipes:
            compare(name, given.blocks, given.seconds, view=not given.no_view)


if __name__ == "__main__":
    main()
