"""What an engine takes is measured by the process that holds the lock, whoever started it."""

import os
import stat

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


def test_the_gpu_is_what_nvidia_smi_says(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_gpu() is None
    program.write_text("#!/bin/sh\necho '43, 2100, 143771'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert read_gpu() == Gpu(43, 2100, 143771)
    program.write_text("#!/bin/sh\necho 'Failed to initialize NVML'\nexit 9\n")
    assert read_gpu() is None
    assert os.environ["PATH"] == str(tmp_path)
