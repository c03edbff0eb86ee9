"""PixelRNN (van den Oord, Kalchbrenner, Kavukcuoglu 2016, arXiv:1601.06759): LSTMs that read a picture."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from dltui.engine.models.pixelcnn import MaskedConv2d


def build(
    *, reads: Literal["row", "diagonal"] = "diagonal", levels: int = 4, width: int = 16, layers: int = 1
) -> nn.Module:
    """A masked convolution, then LSTMs whose state goes through the picture: a prediction depends on what came before.

    reads: row: a row at a time, downwards, each pixel by the three states above it; diagonal: a diagonal at a time,
        from both upper corners, each pixel by the states beside and above it.
    levels: shades of grey that a pixel can have, at least 2.
    width: channels of the hidden layers, at least 1.
    layers: LSTMs, each added to what it reads, at least 1.
    """
    return PixelRNN(RowLSTM if reads == "row" else DiagonalBiLSTM, levels, width, layers)


class PixelRNN(nn.Module):
    """Pictures (B, 1, H, W) in 0..1 -> logits (B, levels, H, W) of each pixel, given the pixels before it."""

    def __init__(self, lstm: type[nn.Module], levels: int, width: int, layers: int):
        super().__init__()
        self.levels = levels
        self.first = MaskedConv2d(1, width, 7, "A")  # A: a pixel must not see itself
        self.layers = nn.ModuleList(lstm(width) for _ in range(layers))
        self.head = nn.Conv2d(width, levels, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.first(pictures)  # (B, width, H, W)
        for layer in self.layers:
            maps = maps + layer(maps)
        return self.head(maps.relu())


def updated(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Gates (B, 4, ...) before their activations, cells (B, ...) -> hidden states and cells (B, ...) one step on.

    The forget gate begins open, at sigmoid(1), so that what was read far away is not lost before anything is learned.
    """
    keep, take, show, new = gates.unbind(1)
    cell = (keep + 1).sigmoid() * cell + take.sigmoid() * new.tanh()
    return show.sigmoid() * cell.tanh(), cell


class RowLSTM(nn.Module):
    """Maps (B, width, H, W) -> hidden states of the same shape: each sees a triangle that widens upwards."""

    def __init__(self, width: int):
        super().__init__()
        self.given = MaskedConv2d(width, 4 * width, 3, "B")
        self.given.mask[0] = 0  # its own row alone; those above come by the state
        self.state = nn.Conv1d(width, 4 * width, 3, padding=1, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        hidden = cell = torch.zeros_like(maps[:, :, 0])  # (B, width, W)
        rows = []
        for given in self.given(maps).unbind(2):  # (B, 4 width, W), from the top
            gates = (given + self.state(hidden)).unflatten(1, (4, -1))
            hidden, cell = updated(gates, cell)
            rows.append(hidden)
        return torch.stack(rows, 2)


class DiagonalBiLSTM(nn.Module):
    """Maps (B, width, H, W) -> hidden states of the same shape: each sees all that is above, and left in its row.

    One direction reads from the left, the other from the right: the latter's states are moved down by a row, for in
    its own row it has seen what comes later.
    """

    def __init__(self, width: int):
        super().__init__()
        self.width = width
        self.given = nn.Conv2d(width, 8 * width, 1)  # (B, 2 directions of 4 gates of width, H, W)
        self.state = nn.Conv1d(2 * width, 8 * width, 2, groups=2, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        left, right = self.given(maps).chunk(2, 1)
        given = torch.stack([skewed(left), skewed(right.flip(3))], 1)  # (B, 2, 4 width, H, H + W - 1)
        hidden = cell = torch.zeros_like(given[:, :, : self.width, :, 0])  # (B, 2, width, H)
        diagonals = []
        for diagonal in given.unbind(4):
            state = self.state(pad(hidden.flatten(1, 2), (1, 0)))  # of the pixel beside and of the pixel above
            gates = (diagonal + state.unflatten(1, (2, -1))).unflatten(2, (4, -1)).transpose(1, 2)
            hidden, cell = updated(gates, cell)  # gates (B, 4, 2, width, H)
            diagonals.append(hidden)
        left, right = (straight(states) for states in torch.stack(diagonals, 4).unbind(1))
        return left + pad(right.flip(3), (0, 0, 1, 0))[:, :, :-1]


def skewed(maps: Tensor) -> Tensor:
    """Maps (B, C, H, W) -> (B, C, H, H + W - 1): each row one place further right than the one above it."""
    height, width = maps.shape[2:]
    return pad(maps, (0, height)).flatten(2)[:, :, :-height].unflatten(2, (height, height + width - 1))


def straight(maps: Tensor) -> Tensor:
    """Undoes `skewed`: (B, C, H, H + W - 1) -> (B, C, H, W)."""
    height, wide = maps.shape[2:]
    return pad(maps.flatten(2), (0, height)).unflatten(2, (height, wide + 1))[..., : wide + 1 - height]
