"""What GPUs do is part of a run's log. No machine of ours has one: the driver's library is played."""

from types import SimpleNamespace

import pynvml
import pytest
import torch

from dltui.engine.device import gpu_meter
from dltui.engine.device.gpu_meter import GpuMeter
from dltui.engine.training import metric_log
from dltui.recipes.metric import of_event
from dltui.render import metrics
from dltui.runs import run as runs
from tests.forked import wait_until

GPUS = {"GPU-a": (43, 12, 61, 1980), "GPU-b": (7, 3, None, 345)}  # of the second the temperature is not told
READ = {
    "gpu0_use": 43, "gpu0_memory": 12, "gpu0_temperature": 61, "gpu0_clock": 1980,
    "gpu1_use": 7, "gpu1_memory": 3, "gpu1_clock": 345,
}  # fmt: skip


@pytest.fixture
def driver(monkeypatch):
    """The driver of a machine with two GPUs, which is asked by their uuids, not by places in its own order."""

    def temperature(uuid, sensor):
        if GPUS[uuid][2] is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return GPUS[uuid][2]

    played = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetHandleByUUID": lambda uuid: uuid,
        "nvmlDeviceGetUtilizationRates": lambda uuid: SimpleNamespace(gpu=GPUS[uuid][0]),
        "nvmlDeviceGetMemoryInfo": lambda uuid: SimpleNamespace(used=GPUS[uuid][1] << 30),
        "nvmlDeviceGetTemperature": temperature,
        "nvmlDeviceGetClockInfo": lambda uuid, clock: GPUS[uuid][3],
    }
    for name, function in played.items():
        monkeypatch.setattr(pynvml, name, function)
    monkeypatch.setattr(gpu_meter, "FIRST", 0.01)


def first_reading(meter):
    found = {}
    wait_until(lambda: found.update(meter.take()) or found)
    return found


def test_every_gpu_is_read_and_what_it_cannot_tell_is_left_out(driver):
    meter = GpuMeter(["GPU-a", "GPU-b"])
    meter.begin()
    assert first_reading(meter) == READ and READ.keys() < meter.metrics.keys()
    assert meter.take() == {}, "a reading is told once: the next one comes seconds later"
    meter.end()


def test_without_a_driver_the_log_says_why_and_the_run_goes_on(recipe, made, monkeypatch):
    def none():
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", none)
    monkeypatch.setattr(metric_log, "FASTEST", 0.0)
    one = made(recipe())
    one.loop.gpu_meter = meter = GpuMeter(["GPU-a"])
    meter.begin()
    wait_until(lambda: meter.fault)
    assert one.loop.train().status == "done"
    (note,) = (note["text"] for note in one.history().notes if "GPU" in note["text"])
    assert note.startswith("what the GPU does is not recorded: ")


def test_readings_are_curves_of_the_run_and_no_result_of_it(recipe, made, driver, monkeypatch):
    """Two GPUs share a plot, and these plots come after all that is trained."""
    monkeypatch.setattr(metric_log, "FASTEST", 0.0)
    monkeypatch.setattr(gpu_meter, "EVERY", 0.001)
    one = made(recipe({"train.steps": 400, "train.evaluate_every": 400}))
    one.loop.gpu_meter = GpuMeter(["GPU-a", "GPU-b"])
    outcome = one.loop.train()
    history = one.history()
    curve = history.curves["", "gpu0_use"]
    assert outcome.status == "done" and len(curve.steps) > 1 and set(curve.values) == {43}
    declared = {**recipe().metrics, **one.loop.gpu_meter.metrics}
    told = of_event({name: metric.as_event() for name, metric in declared.items()})
    groups = metrics.groups(history.metrics, told, ["accuracy"])
    assert groups[-4:] == [
        ["gpu0_use", "gpu1_use"], ["gpu0_memory", "gpu1_memory"], ["gpu0_temperature"], ["gpu0_clock", "gpu1_clock"],
    ]  # fmt: skip
    assert not any(name.startswith("gpu") for name in {**one.loop.summary.last(), **runs.state(one.run).summary})


def test_a_run_on_the_cpu_has_no_meter_and_no_such_curves(recipe, made):
    assert GpuMeter.of(torch.device("cpu")) is None
    one = made(recipe())
    one.loop.train()
    assert one.loop.gpu_meter is None and not any(name.startswith("gpu") for _, name in one.history().curves)
