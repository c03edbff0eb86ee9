"""DenseNet: every layer of a block sees the maps of all layers before it (Huang et al. 2017, arXiv:1608.06993)."""

import torch
from torch import Tensor, nn

from dltui.errors import DltuiError, ExitStatus

NARROWED = 4  # a 1 x 1 convolution leaves so many times the growth of all maps before the 3 x 3
KEPT = 0.5  # of the maps, by a transition


def build(
    *,
    layers: list[int] = (3, 3, 3),
    growth: int = 6,
    connected: bool = True,
    imagenet: bool = False,
    channels: int = 3,
    classes: int = 10,
) -> nn.Module:
    """DenseNet-BC; as published for ImageNet, DenseNet-121 has layers [6, 12, 24, 16] and growth 32.

    layers: layers of each block, at least 1 each.
    growth: maps that each layer adds, k in the paper, at least 1.
    connected: whether a layer sees the maps of all layers before it in its block; without, those of the last one only.
    imagenet: whether the picture enters by 7 x 7 with stride 2 and pooling, at a quarter of its size; without, by 3 x 3
        with stride 2.
    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    """
    if not layers or min(layers) < 1:
        what = f"model.layers: {list(layers)} is no list of blocks with at least 1 layer each."
        raise DltuiError(what, "Example: model.layers=[3,3,3]", ExitStatus.USAGE)
    return DenseNet(layers, growth, connected, imagenet, channels, classes)


class DenseNet(nn.Module):
    """(B, channels, H, W) -> logits (B, classes)."""

    def __init__(self, layers: list[int], growth: int, connected: bool, imagenet: bool, channels: int, classes: int):
        super().__init__()
        ins = 2 * growth
        self.stem = nn.Sequential(nn.Conv2d(channels, ins, 3, 2, padding=1, bias=False))
        if imagenet:
            self.stem = nn.Sequential(
                nn.Conv2d(channels, ins, 7, 2, padding=3, bias=False),
                nn.BatchNorm2d(ins), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1),
            )  # fmt: skip
        self.block = nn.ModuleDict()  # by number, from 1
        self.transition = nn.ModuleDict()  # by the number of the block before it
        for number, count in enumerate(layers, 1):
            self.block[str(number)] = block = DenseBlock(ins, count, growth, connected)
            ins = block.out
            if number < len(layers):
                self.transition[str(number)] = transition(ins, ins := int(ins * KEPT))
        self.norm = nn.Sequential(nn.BatchNorm2d(ins), nn.ReLU())
        self.head = nn.Linear(ins, classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.stem(pictures.contiguous(memory_format=torch.channels_last))
        for number, block in self.block.items():
            maps = block(maps)  # (B, ins + layers growth, s, s)
            if number in self.transition:
                maps = self.transition[number](maps)  # (B, half of them, s / 2, s / 2)
        return self.head(self.norm(maps).mean((2, 3)))


class DenseBlock(nn.ModuleList):
    """x_l = H_l([x_0, x_1, ..., x_(l-1)]), joined along the channels (equation 2).

    (B, ins, H, W) -> (B, out, H, W): the input and what all layers added; without connections the last layer's maps.
    """

    def __init__(self, ins: int, layers: int, growth: int, connected: bool):
        self.ins, self.growth, self.connected = ins, growth, connected
        seen = [ins + layer * growth if connected else growth if layer else ins for layer in range(layers)]
        super().__init__(composite(each, growth) for each in seen)
        self.out = ins + layers * growth if connected else growth

    def forward(self, x: Tensor) -> Tensor:
        for layer in self:
            added = layer(x)  # (B, growth, H, W)
            x = torch.cat([x, added], 1) if self.connected else added
        return x

    def mean_weights(self) -> Tensor:
        """(layers, layers): the mean |w| from each source, the block's input and then its layers, to each layer's 1 x 1
        convolution, NaN where there is no connection (figure 5)."""
        found = torch.full((len(self), len(self)), torch.nan)
        for number, layer in enumerate(self):
            weight = layer[2].weight.detach().abs().mean((0, 2, 3)).cpu()  # (maps it sees,)
            sizes = [self.ins] + [self.growth] * number
            first = 0 if self.connected else number
            sources = weight.split(sizes) if self.connected else [weight]
            found[number, first : number + 1] = torch.stack([source.mean() for source in sources])
        return found


def composite(ins: int, growth: int) -> nn.Sequential:
    """H_l: BN, ReLU, 1 x 1 to 4 k maps; BN, ReLU, 3 x 3 to k maps. (B, ins, H, W) -> (B, growth, H, W)."""
    narrow = NARROWED * growth
    return nn.Sequential(
        nn.BatchNorm2d(ins), nn.ReLU(), nn.Conv2d(ins, narrow, 1, bias=False),
        nn.BatchNorm2d(narrow), nn.ReLU(), nn.Conv2d(narrow, growth, 3, padding=1, bias=False),
    )  # fmt: skip


def transition(ins: int, out: int) -> nn.Sequential:
    """(B, ins, s, s) -> (B, out, s / 2, s / 2): fewer maps, half the size."""
    return nn.Sequential(
        nn.BatchNorm2d(ins), nn.ReLU(), nn.Conv2d(ins, out, 1, bias=False), nn.AvgPool2d(2, ceil_mode=True)
    )
