"""Skeletons of stick people drawn over their pictures."""

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from dltui.engine.generators.stick_people import BONES, JOINTS

LARGER = 3  # pixels that one of a picture becomes, so that lines are thin
SIDES = {"left": (80, 220, 255), "right": (255, 150, 40), "middle": (255, 255, 255)}
KEY = "left limbs blue, right limbs orange"  # as the person has them
DIMMED = 0.3  # what is left of a picture's light under the lines


def skeletons(pictures: Tensor, points: Tensor) -> Tensor:
    """pictures (N, C, H, W) in 0..1, points (N, 11, 2) in shares of the side -> (N, 3, 3 H, 3 W) uint8."""
    grey = (255 * DIMMED * pictures.float()).round().to(torch.uint8).expand(-1, 3, -1, -1)
    large = grey.repeat_interleave(LARGER, 2).repeat_interleave(LARGER, 3).permute(0, 2, 3, 1).cpu().numpy()
    drawn = [_drawn(one, of.tolist()) for one, of in zip(large, points.cpu(), strict=True)]
    return torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2)


def _drawn(pixels: np.ndarray, points: list[list[float]]) -> np.ndarray:
    """pixels (H, W, 3) uint8 -> the same with bones and joints on them."""
    sheet = Image.fromarray(pixels)
    pen, side = ImageDraw.Draw(sheet), pixels.shape[0]
    at = [(side * x, side * y) for x, y in points]
    for a, b in BONES:
        colour = SIDES.get(JOINTS[b].split()[0], SIDES["middle"])
        pen.line([at[a], at[b]], fill=colour, width=5)
        pen.ellipse([at[b][0] - 4, at[b][1] - 4, at[b][0] + 4, at[b][1] + 4], fill=colour)
    x, y = at[0]
    pen.ellipse([x - 7, y - 7, x + 7, y + 7], outline=SIDES["middle"], width=4)
    return np.asarray(sheet)
