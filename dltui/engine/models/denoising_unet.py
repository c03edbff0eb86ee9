"""A U-Net conditioned on how much noise there is (Ho et al. 2020, arXiv:2006.11239, appendix B), perhaps on a class,
too."""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle, silu

from dltui.errors import DltuiError, ExitStatus

LONGEST = 10_000  # the slowest wave's length over 2 pi, in steps of time
GROUPS = 4  # of channels that are normalised together, or fewer where a width cannot be divided so


def build(
    *,
    channels: int = 1,
    size: int = 28,
    patch: int = 2,
    widths: list[int] = (16, 64),
    blocks: int = 1,
    across: Literal["nothing", "mixing", "attention"] = "nothing",
    conditional: bool = False,
    classes: int = 10,
) -> nn.Module:
    """U-Net of residual blocks, each with an embedding of the time, on maps with embeddings of their places.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 1.
    patch: side of the square of pixels that is taken as one place with more channels, at least 1; the paper has 1.
    widths: channels of the maps at each level, the finest first, at least 1; each level halves a picture's sides.
    blocks: residual blocks of a level on the way down, and again on the way up, at least 1; the paper has 2.
    across: how places of the coarsest level learn of those far away: nothing; mixing, by weights of their own for each
        pair (Tolstikhin et al. 2021); attention, by likeness.
    conditional: whether it is told the class, by an embedding that is added to that of the time.
    classes: number of classes, at least 1.
    """
    least = patch * 2 ** (len(widths) - 1)
    if size % least:
        raise DltuiError(
            f"denoising_unet cannot halve {size}x{size} pixels {len(widths) - 1} times, in patches of {patch}.",
            f"Take a data.size that {least} divides; or a smaller model.patch, or fewer model.widths.",
            ExitStatus.USAGE,
        )
    return DenoisingUNet(channels, size, patch, list(widths), blocks, across, classes if conditional else 0)


class DenoisingUNet(nn.Module):
    """Pictures x_t (B, channels, size, size) and times t (B,) -> the same shape; at first its output is 0.

    One that knows classes is given labels (B,) too: the number of the classes stands for none.
    """

    def __init__(self, channels: int, size: int, patch: int, widths: list[int], blocks: int, across: str, classes: int):
        super().__init__()
        self.patch, self.waves, self.conditional = patch, 64, bool(classes)
        embedding = 2 * self.waves
        self.time = nn.Sequential(nn.Linear(2 * self.waves, embedding), nn.SiLU())
        self.first = nn.Conv2d(channels * patch**2, widths[0], 3, padding=1)
        # where a place lies: a convolution sees only what surrounds it, and digits stand in the middle
        sides = [size // patch >> level for level in range(len(widths))]
        self.places = nn.ParameterList(torch.zeros(w, side, side) for w, side in zip(widths, sides, strict=True))
        self.down = nn.ModuleList(Level(width, embedding, blocks) for width in widths[:-1])
        self.shrink = nn.ModuleList(map(shrinking, widths, widths[1:]))
        self.before, self.after = Level(widths[-1], embedding, blocks), Level(widths[-1], embedding, blocks)
        self.across = {
            "nothing": nn.Identity,
            "mixing": lambda: Mixing(widths[-1], sides[-1] ** 2),
            "attention": lambda: Attention(widths[-1]),
        }[across]()
        self.enlarge = nn.ModuleList(map(enlarging, widths[:0:-1], widths[-2::-1]))
        self.up = nn.ModuleList(Level(width, embedding, blocks) for width in widths[-2::-1])
        self.last = nn.Conv2d(widths[0], channels * patch**2, 3, padding=1)
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)
        if self.conditional:
            self.label = nn.Embedding(classes + 1, embedding)

    def forward(self, pictures: Tensor, t: Tensor, labels: Tensor | None = None) -> Tensor:
        time = self.time(waves_of(t, self.waves))  # (B, embedding)
        if labels is not None:
            time = time + self.label(labels)
        patches = pixel_unshuffle(pictures, self.patch)  # (B, channels patch^2, size / patch, size / patch)
        maps = self.first(patches.to(memory_format=torch.channels_last)) + self.places[0]
        kept = []
        for level, shrink, places in zip(self.down, self.shrink, self.places[1:], strict=True):
            maps = level(maps, time)
            kept.append(maps)  # where strokes are, to a pixel: the coarse levels know only what they are
            maps = shrink(maps) + places  # (B, wider, h / 2, w / 2)
        maps = self.after(self.across(self.before(maps, time)), time)
        for enlarge, level in zip(self.enlarge, self.up, strict=True):
            maps = level(enlarge(maps) + kept.pop(), time)
        return pixel_shuffle(self.last(maps), self.patch)


class Level(nn.ModuleList):
    """Residual blocks one after the other."""

    def __init__(self, width: int, embedding: int, blocks: int):
        super().__init__(Block(width, embedding) for _ in range(blocks))

    def forward(self, maps: Tensor, time: Tensor) -> Tensor:
        for block in self:
            maps = block(maps, time)
        return maps


class Block(nn.Module):
    """Maps (B, width, h, w), times (B, embedding) -> maps (B, width, h, w); at first it adds nothing."""

    def __init__(self, width: int, embedding: int):
        super().__init__()
        self.norm = nn.GroupNorm(math.gcd(width, GROUPS), width)
        self.stretch = nn.Linear(embedding, 2 * width)
        self.conv_1, self.conv_2 = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        for parameter in (*self.stretch.parameters(), *self.conv_2.parameters()):
            nn.init.zeros_(parameter)

    def forward(self, maps: Tensor, time: Tensor) -> Tensor:
        scale, shift = self.stretch(time)[:, :, None, None].chunk(2, 1)  # (B, width, 1, 1) each
        inner = self.conv_1(silu(self.norm(maps) * (1 + scale) + shift))
        return maps + self.conv_2(silu(inner))


class Mixing(nn.Module):
    """Every place of maps (B, width, h, w) hears of every other, alike in all channels; first it adds nothing.

    The half of an MLP-Mixer that mixes places (Tolstikhin et al. 2021, arXiv:2105.01601). Digits stand upright in the
    middle of their pictures, so that it matters where a place lies.
    """

    def __init__(self, width: int, places: int):
        super().__init__()
        self.norm = nn.GroupNorm(math.gcd(width, GROUPS), width)
        self.gather, self.spread = nn.Linear(places, 2 * places), nn.Linear(2 * places, places)
        for parameter in self.spread.parameters():
            nn.init.zeros_(parameter)

    def forward(self, maps: Tensor) -> Tensor:
        places = self.norm(maps).flatten(2)  # (B, width, h w)
        return maps + self.spread(silu(self.gather(places))).view_as(maps)


class Attention(nn.Module):
    """Every place of maps (B, width, h, w) looks at every other (Vaswani et al. 2017, arXiv:1706.03762)."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.GroupNorm(math.gcd(width, GROUPS), width)
        self.look = nn.MultiheadAttention(width, 1, batch_first=True)
        nn.init.zeros_(self.look.out_proj.weight)

    def forward(self, maps: Tensor) -> Tensor:
        places = self.norm(maps).flatten(2).transpose(1, 2)  # (B, h w, width)
        seen, _ = self.look(places, places, places, need_weights=False)
        return maps + seen.transpose(1, 2).view_as(maps)


def shrinking(before: int, after: int) -> nn.Module:
    return nn.Conv2d(before, after, 2, stride=2)


def enlarging(before: int, after: int) -> nn.Module:
    return nn.ConvTranspose2d(before, after, 2, stride=2)


def waves_of(t: Tensor, count: int) -> Tensor:
    """Times t (B,) -> sines and cosines (B, 2 count), of wavelengths from 2 pi to nearly 2 pi LONGEST."""
    frequencies = torch.exp(torch.arange(count, device=t.device) * (-math.log(LONGEST) / count))
    angles = t[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], 1)
