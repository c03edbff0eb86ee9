"""MobileNet: each convolution in two, one that looks and one that mixes (Howard et al. 2017, arXiv:1704.04861)."""

from torch import Tensor, nn

STAGES = ((2,), (4, 4), (8, 8), (16,) * 6, (32, 32))  # table 1: channels of the blocks of each size, times the width


def build(
    *, separable: bool = True, width: int = 16, stages: int = 3, channels: int = 3, classes: int = 10
) -> nn.Module:
    """MobileNet, narrowed: as published with width 32 and 5 stages.

    separable: whether a block is a depthwise and a pointwise convolution; without, one of 3 x 3 over all channels.
    width: channels of the first layer, of which all others are multiples, at least 1; published are 32, and 24, 16 and
        8, which the paper calls width multipliers of 0.75, 0.5 and 0.25.
    stages: sizes of map that are kept, from the first, at least 1, at most 5.
    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    """
    return MobileNet(separable, width, stages, channels, classes)


class MobileNet(nn.Module):
    """(B, channels, H, W) -> logits (B, classes)."""

    def __init__(self, separable: bool, width: int, stages: int, channels: int, classes: int):
        super().__init__()
        block = depthwise_separable if separable else full
        self.stem = nn.Sequential(*_normalized(channels, width, 3, stride=2))
        self.stage = nn.ModuleDict()  # by number, from 1
        ins = width
        for number, multiples in enumerate(STAGES[:stages], 1):
            blocks = []
            for place, multiple in enumerate(multiples):
                blocks.append(block(ins, multiple * width, 2 if number > 1 and place == 0 else 1))
                ins = multiple * width
            self.stage[str(number)] = nn.Sequential(*blocks)
        self.head = nn.Linear(ins, classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")  # fan in: one channel where it is depthwise

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.stem(pictures)  # (B, width, H / 2, W / 2)
        for blocks in self.stage.values():
            maps = blocks(maps)  # (B, wide, s, s), half of s at each stage but the first
        return self.head(maps.mean((2, 3)))


def depthwise_separable(ins: int, out: int, stride: int) -> nn.Sequential:
    """A 3 x 3 kernel for each channel, which mixes none; then a 1 x 1 convolution, which mixes them."""
    depthwise = _normalized(ins, ins, 3, stride, groups=ins)
    return nn.Sequential(*depthwise, *_normalized(ins, out, 1))


def full(ins: int, out: int, stride: int) -> nn.Sequential:
    """A 3 x 3 convolution that looks and mixes at once."""
    return nn.Sequential(*_normalized(ins, out, 3, stride))


def _normalized(ins: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> tuple[nn.Module, ...]:
    """A convolution that keeps the size but for its stride, batch normalization, ReLU."""
    convolution = nn.Conv2d(ins, out, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return convolution, nn.BatchNorm2d(out), nn.ReLU()
