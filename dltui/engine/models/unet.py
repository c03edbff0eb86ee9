"""U-Net (Ronneberger et al. 2015, "U-Net: convolutional networks for biomedical image segmentation")."""

from functools import partial

import torch
from torch import Tensor, nn

from dltui.engine.layers.convolved import convolved
from dltui.errors import DltuiError, ExitStatus


def build(*, channels: int = 1, classes: int = 2, width: int = 12, depth: int = 2, skips: bool = True) -> nn.Module:
    """U-Net with batch normalisation; borders are mirrored, so that what goes in and what comes out are equally large.

    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    width: channels of the first maps, doubled at each step down, at least 1; the paper has 64.
    depth: steps down and up again, at least 1, at most 5; the paper has 4. 2^depth divides a picture's sides.
    skips: whether the way up is handed the maps of the way down; without, it sees only the coarsest ones.
    """
    return UNet(channels, classes, width, depth, skips)


class UNet(nn.Module):
    """(B, channels, H, W) -> logits (B, classes, H, W)."""

    def __init__(self, channels: int, classes: int, width: int, depth: int, skips: bool):
        super().__init__()
        self.skips = skips
        widths = [width << level for level in range(depth + 1)]
        self.down = nn.ModuleList(map(block, [channels, *widths[:-1]], widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * wide, wide, 2, stride=2) for wide in widths[-2::-1])
        self.join = nn.ModuleList(block((1 + skips) * wide, wide) for wide in widths[-2::-1])
        self.classifier = nn.Conv2d(width, classes, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.classifier(self.stages(pictures)[-1])

    def stages(self, pictures: Tensor) -> list[Tensor]:
        """Pictures (B, channels, H, W) -> maps of the way up, the coarsest first: (B, width 2^k, H / 2^k, W / 2^k)."""
        height, width, least = *pictures.shape[2:], 2 ** len(self.up)
        if height % least or width % least:
            raise DltuiError(
                f"unet cannot halve pictures of {height}x{width} pixels {len(self.up)} times.",
                f"Take a data.size, and twice a task.margin, that {least} divides; or a smaller model.depth.",
                ExitStatus.USAGE,
            )
        maps, kept = self.down[0](pictures), []
        for level in self.down[1:]:
            kept.append(maps)  # (B, w, h, w): what the way up will need to be sharp
            maps = level(nn.functional.max_pool2d(maps, 2))  # (B, 2w, h / 2, w / 2)
        stages = [maps]
        for up, join in zip(self.up, self.join, strict=True):
            joined = [kept.pop(), up(maps)] if self.skips else [up(maps)]
            maps = join(torch.cat(joined, 1))
            stages.append(maps)
        return stages


def block(inputs: int, outputs: int) -> nn.Module:
    """Two 3x3 convolutions on mirrored borders, each normalised and rectified."""
    mirrored = partial(convolved, padding_mode="reflect")
    return nn.Sequential(*mirrored(inputs, outputs), *mirrored(outputs, outputs))
