"""Vision transformer: patches of a picture as words (Dosovitskiy et al. 2021, "An image is worth 16x16 words",
arXiv:2010.11929)."""

import torch
from torch import Tensor, nn

from dltui.engine.layers.transformer import Block
from dltui.errors import DltuiError, ExitStatus


def build(
    *,
    patch: int = 4,
    width: int = 48,
    depth: int = 4,
    heads: int = 4,
    positions: bool = True,
    channels: int = 3,
    size: int = 32,
    classes: int = 10,
) -> nn.Module:
    """ViT, small: as published, B/16 with patches of 16, width 768, depth 12 and 12 heads on 224 pixels.

    patch: height and width of a patch in pixels, at least 1; whole patches fill the picture.
    width: numbers of a token, at least 1; a multiple of the heads.
    depth: blocks, each of attention and a perceptron, at least 1.
    heads: heads of attention, at least 1.
    positions: whether a learned embedding of its place is added to each token; without, patches are a bag.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 1.
    classes: number of classes, at least 2.
    """
    for wrong, what, hint in (
        (size % patch, f"model.patch: patches of {patch} pixels do not fill {size} pixels", f"a divisor of {size}"),
        (width % heads, f"model.heads: {heads} heads do not share {width} numbers", f"a divisor of {width}"),
    ):
        if wrong:
            raise DltuiError(f"{what}.", f"Take {hint}.", ExitStatus.USAGE)
    return ViT(patch, width, depth, heads, positions, channels, size, classes)


class ViT(nn.Module):
    """(B, channels, size, size) -> logits (B, classes), read from the class token."""

    def __init__(
        self, patch: int, width: int, depth: int, heads: int, positions: bool, channels: int, size: int, classes: int
    ):
        super().__init__()
        self.side = size // patch  # patches of a row
        self.patches = nn.Conv2d(channels, width, patch, stride=patch)  # E: a linear map of each patch
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + self.side**2, width)) if positions else None
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def tokens(self, pictures: Tensor) -> Tensor:
        """(B, channels, size, size) -> z_0 (B, 1 + patches, width): the class token, then the patches row by row."""
        x = self.patches(pictures).flatten(2).transpose(1, 2)  # (B, patches, width)
        z = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], 1)
        return z if self.positions is None else z + self.positions

    def attention(self, pictures: Tensor) -> Tensor:
        """(B, channels, size, size) -> (B, depth, heads, 1 + patches, 1 + patches): the weights of each block."""
        z, found = self.tokens(pictures), []
        for block in self.blocks:
            found.append(block.attention.weights(block.norm_1(z)))
            z = block(z)
        return torch.stack(found, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        z = self.blocks(self.tokens(pictures))
        return self.head(self.norm(z[:, 0]))
