"""A multi-layer perceptron of points that is told how much noise there is (Ho et al. 2020, arXiv:2006.11239)."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from dltui.engine.models.denoising_unet import waves_of

WAVES = 16  # sines and as many cosines of the time
# of each value, too: a net of plain coordinates is slow to learn what changes fast (Tancik et al. 2020,
# arXiv:2006.10739)
TURNS = (1.5, 3.0, 6.0)


def build(*, inputs: int = 2, hidden: list[int] = (64, 64, 64)) -> nn.Module:
    """Fully connected layers of a row, and of sines and cosines of its values and of its time.

    inputs: values of a row, at least 1.
    hidden: units of each hidden layer, at least 1.
    """
    return DenoisingMLP(inputs, list(hidden))


class DenoisingMLP(nn.Module):
    """Rows x_t (B, inputs) and times t (B,) in 0..1000 -> (B, inputs); at first its output is 0."""

    def __init__(self, inputs: int, hidden: list[int]):
        super().__init__()
        self.register_buffer("turns", torch.tensor(TURNS))
        widths = [inputs * (1 + 2 * len(TURNS)) + 2 * WAVES, *hidden]
        blocks: list[nn.Module] = []
        for width_in, width_out in pairwise(widths):
            blocks += [nn.Linear(width_in, width_out), nn.SiLU()]
        self.layers, self.head = nn.Sequential(*blocks), nn.Linear(widths[-1], inputs)
        for parameter in self.head.parameters():
            nn.init.zeros_(parameter)

    def forward(self, rows: Tensor, t: Tensor) -> Tensor:
        angles = (rows[..., None] * self.turns).flatten(1)  # (B, inputs len(TURNS))
        return self.head(self.layers(torch.cat([rows, angles.sin(), angles.cos(), waves_of(t, WAVES)], 1)))
