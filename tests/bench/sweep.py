#!/usr/bin/env python3
"""A sweep over learning rates: its trials one by one, each a run of its own, against all as one batch of nets.

    python tests/bench/sweep.py [--recipe mlp-moons] [--metric net.test_loss] [--trials 10] [--rounds 3] [--steps 0]

Rounds alternate: the whole sweep as one batch, then some of the trials one by one. Prints the median seconds of a
trial alone, that of all one by one, of all together, the ratio, and the largest relative difference of a trial's value.
"""

import argparse
import os
import tempfile
import time
from statistics import median

from dltui.recipes import recipe as recipes
from dltui.search import space as search_space
from dltui.search import storage
from dltui.search import study as sweep
from dltui.search.trials import Trials


def made(plan: sweep.Plan, home: str, rates: list[float], name: str) -> tuple[float, list[float]]:
    """Sweeps a grid of rates. Returns its seconds and the trials' values."""
    space = search_space.parse("optimizer.lr=" + "|".join(map(str, rates)))
    plan = plan._replace(spaces=(space,), trials=len(rates))
    study = sweep.study_of(plan, name, storage.opened(f"sqlite:///{home}/bench.db"), 0)
    begun = time.perf_counter()
    while sweep.left(study, plan):
        list(Trials(study, plan).next())
    return time.perf_counter() - begun, [trial.value for trial in study.trials]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="mlp-moons")
    parser.add_argument("--metric", default="net.test_loss")
    for name, default in (("trials", 10), ("rounds", 3), ("steps", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    changes = {"data.from": "builtin"} | ({"train.steps": given.steps} if given.steps else {})
    steps = recipes.load(given.recipe, changes).train["steps"]
    plan = sweep.Plan(given.recipe, changes, (), sweep.Goal(given.metric, False), "grid", device="cpu")
    rates = [round(1e-4 * 1.8**number, 6) for number in range(given.trials)]
    alone: list[float] = []
    vmapped: list[float] = []
    apart = 0.0
    with tempfile.TemporaryDirectory() as home:
        os.environ["DLTUI_HOME"] = home
        for number in range(given.rounds):
            took, values = made(plan._replace(together=given.trials), home, rates, f"together-{number}")
            vmapped.append(took)
            for rate, value in list(zip(rates, values, strict=True))[number :: given.rounds]:
                took, (own,) = made(plan._replace(together=1), home, [rate], f"alone-{rate}")
                alone.append(took)
                apart = max(apart, abs(own - value) / abs(own))
    one_by_one = median(alone) * given.trials
    print(f"{given.recipe}, {given.trials} rates, {steps} steps")
    print(f"{'one alone s':>12} {'one by one':>12} {'together s':>12} {'ratio':>8} {'difference':>11}")
    both = median(vmapped)
    print(f"{median(alone):>12.1f} {one_by_one:>12.1f} {both:>12.1f} {one_by_one / both:>8.1f} {apart:>11.1e}")


if __name__ == "__main__":
    main()
