"""Points on their way from noise to data: where they end, and the paths of a few."""

import numpy as np
import torch
from torch import Tensor

from dltui.runs.payload_parts import Path
from dltui.runs.payloads import Scatter

DATA, PATHS, MOMENTS = 400, 4, 8  # points of the data; ways that are drawn, and places of each


def point_paths(ways: Tensor, data: Tensor) -> Scatter:
    """ways (S, N, 2), N points at each of S moments, noise first, and data (M, 2) -> where the points end, among data,
    and the ways of the first of them."""
    known, made = data[:DATA].cpu(), ways[-1].cpu()
    x, y = np.concatenate([known.numpy(), made.numpy()]).T
    moments = torch.linspace(0, len(ways) - 1, min(MOMENTS, len(ways))).round().long()
    trails = ways[moments, :PATHS].cpu().numpy()  # (MOMENTS, PATHS, 2)
    return Scatter(
        x=x, y=y, label=np.repeat([0, 1], [len(known), len(made)]), classes=["data", "samples"], x_title="x1",
        y_title="x2", paths=[Path(x=trails[:, n, 0], y=trails[:, n, 1], name="path") for n in range(trails.shape[1])],
    )  # fmt: skip
