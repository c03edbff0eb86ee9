"""What the operators of a learner's step are, how long each takes, what memory and how many operations a step takes."""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from dltui.engine.training.learner import Learner

RECURRENT = ("mkldnn_rnn", "cudnn_rnn", "miopen_rnn", "lstm_mps")  # in names of what FlopCounterMode does not know


class Operator(NamedTuple):
    """seconds: within it and not in an operator that it calls, of one step; calls: in one step; share: of all."""

    name: str
    calls: float
    seconds: float
    share: float
    shapes: list


class Operators(NamedTuple):
    """host: what the CPU does; kernels: what runs on the GPU, [] without one. Each the longest first.

    seconds: of a step while they were recorded, which takes longer.
    """

    host: list[Operator]
    kernels: list[Operator]
    seconds: float


def operators(learner: Learner, steps: int, *, shapes: bool = False) -> Operators:
    """Takes `steps` steps under torch.profiler. shapes: calls with inputs of other shapes stand apart."""
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if learner.device.type == "cuda" else [])]
    with profile(activities=activities, record_shapes=shapes) as found:
        begun = time.perf_counter()
        for _ in range(steps):
            learner.advance()
        _wait(learner.device)
        seconds = (time.perf_counter() - begun) / steps
    averages = found.key_averages(group_by_input_shape=shapes)
    host = [one for one in averages if one.device_type == DeviceType.CPU]
    kernels = [one for one in averages if one.device_type == DeviceType.CUDA and not one.is_user_annotation]
    return Operators(
        _longest_first([(one, one.self_cpu_time_total) for one in host], steps),
        _longest_first([(one, one.self_device_time_total) for one in kernels], steps),
        seconds,
    )


def _longest_first(found: list[tuple], steps: int) -> list[Operator]:
    whole = sum(taken for _, taken in found) or 1.0
    made = [
        Operator(
            one.key, one.count / steps, taken / 1e6 / steps, taken / whole, [s for s in one.input_shapes or [] if s]
        )
        for one, taken in found
    ]
    return sorted(made, key=lambda one: -one.seconds)


class Memory(NamedTuple):
    """Bytes. step: the most that a step takes at once beside the others; None where the device does not tell."""

    weights: int
    optimizer: int
    data: int
    step: int | None


def memory(learner: Learner) -> Memory:
    """Takes one step and says what it holds of memory: gradients and what they are computed from are the step's."""
    for optimizer in learner.optimizers.values():
        optimizer.zero_grad(set_to_none=True)  # those of the step before would count for this one
    tensors = {id(t): t for net in learner.nets.values() for t in (*net.parameters(), *net.buffers())}
    kept = (t for optimizer in learner.optimizers.values() for one in optimizer.state.values() for t in one.values())
    rows = learner.all_rows
    splits = (rows.train, rows.test) if rows else ()
    stored = [t for split in splits for t in (split.targets, *([] if split.on_host else [split.stored]))]
    taken = taken_by(learner.advance, learner.device)
    return Memory(_bytes(tensors.values()), _bytes(kept), _bytes(stored), taken)


def _bytes(tensors: Iterable[object]) -> int:
    return sum(t.numel() * t.element_size() for t in tensors if isinstance(t, torch.Tensor))


def taken_by(step: Callable[[], object], device: torch.device) -> int | None:
    """Takes a step. Returns the most bytes that it holds at once; None where the device does not tell."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        step()
        return torch.cuda.max_memory_allocated(device) - before
    if device.type != "cpu":
        step()
        return None
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        step()
    events = found.profiler.kineto_results.events()
    changes = sorted((one.start_ns(), one.nbytes()) for one in events if one.name() == "[memory]")
    held = most = 0
    for _, change in changes:
        held += change
        most = max(most, held)
    return most


class Flops(NamedTuple):
    """step: operations of one step, a multiplication and an addition being two; by_operator: {name: how many}."""

    step: int
    by_operator: dict[str, int]


def flops(learner: Learner) -> Flops:
    """Takes one step and counts the operations of its matrix products, convolutions and attention."""
    with FlopCounterMode(display=False) as counter:
        learner.advance()
    counted = {str(name): int(number) for name, number in counter.get_flop_counts().get("Global", {}).items()}
    return Flops(sum(counted.values()), dict(sorted(counted.items(), key=lambda item: -item[1])))


def uncounted(found: Operators) -> list[str]:
    """The operators whose operations `flops` does not count though they are many: those of recurrent nets."""
    return sorted({one.name for one in found.host if any(part in one.name for part in RECURRENT)})


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
