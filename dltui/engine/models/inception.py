"""Inception: kernels of several sizes side by side (Szegedy et al. 2015, "Going deeper with convolutions",
arXiv:1409.4842, figure 2 and table 1)."""

from typing import Literal

import torch
from torch import Tensor, nn

# module 3a of the table, which takes 192 maps and gives 256, in units of 16
LOOK = {"1x1": 4, "3x3": 8, "5x5": 2, "pool": 2}  # maps that each branch gives
REDUCED = {"3x3": 6, "5x5": 1}  # maps that a 1 x 1 leaves of all before the large kernels
TAKEN = 12  # maps that the first module takes
MODULES = ("3a", "3b")


def build(
    *,
    branches: Literal["reduced", "naive", "single"] = "reduced",
    width: int = 2,
    modules: int = 2,
    channels: int = 3,
    classes: int = 10,
) -> nn.Module:
    """A convolution, then modules of the shape of 3a in GoogLeNet, each followed by pooling.

    branches: reduced, as published: 1 x 1, 3 x 3, 5 x 5 and pooling, with 1 x 1 convolutions to fewer maps before the
        large kernels and after the pooling; naive, without these, so that all look at all maps; single, one 3 x 3 that
        gives as many maps.
    width: maps of the narrowest layer, of which all others are multiples, at least 1; published are 16.
    modules: modules one after the other, at least 1, at most 2.
    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    """
    return InceptionNet(branches, width, modules, channels, classes)


class InceptionNet(nn.Module):
    """(B, channels, H, W) -> logits (B, classes)."""

    def __init__(self, branches: str, width: int, modules: int, channels: int, classes: int):
        super().__init__()
        self.stem = convolved(channels, TAKEN * width, 3, stride=2)
        ins = TAKEN * width
        for name in MODULES[:modules]:
            module = Inception(ins, branches, width)
            self.add_module(name, module)
            ins = module.out
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.head = nn.Linear(ins, classes)

    @property
    def inceptions(self) -> list["Inception"]:
        """The modules, in order."""
        return [child for child in self.children() if isinstance(child, Inception)]

    def maps(self, pictures: Tensor) -> dict[str, Tensor]:
        """(B, channels, H, W) -> the maps that each branch of the first module gives, (B, n, h, w) each."""
        return self.inceptions[0].maps(self.stem(pictures))  # (B, n, H / 2, W / 2) each

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.stem(pictures)  # (B, 12 width, H / 2, W / 2)
        maps = maps.contiguous(memory_format=torch.channels_last)
        for module in self.inceptions:
            maps = self.pool(module(maps))  # (B, out, s, s), half of s at each module
        return self.head(maps.mean((2, 3)))


class Inception(nn.ModuleDict):
    """Branches by name. (B, ins, H, W) -> (B, out, H, W): what all branches give, joined along the channels."""

    def __init__(self, ins: int, branches: str, width: int):
        out = {name: units * width for name, units in LOOK.items()}
        if branches == "reduced":
            few = {name: units * width for name, units in REDUCED.items()}
            made = {
                "1x1": convolved(ins, out["1x1"], 1),
                "3x3": nn.Sequential(convolved(ins, few["3x3"], 1), convolved(few["3x3"], out["3x3"], 3)),
                "5x5": nn.Sequential(convolved(ins, few["5x5"], 1), convolved(few["5x5"], out["5x5"], 5)),
                "pool": nn.Sequential(nn.MaxPool2d(3, 1, padding=1), convolved(ins, out["pool"], 1)),
            }
        elif branches == "naive":
            made = {name: convolved(ins, out[name], int(name[0])) for name in ("1x1", "3x3", "5x5")}
            made["pool"] = nn.MaxPool2d(3, 1, padding=1)
            out["pool"] = ins  # pooling leaves the number of maps: a module gives more than it takes
        else:
            out = {"3x3": sum(out.values())}
            made = {"3x3": convolved(ins, out["3x3"], 3)}
        super().__init__(made)
        self.out = sum(out.values())

    def maps(self, maps: Tensor) -> dict[str, Tensor]:
        """(B, ins, H, W) -> of each branch (B, n, H, W)."""
        return {name: branch(maps) for name, branch in self.items()}

    def forward(self, maps: Tensor) -> Tensor:
        return torch.cat(list(self.maps(maps).values()), 1)  # (B, out, H, W)


def convolved(ins: int, out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """A convolution that keeps the size but for its stride, batch normalization (younger than the paper), ReLU."""
    convolution = nn.Conv2d(ins, out, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU())
