"""Classes of pixels laid over their pictures, and where they are wrong: the payload `boxes`."""

from collections.abc import Sequence

import torch
from torch import Tensor

from dltui.engine.pictures.montage import montage

ERRORS = ("missed", "made up", "wrong class")
DIM = 0.7  # light of a picture under its masks, which is grey: colours are those of classes
DARK = 0.5  # and under its errors


def overlays(
    pictures: Tensor, labels: Sequence[Tensor], classes: Sequence[str], captions: Sequence[str], least: int = 0
) -> dict:
    """Returns a row a picture: it stands once for each of `labels`, which are laid over it.

    pictures: (N, C, H, W) in 0..1. labels: class numbers (N, H, W) each, 0 is left plain. captions: what each of them
    is. least: as of `montage`.
    """
    columns = len(labels)
    cells = _grey(pictures, DIM).repeat_interleave(columns, 0)  # (N columns, 1, H, W)
    masks = torch.stack(list(labels), 1).flatten(0, 1)  # (N columns, H, W)
    sheet = montage(cells, columns=columns, captions=list(captions) * len(pictures), least=least)
    return sheet | {"type": "boxes", "masks": _laid_out(masks, columns), "classes": list(classes[1:])}


def errors(
    pictures: Tensor, predicted: Sequence[Tensor], truth: Tensor, captions: Sequence[str], least: int = 0
) -> dict:
    """Returns as `overlays` where predictions (N, H, W) are wrong, by kinds of ERRORS; the pictures are grey."""
    found = [error_kinds(one, truth) for one in predicted]
    return overlays(_grey(pictures, DARK / DIM), found, ("right", *ERRORS), captions, least)


def error_kinds(predicted: Tensor, truth: Tensor) -> Tensor:
    """Class numbers (N, H, W), 0 the ground -> 0 where they agree, else 1 + the place in ERRORS (N, H, W) int64."""
    kinds = torch.where(truth == 0, 2, torch.where(predicted == 0, 1, 3))
    return kinds * (predicted != truth)


def _grey(pictures: Tensor, light: float) -> Tensor:
    """Pictures (N, C, H, W) -> (N, 1, H, W), as light as that share of them."""
    return light * pictures.mean(1, keepdim=True)


def _laid_out(masks: Tensor, columns: int):
    """masks (N, H, W) -> as one sheet (H rows, W columns) of uint8."""
    rows, (height, width) = len(masks) // columns, masks.shape[1:]
    sheet = masks.view(rows, columns, height, width).permute(0, 2, 1, 3).reshape(rows * height, columns * width)
    return sheet.to(torch.uint8).cpu().numpy()
