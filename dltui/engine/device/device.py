"""Which device a run is on, at which precision, and how its memory faults are known."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch

from dltui.errors import DltuiError, ExitStatus


def available() -> list[str]:
    """Returns the devices of this machine, the best first."""
    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def choose(wanted: str) -> torch.device:
    """Returns the device that `wanted` names: auto, cpu, cuda, cuda:N, mps. Raises DltuiError (6) if it is not here."""
    here = available()
    if wanted == "auto":
        return torch.device(here[0])
    name = "cuda:0" if wanted == "cuda" else wanted
    if name not in here:
        raise DltuiError(
            f'device "{wanted}" is not on this machine.',
            f"Here: {', '.join(here)}. See: dltui doctor",
            ExitStatus.DEVICE,
        )
    return torch.device(name)


def describe(device: torch.device) -> str:
    """Returns the device as a person knows it: "cuda:0 NVIDIA H200", "cpu"."""
    return f"{device} {torch.cuda.get_device_name(device)}" if device.type == "cuda" else str(device)


def precision(wanted: str, device: torch.device) -> str:
    """Returns "bf16" where it is wanted, or where the hardware has it for `auto` (CUDA only); else "fp32"."""
    if wanted == "auto":
        return "bf16" if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return wanted


def autocast(name: str, device: torch.device) -> AbstractContextManager:
    """Returns the context in which losses are computed at that precision."""
    return torch.autocast(device.type, dtype=torch.bfloat16) if name == "bf16" else nullcontext()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch ran out of memory, on any device."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def free_bytes(device: torch.device) -> int | None:
    """Returns how many bytes of the device's memory are free; None where the machine does not tell."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return None


def free_memory(device: torch.device) -> None:
    """Gives cached blocks back before a second try."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
