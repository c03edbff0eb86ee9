"""How the GPUs of a machine are joined, as NVIDIA's driver tells: by NVLink, or over what of PCI Express."""

from itertools import combinations

import torch

PATHS = {
    0: "one board",
    10: "one PCI Express switch",
    20: "several PCI Express switches",
    30: "a PCI Express host bridge",
    40: "PCI Express within one NUMA node",
    50: "PCI Express between NUMA nodes",
}  # by the nearest thing that two GPUs have in common (nvmlGpuTopologyLevel_t)


def between_all() -> dict[str, list[str]]:
    """Returns {how: ["cuda:0-cuda:1", ...]} of each two GPUs; {} where there are not two, or where nobody tells."""
    count = torch.cuda.device_count() if torch.cuda.is_available() and not torch.version.hip else 0
    if count < 2:
        return {}
    import pynvml  # 10 ms, where there is something to ask

    try:
        pynvml.nvmlInit()
        uuids = [f"GPU-{torch.cuda.get_device_properties(number).uuid}" for number in range(count)]
        handles = [pynvml.nvmlDeviceGetHandleByUUID(uuid) for uuid in uuids]
        found: dict[str, list[str]] = {}
        for (a, one), (b, other) in combinations(enumerate(handles), 2):
            found.setdefault(_between(one, other), []).append(f"cuda:{a}-cuda:{b}")
        pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return {}
    return found


def _between(one: object, other: object) -> str:
    import pynvml

    status = pynvml.nvmlDeviceGetP2PStatus(one, other, pynvml.NVML_P2P_CAPS_INDEX_NVLINK)
    if status == pynvml.NVML_P2P_STATUS_OK:
        return "NVLink"
    return PATHS.get(pynvml.nvmlDeviceGetTopologyCommonAncestor(one, other), "PCI Express")
