"""A feature pyramid network that segments (Lin et al. 2017, "Feature pyramid networks", arXiv:1612.03144)."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d

from dltui.engine.layers.convolved import convolved
from dltui.errors import DltuiError, ExitStatus

COARSEST = 16  # pixels of a side that one place of the last map stands for; in the paper 32


def build(
    *, channels: int = 3, classes: int = 2, width: int = 8, pyramid: int = 16, top_down: bool = True
) -> nn.Module:
    """The body of fcn; maps of 1/2 to 1/16 of the size become a pyramid, whose finest level is classified.

    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    width: channels of the first maps, at least 1; deeper ones have up to four times as many.
    pyramid: channels of each level of the pyramid, at least 1; in the paper 256.
    top_down: whether each level is given the coarser one, enlarged; without, the finest sees its own map alone.
    """
    return FPN(channels, classes, width, pyramid, top_down)


class FPN(nn.Module):
    """(B, channels, H, W) -> logits (B, classes, H, W)."""

    def __init__(self, channels: int, classes: int, width: int, pyramid: int, top_down: bool):
        super().__init__()
        self.top_down = top_down
        widths = [width, 2 * width, 4 * width, 4 * width, 4 * width]
        self.features = nn.ModuleList(nn.Sequential(*convolved(*pair)) for pair in pairwise([channels, *widths]))
        self.laterals = nn.ModuleList(nn.Conv2d(wide, pyramid, 1) for wide in widths[1:])
        self.smooth = nn.Sequential(*convolved(pyramid, pyramid))  # an enlarged map is of squares
        self.classifier = nn.Conv2d(pyramid, classes, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        finest = self.levels(pictures)[0]
        return interpolate(self.classifier(self.smooth(finest)), size=pictures.shape[2:], mode="bilinear")

    def levels(self, pictures: Tensor) -> list[Tensor]:
        """Pictures (B, channels, H, W) -> the pyramid, the finest first: (B, pyramid, H / 2^k, W / 2^k), k = 1 .. 4."""
        if min(pictures.shape[2:]) < COARSEST:
            what = f"fpn needs pictures of at least {COARSEST} pixels; these have {min(pictures.shape[2:])}."
            raise DltuiError(what, "Set data.size higher.", ExitStatus.USAGE)
        maps, levels = self.features[0](pictures), []
        for features, lateral in zip(self.features[1:], self.laterals, strict=True):
            maps = features(max_pool2d(maps, 2))
            levels.append(lateral(maps))
        if self.top_down:
            for fine in range(len(levels) - 2, -1, -1):
                levels[fine] = levels[fine] + interpolate(levels[fine + 1], size=levels[fine].shape[2:])  # nearest
        return levels

    def stages(self, pictures: Tensor) -> list[Tensor]:
        """Pictures (B, channels, H, W) -> what is above 0 in each level of the pyramid, the finest first."""
        return [level.relu() for level in self.levels(pictures)]
