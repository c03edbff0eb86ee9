"""Where the time of a learner's step goes: cut at the borders of its parts, without a profiler that slows them."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import fmean
from typing import NamedTuple

import torch
from torch import nn

from dltui.engine.training.learner import Learner

PARTS = {
    "batch": "the batch's rows are gathered and augmented",
    "forward": "calls of the nets",
    "loss": "the loss, its penalties, and what the task itself does",
    "backward": "gradients",
    "optimizer": "clipping and the update of the weights",
    "rest": "callbacks, probes, the schedule, and on a CPU the look at whether the loss is finite",
}


class Clock(NamedTuple):
    """now() marks a moment on the device; between(a, b) are the seconds from one to the other, of a `waited` device.

    On CUDA a mark is an event in the queue of operations: the host does not wait for it, so that nothing is slowed.
    """

    now: Callable[[], object]
    between: Callable[[object, object], float]
    wait: Callable[[], None]


def clock_of(device: torch.device) -> Clock:
    """Returns the clock of a device."""
    if device.type == "cuda":

        def mark() -> torch.cuda.Event:
            event = torch.cuda.Event(enable_timing=True)
            event.record()
            return event

        return Clock(mark, lambda a, b: a.elapsed_time(b) / 1000, lambda: torch.cuda.synchronize(device))
    wait = torch.mps.synchronize if device.type == "mps" else lambda: None

    def moment() -> float:
        wait()
        return time.perf_counter()

    return Clock(moment, lambda a, b: b - a, wait)


class _Border(NamedTuple):
    """From here on the time is that of a part, and of an objective, "" outside of all; no part: outside of steps."""

    part: str | None
    objective: str
    at: object


class StepParts:
    """Takes steps of a learner and measures their parts; what one part does within another counts for itself only."""

    def __init__(self, learner: Learner, clock: Clock):
        self.learner, self.clock = learner, clock
        self._borders: list[_Border] = []
        self._open: list[str] = []
        self._objective = ""

    def measure(self, steps: int) -> tuple[dict[str, float], dict[str, float]]:
        """Takes `steps` steps, and one before them that tells which modules are called. Returns {part: seconds a step},
        and {objective: seconds a step} of its loss, gradients and update.

        They are means of the middle half of the steps by their length: one that another program held up tells nothing.
        """
        callees = self._callees()
        with self._watched(callees):
            for _ in range(steps):
                with self._part("rest"):
                    self.learner.advance()
        self.clock.wait()
        taken = sorted(self._steps(), key=lambda step: sum(step[0].values()))
        middle = taken[len(taken) // 4 : len(taken) - len(taken) // 4]
        return _mean([parts for parts, _ in middle]), _mean([objectives for _, objectives in middle])

    def _steps(self) -> Iterator[tuple[dict[str, float], dict[str, float]]]:
        """({part: seconds}, {objective: seconds}) of each step that was taken."""
        names = [objective.name for objective in self.learner.objectives]
        parts, objectives = dict.fromkeys(PARTS, 0.0), dict.fromkeys(names, 0.0)
        for begin, end in itertools.pairwise(self._borders):
            if begin.part is None:
                continue
            seconds = self.clock.between(begin.at, end.at)
            parts[begin.part] += seconds
            if begin.objective:
                objectives[begin.objective] += seconds
            if end.part is None:
                yield parts, objectives
                parts, objectives = dict.fromkeys(PARTS, 0.0), dict.fromkeys(names, 0.0)

    # -- borders ---------------------------------------------------------------------------------------------------

    def _enter(self, part: str) -> None:
        self._open.append(part)
        self._borders.append(_Border(part, self._objective, self.clock.now()))

    def _leave(self) -> None:
        self._open.pop()
        self._borders.append(_Border(self._open[-1] if self._open else None, self._objective, self.clock.now()))

    @contextmanager
    def _part(self, part: str) -> Iterator[None]:
        self._enter(part)
        try:
            yield
        finally:
            self._leave()

    def _timed(self, part: str, function: Callable) -> Callable:
        def timed(*args: object, **kwargs: object) -> object:
            with self._part(part):
                return function(*args, **kwargs)

        return timed

    def _loss(self, objective) -> Callable:
        def loss(rows: torch.Tensor) -> torch.Tensor:
            self._objective = objective.name
            with self._part("loss"):
                return objective.loss(rows)

        return loss

    def _update(self, optimizer: torch.optim.Optimizer) -> Callable:
        step = optimizer.step

        def update(*args: object, **kwargs: object) -> object:
            with self._part("optimizer"):
                result = step(*args, **kwargs)
                self._objective = ""
            return result

        return update

    # -- what is watched -------------------------------------------------------------------------------------------

    def _modules(self) -> list[nn.Module]:
        return list({id(module): module for net in self.learner.nets.values() for module in net.modules()}.values())

    def _callees(self) -> list[nn.Module]:
        """The modules that a step calls from outside of all nets: most often the nets themselves; of a net that is
        called by methods of its own, such as a detector's `loss`, the modules within. Takes one step."""
        found: dict[int, nn.Module] = {}
        within: list[nn.Module] = []

        def enter(module: nn.Module, _inputs: object) -> None:
            if not within:
                found[id(module)] = module
            within.append(module)

        def leave(_module: nn.Module, _inputs: object, _output: object) -> None:
            within.pop()

        with ExitStack() as hooks:
            for module in self._modules():
                hooks.callback(module.register_forward_pre_hook(enter).remove)
                hooks.callback(module.register_forward_hook(leave, always_call=True).remove)
            self.learner.advance()
        return list(found.values())

    @contextmanager
    def _watched(self, callees: list[nn.Module]) -> Iterator[None]:
        learner, rows = self.learner, getattr(self.learner.task, "rows", None)
        with ExitStack() as undo:
            for module in callees:
                undo.callback(module.register_forward_pre_hook(lambda *_: self._enter("forward")).remove)
                undo.callback(module.register_forward_hook(lambda *_: self._leave(), always_call=True).remove)

            put = partial(_put, undo)
            put(learner.batch_sampler, "next", self._timed("batch", learner.batch_sampler.next))
            if rows is not None:
                put(rows.train, "batch", self._timed("batch", rows.train.batch))
            put(learner, "copy_ahead", self._timed("batch", learner.copy_ahead))
            if getattr(learner.task, "augment", None):
                put(learner.task, "augment", self._timed("batch", learner.task.augment))
            put(learner, "objectives", [one._replace(loss=self._loss(one)) for one in learner.objectives])
            put(torch.autograd, "backward", self._timed("backward", torch.autograd.backward))
            put(nn.utils, "clip_grad_norm_", self._timed("optimizer", nn.utils.clip_grad_norm_))
            for optimizer in learner.optimizers.values():
                put(optimizer, "step", self._update(optimizer))
            yield


def _mean(measured: list[dict[str, float]]) -> dict[str, float]:
    return {name: fmean(one[name] for one in measured) for name in measured[0]}


def _put(undo: ExitStack, owner: object, name: str, value: object) -> None:
    """Sets an attribute until `undo` ends; a method of the owner's class comes to light again then."""
    own, before = name in vars(owner), getattr(owner, name)
    setattr(owner, name, value)
    undo.callback(setattr, owner, name, before) if own else undo.callback(delattr, owner, name)
