"""Who goes down where: trails on the map of a loss of two weights."""

import numpy as np
import torch
from torch import Tensor

from dltui.engine.layers.linear_neuron import Bowl, loss

WIDE, HIGH = 60, 40  # points of a map


def descent_map(bowl: Bowl, x: Tensor, y: Tensor, trajectories: Tensor, names: list[str], reach: float) -> dict:
    """Returns the payload `contour`: trails (T, N, 2) of N names, on the loss of rows x (R, 2), y (R,).

    reach: from the least place to the border of the map.
    """
    (left, right), (low, high) = ranges = [(at - reach, at + reach) for at in bowl.least.tolist()]
    across, down = torch.linspace(left, right, WIDE), torch.linspace(high, low, HIGH)
    grid = torch.stack(torch.meshgrid(across, down, indexing="xy"), -1).to(x)  # (HIGH, WIDE, 2)
    payload = {"type": "contour", "values": loss(grid, x, y).float().cpu().numpy(), "x": ranges[0], "y": ranges[1]}
    ways = trajectories.permute(2, 1, 0).cpu().numpy()  # (2, N, T)
    marks = {"x": bowl.least[:1].cpu().numpy(), "y": bowl.least[1:].cpu().numpy()}
    return payload | {
        "names": names,
        "trail_x": ways[0].astype(np.float32),
        "trail_y": ways[1].astype(np.float32),
        "marks": marks,
    }
