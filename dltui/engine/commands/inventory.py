"""`python -m dltui.engine.commands.inventory`: what torch can use on this machine."""

import torch

from dltui.engine.commands.answer import answer
from dltui.engine.device import device, gpu_links


def inventory() -> dict:
    """Returns {"torch", "cuda", "devices": [{name, is, memory, precision}], "links", "threads", "fault"}.

    memory: bytes, 0 where torch cannot tell. links: how GPUs are joined, see gpu_links. fault: why a GPU that is
    there cannot be used, "" where nothing is wrong.
    """
    found = [_device(torch.device(name)) for name in device.available()]
    return {
        "torch": torch.__version__, "cuda": torch.version.cuda or "", "devices": found,
        "links": gpu_links.between_all(),
        "threads": torch.get_num_threads(), "fault": _fault(),
    }  # fmt: skip


def _device(one: torch.device) -> dict:
    memory = torch.cuda.get_device_properties(one).total_memory if one.type == "cuda" else 0
    return {"name": str(one), "is": device.describe(one), "memory": memory, "precision": device.precision("auto", one)}


def _fault() -> str:
    """A driver that is too old and the like: torch falls back to the CPU without a word."""
    if not torch.version.cuda or torch.cuda.is_available():
        return ""
    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError) as error:
        return str(error).splitlines()[0]
    return ""


if __name__ == "__main__":
    raise SystemExit(answer(inventory))
