#!/usr/bin/env python3
"""Small nets trained together, as one batch of nets, against the same nets one after the other.

    python tests/bench/learners.py [--learners 10] [--blocks 20] [--steps 100] [--threads 1]

Blocks of steps alternate between the two in one process. Prints milliseconds a step of all learners, the ratio with its
quartiles, and the largest difference of a weight at the end.
"""

import argparse
import time
from functools import partial
from statistics import median, quantiles

import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.reading import sources
from dltui.engine.training.learner import Learner
from dltui.engine.training.vmapped import LARGEST, WORTH, VmappedGroup, groups
from dltui.recipes import recipe as recipes

CASES = {
    "mlp-moons, seeds": ("mlp-moons", {}, "train.seed", lambda n: n),
    "mlp-moons, rates of SGD": ("mlp-moons", {"optimizer.kind": "sgd"}, "optimizer.lr", lambda n: 0.01 * 1.5**n),
    "logistic-regression, seeds": ("logistic-regression", {}, "train.seed", lambda n: n),
    "mlp of 64-64 on digits, seeds": (
        "mlp-mnist",
        {"data.kind": "digits", "model.hidden": [64, 64], "model.dropout": 0.0},
        "train.seed",
        lambda n: n,
    ),
}


def lanes_of(name: str, changes: dict, key: str, value, count: int) -> list[Learner]:
    """`count` learners of the recipe's last variant, `key` changed in each."""
    made = []
    for number in range(count):
        *_, variant = recipes.load(name, {**changes, key: value(number)}).variants.values()
        data = sources.load(variant.data, "builtin", lambda text: None)
        made.append(Learner(str(number), variant, Rows(data, torch.device("cpu")), torch.device("cpu")))
    return made


def one_by_one(learners: list[Learner]) -> None:
    for learner in learners:
        learner.advance()


def seconds(step, count: int) -> float:
    begun = time.perf_counter()
    for _ in range(count):
        step()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("learners", 10), ("blocks", 20), ("steps", 100), ("threads", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    heads = ("alone ms", "together", "ratio", "quartiles", "difference")
    print(f"{f'{given.learners} learners':<32}", *(f"{head:>10}" for head in heads))
    for title, case in CASES.items():
        alone, grouped = lanes_of(*case, given.learners), lanes_of(*case, given.learners)
        (group,) = found if isinstance((found := groups(grouped, WORTH))[0], VmappedGroup) else (None,)
        if group is None:
            print(f"{title:<32} not trained together: more than {LARGEST} weights, or it cannot be traced")
            continue
        times = []
        for block in range(given.blocks + 1):
            one = seconds(partial(one_by_one, alone), given.steps)
            times.append((one, seconds(group.advance, given.steps)))
            if block == 0:
                weights = [[p for p in learner.nets["model"].parameters()] for learner in (*alone, *grouped)]
                pairs = zip(weights[: given.learners], weights[given.learners :], strict=True)
                apart = max((a - b).abs().max().item() for x, y in pairs for a, b in zip(x, y, strict=True))
        del times[0]
        low, ratio, high = quantiles([one / both for one, both in times], n=4)
        one, both = (median(column) / given.steps * 1e3 for column in zip(*times, strict=True))
        print(f"{title:<32} {one:>10.2f} {both:>10.2f} {ratio:>10.1f} {f'{low:.1f} {high:.1f}':>10} {apart:>10.0e}")


if __name__ == "__main__":
    main()
