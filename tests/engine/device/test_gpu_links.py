"""How GPUs are joined. No machine of ours has two: the driver's library is played."""

from types import SimpleNamespace

import pynvml
import pytest
import torch

from dltui.engine.device import gpu_links


@pytest.fixture
def four(monkeypatch):
    """Four GPUs, two and two joined by NVLink, on two processors."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: SimpleNamespace(uuid=str(number)))
    played = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetHandleByUUID": lambda uuid: int(uuid.removeprefix("GPU-")),
        "nvmlDeviceGetP2PStatus": lambda a, b, what: 0 if what == 2 and a // 2 == b // 2 else 1,
        "nvmlDeviceGetTopologyCommonAncestor": lambda a, b: 50,
    }
    for name, function in played.items():
        monkeypatch.setattr(pynvml, name, function)


def test_nvlink_is_told_from_paths_over_pci_express(four):
    assert gpu_links.between_all() == {
        "NVLink": ["cuda:0-cuda:1", "cuda:2-cuda:3"],
        "PCI Express between NUMA nodes": ["cuda:0-cuda:2", "cuda:0-cuda:3", "cuda:1-cuda:2", "cuda:1-cuda:3"],
    }


def test_a_driver_that_does_not_tell_is_no_fault(four, monkeypatch):
    def refuse():
        raise pynvml.NVMLError(pynvml.NVML_ERROR_DRIVER_NOT_LOADED)

    monkeypatch.setattr(pynvml, "nvmlInit", refuse)
    assert gpu_links.between_all() == {}


def test_without_two_gpus_there_is_nothing_to_tell():
    assert gpu_links.between_all() == {}
