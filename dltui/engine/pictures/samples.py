"""What a net is trained on where pictures are changed anew each time: as it comes, and change by change."""

import torch
from torch import Tensor

from dltui.engine.augmentations.pictures import augmented
from dltui.engine.pictures.montage import montage

SHOWN, SIDE = 4, 2  # pictures as they are trained on, and how many of them in a row
ACROSS = 5  # in a row of changes


def trained_on(pictures: Tensor, labels: list[str], names: list[str], strength: float) -> dict:
    """Returns the payload `image` of pictures (SHOWN, C, H, W) as a step would see them, with their labels."""
    return montage(augmented(pictures, names, strength), columns=SIDE, captions=labels)


def change_by_change(picture: Tensor, names: list[str], strength: float) -> dict:
    """Returns the payload `image` of a picture (C, H, W) as it is, under each change alone, and under all of them."""
    as_it_is = picture[None]
    alone = [augmented(as_it_is, [name], strength) for name in names]
    free = -(1 + len(alone)) % ACROSS or ACROSS  # cells left in the last row
    vmapped = [augmented(as_it_is, names, strength) for _ in range(free)]
    captions = ["as it is", *names, *["all"] * free]
    return montage(torch.cat([as_it_is, *alone, *vmapped]), columns=ACROSS, captions=captions)
