"""What an engine takes is measured by the process that holds the lock, whoever started it."""

from types import SimpleNamespace

import pynvml

from dltui.runs import run as runs
from dltui.tui.meter import EngineMeter, Gpu, read_gpu
from tests.tui.conftest import hold


def test_the_holder_of_the_lock_is_measured_and_its_end_is_seen():
    run = runs.create("mlp-moons", "", {})
    meter = EngineMeter(run)
    assert not meter.read().alive
    with hold(run):
        first, second = meter.read(), meter.read()
        assert first.alive and first.cpu is None and first.memory > 10 << 20
        assert second.cpu is not None and second.cpu >= 0


def test_a_lock_whose_holder_has_not_written_its_number_yet_is_alive():
    run = runs.create("mlp-moons", "", {})
    with hold(run) as lock:
        lock.truncate(0)
        reading = EngineMeter(run).read()
    assert (reading.alive, reading.memory) == (True, 0)


def test_the_gpu_is_what_its_driver_says(monkeypatch):
    """A machine without a GPU has no driver to ask: it is played by functions of the library's names."""
    assert read_gpu() is None or read_gpu().total > 0
    asked = []
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: asked.append("init"))
    monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: asked.append("shutdown"))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda index: index)
    monkeypatch.setattr(
        pynvml, "nvmlDeviceGetMemoryInfo", lambda device: SimpleNamespace(used=2100 << 20, total=143_771 << 20)
    )
    monkeypatch.setattr(pynvml, "nvmlDeviceGetUtilizationRates", lambda device: SimpleNamespace(gpu=43))
    assert read_gpu(1) == Gpu(43, 2100, 143_771) and asked == ["init", "shutdown"]

    def gone(device):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)

    monkeypatch.setattr(pynvml, "nvmlDeviceGetUtilizationRates", gone)
    assert read_gpu() is None and asked[-1] == "shutdown"
