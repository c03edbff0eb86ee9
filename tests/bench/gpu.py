#!/usr/bin/env python3
"""Steps per second of the engine against loops written by hand with every trick, on a GPU or, smaller, on a CPU.

    python tests/bench/gpu.py [lenet-mnist resnet ...] [--rounds 20] [--seconds 1.0] [--full] [--small] [--busy]

A hand loop has the same nets, batch, precision and rows: rows as floats on the device, convolutions in channels_last
and bf16 where the device is a GPU that has it, a fused optimizer, no look at the loss, no log. Rounds of the two are
interleaved in one process, so that a slow moment meets both; on CUDA they are measured by events, with no wait between
steps. The engine writes its log. Of each, engine/hand: operations a step (on CUDA kernels that are launched, on a CPU
those that are dispatched); the most memory that a step holds beside weights and rows; the first step, which pays for
kernels being chosen. The goal is a ratio (engine / hand) of 0.97.
"""

import argparse
import copy
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd import DeviceType
from torch.nn.functional import cross_entropy, logsigmoid
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode

from dltui.engine.contracts.dataset import as_floats
from dltui.engine.contracts.rows import Rows
from dltui.engine.device import device as devices
from dltui.engine.device.device import autocast
from dltui.engine.reading import sources
from dltui.engine.tasks.diffuse import SCHEDULES
from dltui.engine.tasks.segment import _turned
from dltui.engine.training.control import Control
from dltui.engine.training.learner import Learner
from dltui.engine.training.loop import Loop
from dltui.engine.training.session import make_learner
from dltui.engine.training.step_parts import Clock, clock_of
from dltui.engine.training.step_profile import taken_by
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs import run as runs
from dltui.runs.events import EventLog

GOAL = 0.97
ENDLESS = 1_000_000  # steps of a run that is measured: schedules hardly move
SMALL = {  # what makes a step of a few milliseconds on a CPU
    "resnet": {"model.depth": 18, "model.width": 8, "train.batch": 16, "data.test_rows": 100},
    "ddpm": {"model.widths": [8, 16], "train.batch": 8},
    "char-rnn": {"model.hidden": 32, "train.batch": 8},
    "unet-cells": {"model.width": 4, "train.batch": 4},
    "yolo": {"model.width": 8, "train.batch": 8},
}
QUIET = {"train.picture_seconds": 1e9, "train.checkpoint_seconds": 1e9, "train.steps": ENDLESS}


# -- loops by hand -----------------------------------------------------------------------------------------------------


class Hand(NamedTuple):
    """What a loop by hand is made of: nets in training, rows (N, ...) and targets (N, ...) on the device."""

    nets: dict[str, nn.Module]
    x: Tensor
    y: Tensor
    recipe: Recipe
    precision: str

    def batches(self) -> Iterator[Tensor]:
        """Rows of batch after batch (B,), each epoch in an order of its own that is drawn on the device."""
        size = self.recipe.train["batch"]
        while True:
            yield from torch.randperm(len(self.x), device=self.x.device)[: len(self.x) // size * size].split(size)

    def adam(self, role: str = "model") -> torch.optim.Optimizer:
        given = self.recipe.optimizer(role).options
        betas = (given.get("beta1", 0.9), given.get("beta2", 0.999))
        return torch.optim.Adam(self.nets[role].parameters(), given["lr"], betas, fused=True)


def one_net(hand: Hand, loss: Callable[[Tensor], Tensor], after: Callable[[], None] | None = None) -> Iterator[None]:
    """One step each time that the next is asked for."""
    optimizer, clip = hand.adam(), hand.recipe.train.get("clip", 0.0)
    weights, parts = list(hand.nets["model"].parameters()), hand.recipe.part("schedule")
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, optimizer.defaults["lr"], ENDLESS) if parts else None
    for rows in hand.batches():
        with autocast(hand.precision, hand.x.device):
            error = loss(rows)
        optimizer.zero_grad(set_to_none=True)
        error.backward()
        if clip:
            nn.utils.clip_grad_norm_(weights, clip)
        optimizer.step()
        if schedule:
            schedule.step()
        if after:
            after()
        yield


def classifier(hand: Hand) -> Iterator[None]:
    net, x, y = hand.nets["model"], hand.x, hand.y
    return one_net(hand, lambda rows: cross_entropy(net(x[rows]), y[rows]))


def language_model(hand: Hand) -> Iterator[None]:
    net, x, y = hand.nets["model"], hand.x, hand.y
    return one_net(hand, lambda rows: cross_entropy(net(x[rows]).flatten(0, 1), y[rows].flatten()))


def detector(hand: Hand) -> Iterator[None]:
    net, x, y = hand.nets["model"], hand.x, hand.y
    return one_net(hand, lambda rows: net.loss(x[rows], y[rows]))


def segmenter(hand: Hand) -> Iterator[None]:
    """All pixels weigh the same in the recipe's first variant; pictures are turned and mirrored at random."""
    net, x, y = hand.nets["model"], hand.x, hand.y.long()
    weights = torch.ones(y.shape, device=x.device)

    def loss(rows: Tensor) -> Tensor:
        turns, flip = (torch.randint(most, rows.shape, device=rows.device) for most in (4, 2))
        pictures, borders, w = (_turned(part[rows], turns, flip) for part in (x, y, weights))
        errors = cross_entropy(net(pictures), borders, reduction="none")
        return (w * errors).sum() / w.sum()

    return one_net(hand, loss)


def diffusion(hand: Hand) -> Iterator[None]:
    """Velocity is predicted; the weights' moving average is kept, as in the recipe."""
    net, x = hand.nets["model"], (hand.x - hand.x.mean()) / hand.x.std()
    abar = SCHEDULES["cosine"](1000).to(x.device)
    average, decay = copy.deepcopy(net).requires_grad_(False), 0.99
    ours, theirs = ([*one.parameters(), *one.buffers()] for one in (average, net))

    def loss(rows: Tensor) -> Tensor:
        count, x_0 = len(rows), x[rows]
        shares = (torch.arange(count, device=x.device) / count + torch.rand((), device=x.device)) % 1
        t = 1 + (shares * 1000).long().clamp(max=999)
        a, eps = abar[t][:, None, None, None], torch.randn_like(x_0)
        predicted = net(a.sqrt() * x_0 + (1 - a).sqrt() * eps, t)
        return (predicted - (a.sqrt() * eps - (1 - a).sqrt() * x_0)).square().mean()

    def follow() -> None:
        with torch.no_grad():
            torch._foreach_lerp_(ours, theirs, 1 - decay)

    return one_net(hand, loss, follow)


def gan(hand: Hand) -> Iterator[None]:
    G, D, device = hand.nets["generator"], hand.nets["discriminator"], hand.x.device
    real, decay = hand.x * 2 - 1, hand.recipe.task.options["average"]
    of_g, of_d, moved = hand.adam("generator"), hand.adam("discriminator"), list(G.parameters())
    average = copy.deepcopy(G).requires_grad_(False)
    ours, theirs = ([t for t in one.state_dict().values() if t.is_floating_point()] for one in (average, G))
    for rows in hand.batches():
        z = torch.randn(2, len(rows), G.latent, device=device)
        with autocast(hand.precision, device):
            with torch.no_grad():
                fakes = G(z[0]).view(-1, *real.shape[1:])
            error = -(logsigmoid(D(real[rows])) + logsigmoid(-D(fakes))).mean()
        of_d.zero_grad(set_to_none=True)
        error.backward()
        of_d.step()
        with autocast(hand.precision, device):
            error = -logsigmoid(D(G(z[1]).view(-1, *real.shape[1:]))).mean()
        of_g.zero_grad(set_to_none=True)
        error.backward(inputs=moved)  # the gradients of D's own weights are not needed
        of_g.step()
        with torch.no_grad():
            torch._foreach_lerp_(ours, theirs, 1 - decay)
        yield


HANDS = {
    "lenet-mnist": classifier,
    "resnet": classifier,
    "gan-mnist": gan,
    "ddpm": diffusion,
    "char-rnn": language_model,
    "unet-cells": segmenter,
    "yolo": detector,
}


# -- measuring ---------------------------------------------------------------------------------------------------------


class Operations(TorchDispatchMode):
    """Counts the operations that are dispatched."""

    count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += 1
        return function(*args, **(kwargs or {}))


def operations(step: Callable[[], object], device: torch.device, steps: int = 4) -> float:
    """Returns how many kernels a step launches on CUDA, elsewhere how many operations it dispatches."""
    if device.type == "cuda":
        with profile(activities=[ProfilerActivity.CUDA]) as found:
            for _ in range(steps):
                step()
            torch.cuda.synchronize(device)
        kernels = [one for one in found.key_averages() if one.device_type == DeviceType.CUDA]
        return sum(one.count for one in kernels if not one.is_user_annotation) / steps
    with Operations() as counted:
        for _ in range(steps):
            step()
    return counted.count / steps


class Measured(NamedTuple):
    """Of one of the two: seconds of its first step and of a step in each round, operations and bytes of a step."""

    first: float
    seconds: list[float]
    operations: float
    memory: int | None


def engine_loop(learner: Learner, name: str, text: str) -> tuple[Callable[[int], None], EventLog]:
    """Returns what takes so many steps of the engine's loop, without looks, and the log that it writes."""
    run = runs.create(name, text, {})
    log = EventLog(run.log)
    loop = Loop([learner], run, log, Control(run.control))
    loop._look = lambda *, evaluate: None  # looks and checkpoints are no part of a loop by hand
    loop.save = lambda: None

    def take(steps: int) -> None:
        loop.training = loop.training._replace(steps=loop.step + steps)
        loop.train()

    return take, log


def compare(name: str, given: argparse.Namespace, device: torch.device) -> str:
    """Returns a row of the table."""
    recipe = recipes.load(name, {**QUIET, "data.from": "builtin", **(SMALL.get(name, {}) if given.small else {})},
                          full=given.full)  # fmt: skip
    series, variant = next(iter(recipe.variants.items()))
    precision = devices.precision("auto", device)
    data = sources.load(variant.data, "builtin", lambda text: None)
    rows = Rows(data, device, variant.data.kind)
    learner = make_learner(series, variant, rows, device, precision)
    nets = make_learner(series, variant, rows, device, precision).nets
    if device.type == "cuda" and data.train.inputs.dim() == 4:
        nets = {role: net.to(memory_format=torch.channels_last) for role, net in nets.items()}
    x = as_floats(data.train.inputs.to(device))
    if device.type == "cuda" and x.dim() == 4:
        x = x.contiguous(memory_format=torch.channels_last)
    hand = HANDS[name](Hand(nets, x, data.train.targets.to(device), variant, precision))
    of_engine, log = engine_loop(learner, name, recipes.to_toml(recipe))

    def of_hand(steps: int) -> None:
        for _ in range(steps):
            next(hand)

    takes = {"hand": of_hand, "engine": of_engine}
    clock = Clock(time.process_time, lambda a, b: b - a, lambda: None) if given.busy else clock_of(device)

    def seconds(which: str, steps: int) -> float:
        clock.wait()
        begun = clock.now()
        takes[which](steps)
        ended = clock.now()
        clock.wait()
        return clock.between(begun, ended)

    firsts = {which: seconds(which, 1) for which in takes}
    steps = given.steps or max(5, int(given.seconds / median(seconds("hand", 1) for _ in range(5))))
    times: dict[str, list[float]] = {"hand": [], "engine": []}
    for number in range(given.rounds + 1):
        for which in ("hand", "engine") if number % 2 else ("engine", "hand"):
            taken = seconds(which, steps) / steps
            if number:  # the first warms up
                times[which].append(taken)
    found = {}
    for which, step in (("hand", lambda: next(hand)), ("engine", learner.advance)):
        counted = operations(step, device)
        found[which] = Measured(firsts[which], times[which], counted, taken_by(step, device))
    log.close()
    return row(name, found["hand"], found["engine"])


def row(name: str, hand: Measured, ours: Measured) -> str:
    ratios = sorted(theirs / mine for mine, theirs in zip(ours.seconds, hand.seconds, strict=True))
    low, middle, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    noise = max(hand.seconds) / min(hand.seconds) - 1
    memory = "/".join("-" if one.memory is None else f"{one.memory / 1e6:.1f}" for one in (ours, hand))
    return (
        f"{name:12} {1 / median(hand.seconds):9.1f} {1 / median(ours.seconds):9.1f} {middle:6.3f} "
        f"{f'{low:.3f}-{high:.3f}':>12} {noise:6.0%} {'yes' if middle >= GOAL else 'no':>5} "
        f"{f'{ours.operations:.0f}/{hand.operations:.0f}':>11} {memory:>13} "
        f"{f'{ours.first * 1e3:.0f}/{hand.first * 1e3:.0f}':>11}"
    )


HEAD = (
    f"{'recipe':12} {'hand/s':>9} {'engine/s':>9} {'ratio':>6} {'quartiles':>12} {'noise':>6} {f'{GOAL}?':>5} "
    f"{'operations':>11} {'memory MB':>13} {'first ms':>11}"
)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help=f"of {', '.join(HANDS)}")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one round of one of the two")
    parser.add_argument("--steps", type=int, default=0, help="of one round, in place of --seconds")
    parser.add_argument("--small", action="store_true", help="smaller nets and batches, as without CUDA")
    parser.add_argument("--full", action="store_true", help="the published sizes")
    parser.add_argument("--busy", action="store_true", help="processor time, on a CPU that others use too")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=1, help="on a CPU")
    given = parser.parse_args(arguments)
    if unknown := set(given.recipes) - HANDS.keys():
        parser.error(f"no loop by hand for {', '.join(sorted(unknown))}; there are {', '.join(HANDS)}")
    device = devices.choose(given.device)
    given.small = given.small or (device.type != "cuda" and not given.full)
    torch.set_num_threads(given.threads)
    more = ", small" * given.small + ", processor time" * given.busy
    print(f"{devices.describe(device)}, {devices.precision('auto', device)}, torch {torch.__version__}{more}")
    print(HEAD, flush=True)
    home = os.environ.get("DLTUI_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DLTUI_HOME"] = str(Path(folder))
        try:
            for name in given.recipes or HANDS:
                print(compare(name, given, device), flush=True)
        finally:
            os.environ.pop("DLTUI_HOME") if home is None else os.environ.update(DLTUI_HOME=home)


if __name__ == "__main__":
    main()
