"""Square patches: cut out of pictures, each picture at places of its own, and set into a grid again."""

import torch
from torch import Tensor

from dltui.errors import DltuiError, ExitStatus

LEAST = 3  # pixels of a patch, each way
GREY = 0.25  # of what lies between patches that are shown


def cut(pictures: Tensor, tops: Tensor, lefts: Tensor, size: int) -> Tensor:
    """pictures (B, C, H, W), tops and lefts (B, P) int64 in pixels -> patches (B, P, C, size, size)."""
    reach = torch.arange(size, device=pictures.device)
    rows, columns = tops[..., None] + reach, lefts[..., None] + reach  # (B, P, size)
    batch = torch.arange(len(pictures), device=pictures.device).view(-1, 1, 1, 1)
    found = pictures.permute(0, 2, 3, 1)[batch, rows[..., :, None], columns[..., None, :]]  # (B, P, size, size, C)
    return found.permute(0, 1, 4, 2, 3)


def grid(patches: Tensor, side: int, gap: int) -> Tensor:
    """patches (B, side^2, C, p, p), row by row -> pictures (B, C, H, W) of them, `gap` grey pixels between."""
    count, _, channels, size, _ = patches.shape
    pitch = size + gap
    sheet = patches.new_full((count, side, side, channels, pitch, pitch), GREY)
    sheet[..., :size, :size] = patches.unflatten(1, (side, side))
    sheet = sheet.permute(0, 3, 1, 4, 2, 5).reshape(count, channels, side * pitch, side * pitch)
    return sheet[..., : side * pitch - gap, : side * pitch - gap]


def cut_grid(pictures: Tensor, side: int, size: int, gap: int, jitter: int) -> Tensor:
    """The patches of a side x side grid in the middle of each picture, each moved at random by at most `jitter` pixels
    each way: pictures (B, C, S, S) -> (B, side^2, C, size, size), row by row.

    Raises DltuiError (2) where there is no room for them.
    """
    across = side * size + (side - 1) * gap  # pixels
    if size < LEAST or across + 2 * jitter > pictures.shape[2]:
        raise DltuiError(
            f"{side} patches of {size} pixels, {gap} apart and moved by up to {jitter}, do not fit into pictures of "
            f"{pictures.shape[2]} pixels; a patch has {LEAST} at least.",
            "Make loss.gap, loss.jitter or the patches smaller.",
            ExitStatus.USAGE,
        )
    device = pictures.device
    starts = (pictures.shape[2] - across) // 2 + (size + gap) * torch.arange(side, device=device)
    tops, lefts = (at.flatten() for at in torch.meshgrid(starts, starts, indexing="ij"))
    down, right = torch.randint(-jitter, jitter + 1, (2, len(pictures), side**2), device=device)
    return cut(pictures, tops + down, lefts + right, size)
