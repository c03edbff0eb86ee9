"""What `dltui doctor` is told of the machine."""

import torch

from dltui.engine.commands.inventory import inventory


def test_the_cpu_is_always_there_and_the_answer_is_json():
    known = inventory()
    assert known["devices"][-1] == {"name": "cpu", "is": "cpu", "memory": 0, "precision": "fp32"}
    assert known["torch"] == torch.__version__ and known["threads"] == torch.get_num_threads()


def test_a_gpu_that_cannot_be_used_says_why(monkeypatch):
    def fail():
        raise RuntimeError("The NVIDIA driver on your system is too old\nUpdate it.")

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "init", fail)
    assert inventory()["fault"] == "The NVIDIA driver on your system is too old"
