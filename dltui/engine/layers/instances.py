"""Objects of a picture as one map: each pixel has a number that says which object is seen there, and its class."""

import numpy as np
import torch
from torch import Tensor


def packed(seen: np.ndarray, classes: np.ndarray, count: int) -> np.ndarray:
    """Of each pixel its object's number + 1 (N, H, W), 0 for none, and the objects' classes (N, M) of `count` -> the
    map (N, H, W) uint8: 1 + number * count + class, 0 for none."""
    of_pixel = np.take_along_axis(classes, np.maximum(seen.reshape(len(seen), -1).astype(int) - 1, 0), 1)
    packed = 1 + (seen.astype(int) - 1) * count + of_pixel.reshape(seen.shape)
    return np.where(seen > 0, packed, 0).astype(np.uint8)


def unpacked(maps: Tensor, objects: int, classes: int) -> tuple[Tensor, Tensor]:
    """Maps (N, H, W) of at most `objects` objects of `classes` classes -> rows (N, M, 5), the box around the pixels of
    each object in pixels and its class, -1 where nothing of it is seen; and its mask (N, M, H, W) bool."""
    number = torch.where(maps > 0, (maps.long() - 1) // classes, -1)  # (N, H, W)
    masks = number[:, None] == torch.arange(objects, device=maps.device)[:, None, None]
    there = masks.flatten(2).any(2)
    of_class = torch.where(masks, ((maps.long() - 1) % classes)[:, None], -1).flatten(2).amax(2)  # (N, M)
    sides = []
    for axis in (2, 3):  # columns, then rows
        along = masks.any(axis).int()  # (N, M, W or H)
        sides.append((along.argmax(2), along.shape[2] - along.flip(2).argmax(2)))
    (x1, x2), (y1, y2) = sides
    rows = torch.stack([x1, y1, x2, y2, of_class], 2).float()
    return torch.where(there[..., None], rows, rows.new_tensor([0, 0, 0, 0, -1])), masks
