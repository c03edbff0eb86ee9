"""Streets and how far each pixel of them is, as a picture: white is near, black is far."""

import numpy as np
import torch
from torch import Tensor

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.generators.depth_scenes import FAR, NEAR, streets
from dltui.engine.reading import target_pictures

SOURCES = ("builtin",)
GIVES = ("pictures", "target_pictures")


def build(*, train_rows: int = 800, test_rows: int = 150, size: int = 48, seed: int = 0) -> "DepthScenes":
    """Coloured pictures of a street with things of known sizes.

    train_rows: pictures to train on, at least 10.
    test_rows: pictures to test on, at least 2.
    size: height and width in pixels, at least 16.
    seed: decides the pictures, at least 0.
    """
    return DepthScenes((train_rows, test_rows), size, seed)


class DepthScenes:
    """Pictures (N, 3, size, size) uint8; targets (N, 1, size, size) uint8: `as_nearness` of the distances."""

    def __init__(self, rows: tuple[int, int], size: int, seed: int):
        self.rows, self.size, self.seed = rows, size, seed

    def builtin(self) -> Dataset:
        """Drawn streets, the same every time for a seed."""
        splits = []
        for number, rows in enumerate(self.rows):
            drawn = streets(rows, 2 * self.seed + number, size=self.size)
            nearness = (255 * as_nearness(torch.from_numpy(drawn.distances))).round().to(torch.uint8)
            splits.append(Split(torch.from_numpy(drawn.pictures), nearness[:, None]))
        detail = f"drawn streets, {NEAR:g} to {FAR:g} m deep"
        return target_pictures.dataset(*splits, "builtin", detail)


def as_nearness(metres: Tensor) -> Tensor:
    """Distances in metres -> 1 at NEAR, 0 at FAR, equal steps for equal ratios."""
    return (FAR / metres).log() / np.log(FAR / NEAR)


def as_metres(nearness: Tensor) -> Tensor:
    """The inverse of `as_nearness`."""
    return FAR * (NEAR / FAR) ** nearness
