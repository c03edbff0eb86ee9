"""What a run's engine takes of the machine: processor time and memory, and the GPU as NVIDIA's driver tells."""

import time
from typing import NamedTuple

from dltui.runs import engine_lock
from dltui.runs import run as runs
from dltui.runs.run import Run

KINSHIP = 10.0  # seconds between two searches for the engine's children: each reads of every process there is
MIB = 1 << 20


class Reading(NamedTuple):
    """Of the engine and its children. cpu: per cent of one core, None until it was measured twice. memory: bytes.

    first: seq of the first event that this engine can write.
    """

    alive: bool = False
    cpu: float | None = None
    memory: int = 0
    first: int = 0


class Gpu(NamedTuple):
    """used: per cent of the time; memory and total: MiB."""

    used: float
    memory: float
    total: float


class EngineMeter:
    """Measures the process that holds a run's lock, which need not be one that we started."""

    def __init__(self, run: Run):
        self.run = run
        self._processes: dict[int, object] = {}  # the engine first, then its children
        self._pid = self._first = 0
        self._searched = 0.0

    def read(self) -> Reading:
        """Returns what the engine takes since the last call; it takes nothing where none lives."""
        import psutil  # 15 ms, once there is a run to look at

        engine = self._processes.get(self._pid)
        try:
            if engine is None or not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE:
                self._processes.clear()
                # the lock is asked only while no engine is known: whoever asks holds it for a moment
                held = engine_lock.holder(self.run.lock)
                if not held or not held.known:
                    return Reading()
                self._pid, self._first = held.pid, held.first
                if not self._pid:
                    return Reading(alive=True, first=self._first)
                engine = psutil.Process(self._pid)
            known = self._pid in self._processes  # a process's first reading says nothing
            if not known or time.monotonic() - self._searched >= KINSHIP:
                self._searched = time.monotonic()
                family = {child.pid: self._processes.get(child.pid, child) for child in engine.children(recursive=True)}
                known = known and self._processes.keys() >= family.keys()
                self._processes = {self._pid: engine, **family}
            self._processes = {pid: process for pid, process in self._processes.items() if process.is_running()}
            used = [process.cpu_percent() for process in self._processes.values()]
            memory = sum(process.memory_info().rss for process in self._processes.values())
        except psutil.Error:
            return Reading(alive=runs.engine_pid(self.run) is not None, first=self._first)
        return Reading(True, sum(used) if known else None, memory, self._first)


def read_gpu(index: int = 0) -> Gpu | None:
    """Returns how busy the GPU is, as its driver says; None without one. It may take a second: call it in a thread."""
    import pynvml  # 10 ms, for runs on a GPU

    try:
        pynvml.nvmlInit()
        try:
            device = pynvml.nvmlDeviceGetHandleByIndex(index)
            memory = pynvml.nvmlDeviceGetMemoryInfo(device)
            used = pynvml.nvmlDeviceGetUtilizationRates(device).gpu
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return None
    return Gpu(used, memory.used / MIB, memory.total / MIB)
