"""Pictures (B, C, H, W) in 0..1 changed so that their class stays: each picture by its own draw, a batch at once.

Written with torch rather than kornia: these eight take half the time on a CPU, and they are the lesson.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, conv2d, grid_sample, pad

from dltui.errors import DltuiError, ExitStatus, did_you_mean

TASKS = ("classify",)
LUMA = (0.299, 0.587, 0.114)  # how bright red, green and blue look
TAPS = 2  # of a blur, to each side


def build(*, changes: list[str] = ("crop",), strength: float = 1.0) -> "Augmentation":
    """Pictures are changed anew each time that they are trained on.

    changes: in their order, of flip, crop, rotate, blur, contrast, saturation, gamma, cutout; [] for none.
    strength: how far these changes go, above 0.
    """
    for name in changes:
        if name not in CHANGES:
            hint = f"{did_you_mean(name, CHANGES)} Valid: {', '.join(CHANGES)}."
            raise DltuiError(f'augment.changes: there is no change "{name}".', hint, ExitStatus.USAGE)
    return Augmentation(list(changes), strength)


class Augmentation:
    """See contracts.loss.Augment."""

    def __init__(self, changes: list[str], strength: float):
        self.changes, self.strength = changes, strength

    def __call__(self, pictures: Tensor) -> Tensor:
        """pictures (B, C, H, W) in 0..1 -> the same shape."""
        return augmented(pictures, self.changes, self.strength)


def flip(x: Tensor, turned: Tensor) -> Tensor:
    """Left and right exchanged where `turned` (B,) bool."""
    return torch.where(turned.view(-1, 1, 1, 1), x.flip(3), x)


def crop(x: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Moved by whole pixels (B,) int64 each way; the edge is repeated into what becomes free."""
    rows = (torch.arange(x.shape[2], device=x.device) - down[:, None]).clamp(0, x.shape[2] - 1)  # (B, H)
    columns = (torch.arange(x.shape[3], device=x.device) - right[:, None]).clamp(0, x.shape[3] - 1)  # (B, W)
    batch = torch.arange(len(x), device=x.device)[:, None, None]
    return x.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def rotate(x: Tensor, angle: Tensor) -> Tensor:
    """Turned counter-clockwise about the middle by `angle` (B,) radians."""
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    turn = torch.stack([cos, -sin, zero, sin, cos, zero], 1).view(-1, 2, 3)
    return grid_sample(x, affine_grid(turn, list(x.shape), align_corners=False), "bilinear", "border", False)


def blur(x: Tensor, sigma: Tensor) -> Tensor:
    """A Gaussian of deviation `sigma` (B,) pixels, above 0."""
    at = torch.arange(-TAPS, TAPS + 1, device=x.device)
    kernel = torch.exp(-0.5 * (at / sigma[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(x.shape[1], 0)  # (BC, taps)
    flat = pad(x, [TAPS] * 4, mode="replicate").flatten(0, 1)[None]  # (1, BC, H, W): a kernel for each
    flat = conv2d(flat, kernel[:, None, :, None], groups=len(kernel))
    return conv2d(flat, kernel[:, None, None, :], groups=len(kernel)).view_as(x)


def contrast(x: Tensor, factor: Tensor) -> Tensor:
    """Differences from the picture's mean multiplied by `factor` (B,)."""
    return _away(x, x.mean((1, 2, 3), keepdim=True), factor)


def saturation(x: Tensor, factor: Tensor) -> Tensor:
    """Differences from the pixel's own grey multiplied by `factor` (B,); grey pictures stay as they are."""
    if x.shape[1] != 3:
        return x
    grey = (x * x.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    return _away(x, grey, factor)


def _away(x: Tensor, middle: Tensor, factor: Tensor) -> Tensor:
    return (middle + factor.view(-1, 1, 1, 1) * (x - middle)).clamp(0, 1)


def gamma(x: Tensor, power: Tensor) -> Tensor:
    """Every value raised to `power` (B,): below 1 dark parts open up, above 1 they close."""
    return x.clamp(0, 1) ** power.view(-1, 1, 1, 1)


def cutout(x: Tensor, row: Tensor, column: Tensor, side: int) -> Tensor:
    """A square about (row, column), both (B,) int64, hidden by the picture's mean (DeVries, Taylor 2017)."""
    down = torch.arange(x.shape[2], device=x.device) - row[:, None] + side // 2  # (B, H)
    right = torch.arange(x.shape[3], device=x.device) - column[:, None] + side // 2  # (B, W)
    hidden = ((down >= 0) & (down < side))[:, None, :, None] & ((right >= 0) & (right < side))[:, None, None, :]
    return torch.where(hidden, x.mean((1, 2, 3), keepdim=True), x)


# -- draws: how much, by a strength that is 1 as a rule ----------------------------------------------------------------


def _between(x: Tensor, low: float, high: float) -> Tensor:
    return low + (high - low) * torch.rand(len(x), device=x.device)


def _within(x: Tensor, most: int) -> Tensor:
    return torch.randint(-most, most + 1, (len(x),), device=x.device)


def _factor(x: Tensor, strength: float) -> Tensor:
    """A rise is as likely as the fall that undoes it: 0.6 to 1.65 at strength 1."""
    return torch.exp(_between(x, -0.5, 0.5) * strength)


CHANGES: dict[str, Callable[[Tensor, float], Tensor]] = {
    "flip": lambda x, s: flip(x, torch.rand(len(x), device=x.device) < 0.5 * min(s, 1)),
    "crop": lambda x, s: crop(x, *(_within(x, round(s * x.shape[2] / 8)) for _ in "yx")),
    "rotate": lambda x, s: rotate(x, s * _between(x, -math.pi / 12, math.pi / 12)),
    "blur": lambda x, s: blur(x, s * _between(x, 0.0, 0.8) + 1e-3),
    "contrast": lambda x, s: contrast(x, _factor(x, s)),
    "saturation": lambda x, s: saturation(x, _factor(x, s)),
    "gamma": lambda x, s: gamma(x, _factor(x, s)),
    "cutout": lambda x, s: cutout(x, *(torch.randint(n, (len(x),), device=x.device) for n in x.shape[2:]),
                                  round(s * x.shape[2] / 4)),
}  # fmt: skip


def augmented(x: Tensor, names: list[str], strength: float) -> Tensor:
    """Returns pictures (B, C, H, W) with every named change made, each drawn anew."""
    for name in names:
        x = CHANGES[name](x, strength)
    return x
