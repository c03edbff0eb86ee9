"""What a device can do at most: operations a second of its matrix units, as its maker's data sheet says."""

from typing import NamedTuple

import torch


class Peak(NamedTuple):
    """per_second: operations a second, 0 where it is not known. source: from where it is known, or why it is not."""

    per_second: float
    source: str


# name of the device, as torch has it -> dense bfloat16 operations a second, in 10^12; sheets that say "with sparsity"
# tell twice as much. "H100 PCIe" before "H100": the first that a name holds is taken.
BF16 = {
    "H200": (989.5, "NVIDIA H200 data sheet"),
    "H100 PCIe": (756.5, "NVIDIA H100 data sheet"),
    "H100 80GB HBM3": (989.5, "NVIDIA H100 data sheet, SXM"),
    "A100": (312.0, "NVIDIA A100 data sheet"),
    "L40S": (362.05, "NVIDIA L40S data sheet"),
}


def peak_of(device: torch.device, precision: str) -> Peak:
    """Returns the most operations a second that a device does at a precision, "bf16" or "fp32"."""
    if device.type != "cuda":
        return Peak(0.0, f"the peak of this {'CPU' if device.type == 'cpu' else 'device'} is not known")
    name = torch.cuda.get_device_name(device)
    if precision != "bf16":
        return Peak(0.0, f"at {precision} convolutions and matrix products of {name} use different units")
    for part, (tera, source) in BF16.items():
        if part in name and "MIG" not in name:  # a slice of a GPU has a share of it only
            return Peak(tera * 1e12, source)
    return Peak(0.0, f"the peak of {name} is not known to dltui")
