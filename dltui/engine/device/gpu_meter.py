"""What the GPUs of a run do while it trains, as NVIDIA's driver tells: asked in a thread, so that no step waits."""

import threading
from collections.abc import Sequence
from contextlib import suppress

import torch

from dltui.recipes.metric import Metric

FIRST, EVERY = 1.0, 5.0  # seconds until the first reading, and between two
GIB = 1 << 30
MEASURED = {
    "use": Metric("share of the time in which GPU {} computed", range=(0, 100), unit="%", side=True, whole=True),
    "memory": Metric("memory of GPU {} that is taken, by all programs", range=(0, None), unit="GiB", side=True),
    "temperature": Metric("temperature of GPU {}", unit="°C", side=True, whole=True),
    "clock": Metric("clock of GPU {}'s multiprocessors", range=(0, None), unit="MHz", side=True, whole=True),
}


class GpuMeter:
    """Reads every GPU that the engine may use, whichever of them the nets lie on. metrics: what it measures."""

    def __init__(self, uuids: Sequence[str]):
        """uuids: of the GPUs in torch's order, which is not the driver's where CUDA_VISIBLE_DEVICES names some."""
        self.uuids = uuids
        self.metrics = {
            f"gpu{number}_{name}": metric._replace(
                meaning=metric.meaning.format(number), axis=f"gpu0_{name}" if number else ""
            )
            for name, metric in MEASURED.items()
            for number in range(len(uuids))
        }
        self.fault = ""  # why nothing can be read
        self._fresh: dict[str, float] = {}
        self._ended = threading.Event()

    @classmethod
    def of(cls, device: torch.device) -> "GpuMeter | None":
        """Returns the meter of a run on `device`; None where that is no GPU of NVIDIA's."""
        if device.type != "cuda" or torch.version.hip:
            return None
        count = torch.cuda.device_count()
        return cls([f"GPU-{torch.cuda.get_device_properties(number).uuid}" for number in range(count)])

    def begin(self) -> None:
        """Reads from now on, now and then."""
        threading.Thread(target=self._watch, daemon=True, name="gpu-meter").start()

    def end(self) -> None:
        """Reads no more."""
        self._ended.set()

    def take(self) -> dict[str, float]:
        """Returns the newest reading, {metric: value}; {} where there is none since the last call."""
        fresh, self._fresh = self._fresh, {}
        return fresh

    def _watch(self) -> None:
        import pynvml  # 10 ms, for runs on a GPU

        try:
            pynvml.nvmlInit()
            handles = [pynvml.nvmlDeviceGetHandleByUUID(uuid) for uuid in self.uuids]
        except pynvml.NVMLError as error:
            self.fault = str(error)
            return
        pause = FIRST
        while not self._ended.wait(pause):
            self._fresh = {
                f"gpu{number}_{name}": value
                for number, handle in enumerate(handles)
                for name, value in _reading(handle).items()
            }
            pause = EVERY
        with suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


def _reading(handle: object) -> dict[str, float]:
    """{name of MEASURED: value} of one GPU; what it cannot tell, as one that is lost, is left out."""
    import pynvml

    ask = {
        "use": lambda: float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu),
        "memory": lambda: pynvml.nvmlDeviceGetMemoryInfo(handle).used / GIB,
        "temperature": lambda: float(pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU)),
        "clock": lambda: float(pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM)),
    }
    found = {}
    for name, question in ask.items():
        with suppress(pynvml.NVMLError):
            found[name] = question()
    return found
