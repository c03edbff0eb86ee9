"""Where the rows of a run are: on its device, or on the host when they would take too much of the device's memory."""

from typing import NamedTuple

import torch

from dltui.engine.contracts.dataset import Dataset, Split

SHARE = 0.5  # of the device's free memory that rows may take; the rest is for the net and its activations


class Placement(NamedTuple):
    """Whether inputs stay on the host, of the training rows and of the test and validation rows. Targets are on the
    device: tasks look at all of them at once, and they are few bytes beside pictures. words: why, "" on the device."""

    train: bool = False
    others: bool = False
    words: str = ""


ON_DEVICE = Placement()


def placed(train: int, others: int, free: int | None) -> Placement:
    """Returns where rows of so many bytes are to be, where `free` bytes of the device are; None: nobody knows.

    The test rows go to the host only where they would take half of what rows may: more can be done with them here.
    """
    if free is None or train + others <= (room := free * SHARE):
        return ON_DEVICE
    return Placement(True, others > room / 2)


def placement_of(data: Dataset, device: torch.device, free: int | None) -> Placement:
    """Returns where the rows of a data set are to be, and says why where they stay on the host.

    free: bytes of the device's memory, None where nobody knows.
    """
    checked = [split for split in (data.test, data.validation) if split]
    train, others = _bytes(data.train, looked_at=False), sum(_bytes(split, looked_at=True) for split in checked)
    found = placed(train, others, free)
    if not found.train:
        return found
    which = "all rows" if found.others else "training rows"
    sizes = f"{(train + others) / 1e9:.3g} GB are more than {SHARE:.0%} of the {free / 1e9:.3g} GB that are free"
    if device.type == "cpu":
        return found._replace(words=f"{which} are read batch by batch: {sizes} in memory")
    return found._replace(words=f"{which} stay on the host, and batches of them are copied ahead: {sizes} on {device}")


def _bytes(split: Split, *, looked_at: bool) -> int:
    """looked_at: all rows together, as float32, besides what is stored."""
    whole = split.inputs.numel() * 4 if looked_at and split.inputs.dtype == torch.uint8 else 0
    return whole + split.inputs.nbytes + split.targets.nbytes
