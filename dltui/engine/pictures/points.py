"""Points on pictures, and heat maps over them: for the payload `boxes`, and for montages."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

DIMMED = 0.45  # what is left of a picture's light where no heat is
GLOW = (1.0, 0.62, 0.0)  # the colour of the hottest place


def pointed(points: Tensor, *, hollow: bool = False) -> list[dict]:
    """points (N, K, 2) in pixels of N pictures -> as the payload `boxes` holds them, each of the K in its colour.

    hollow: as rings, which show where a point ought to be.
    """
    return [
        {"cell": cell, "at": [round(value, 2) for value in at], "colour": number} | ({"hollow": True} if hollow else {})
        for cell, of_picture in enumerate(points.tolist())
        for number, at in enumerate(of_picture)
    ]


def warmed(picture: Tensor, heat: Tensor) -> Tensor:
    """picture (C, H, W) in 0..1, heat (h, w) -> (3, H, W): the picture dimmed, the heat glowing over it.

    The hottest cell glows fully, however small its share.
    """
    share = interpolate((heat / heat.amax())[None, None], picture.shape[1:])[0]  # (1, H, W)
    glow = torch.tensor(GLOW, device=picture.device)[:, None, None]
    return DIMMED * picture.mean(0, keepdim=True) * (1 - share) + glow * share
