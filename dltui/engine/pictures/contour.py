"""A surface over two weights as a map, with the trails of those who go down on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from dltui.runs.payloads import XY, Contour

WIDE, HIGH = 60, 40  # points of a map
FARTHEST = 1e4  # from the map: a file's half precision holds no more


@dataclass
class Surface:
    """`height(w (..., 2)) -> (...)`, the part of the plane that is shown, its lowest places, and what its axes are."""

    height: Callable[[Tensor], Tensor]
    x: tuple[float, float]
    y: tuple[float, float]
    minima: Sequence[tuple[float, float]] = ()
    titles: tuple[str, str] = ("w1", "w2")

    def holds(self, w: Tensor) -> Tensor:
        """w (..., 2) -> whether it lies on the map (...)."""
        low, high = w.new_tensor([self.x, self.y]).T
        return ((w >= low) & (w <= high)).all(-1)

    @cached_property
    def heights(self) -> np.ndarray:
        """(HIGH, WIDE), the top row first."""
        across, down = torch.linspace(*self.x, WIDE).double(), torch.linspace(*self.y[::-1], HIGH).double()
        return self.height(torch.stack(torch.meshgrid(across, down, indexing="xy"), -1)).float().numpy()


def contour(surface: Surface, trails: dict[str, Tensor]) -> Contour:
    """The surface under named trails, each (T, 2) of one length."""
    x, y = torch.stack(list(trails.values())).clamp(-FARTHEST, FARTHEST).permute(2, 0, 1).numpy()  # (N, T) each
    marks = XY(x=[at[0] for at in surface.minima], y=[at[1] for at in surface.minima]) if surface.minima else None
    axes = {"x": list(surface.x), "y": list(surface.y), "x_title": surface.titles[0], "y_title": surface.titles[1]}
    return Contour(values=surface.heights, **axes, names=list(trails), trail_x=x, trail_y=y, marks=marks)
