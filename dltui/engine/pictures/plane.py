"""What a net makes of the plane: its decision field, and what each hidden unit answers to."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dltui.engine.pictures.montage import montage

WIDE, HIGH = 96, 64  # points of the field
THUMBNAIL = 24  # pixels of a hidden unit's picture
MOST_UNITS = 32
MARGIN = 0.3  # of the plane around the data, in their unit


def decision_field(
    probability: Callable[[Tensor], Tensor],
    points: Tensor,
    labels: Tensor,
    classes: tuple[str, ...],
    corners: tuple[Tensor, Tensor] | None = None,
    titles: tuple[str, str] = ("x1", "x2"),
) -> dict:
    """Returns the payload `field`: the probability of class 1 over the plane, and the points (N, 2) in it.

    probability: rows (N, 2) -> (N,) in 0..1. corners: lower left and upper right (2,); as the points lie, if None.
    titles: what lies to the right and upwards.
    """
    low, high = corners or _corners(points)
    values = probability(_grid(low, high, WIDE, HIGH, points.device)).view(HIGH, WIDE)
    shown = points.cpu()
    return {
        "type": "field", "values": values.float().cpu().numpy(), "classes": list(classes),
        "x": [low[0].item(), high[0].item()], "y": [low[1].item(), high[1].item()],
        "x_title": titles[0], "y_title": titles[1],
        "points": {"x": shown[:, 0].numpy(), "y": shown[:, 1].numpy(), "label": labels.cpu().numpy()},
    }  # fmt: skip


def hidden_units(layers: nn.Module, points: Tensor) -> dict | None:
    """Returns the payload `image`: what each unit of the last hidden layer answers over the plane; None without one.

    layers: rows (N, 2) -> activations (N, units).
    """
    low, high = _corners(points)
    answers = layers(_grid(low, high, THUMBNAIL, THUMBNAIL, points.device))[:, :MOST_UNITS]  # (24 * 24, units)
    if answers.shape[1] == points.shape[1]:  # no hidden layer: the rows themselves
        return None
    least, most = answers.amin(0), answers.amax(0)
    scaled = (answers - least) / (most - least).clamp(min=1e-9)
    return montage(scaled.T.reshape(-1, 1, THUMBNAIL, THUMBNAIL), columns=8, title="hidden units")


def _corners(points: Tensor) -> tuple[Tensor, Tensor]:
    return points.amin(0) - MARGIN, points.amax(0) + MARGIN


def _grid(low: Tensor, high: Tensor, wide: int, high_count: int, device: torch.device) -> Tensor:
    """Points (high_count * wide, 2) of the plane, row by row from the top."""
    xs = torch.linspace(low[0].item(), high[0].item(), wide, device=device)
    ys = torch.linspace(high[1].item(), low[1].item(), high_count, device=device)
    return torch.cartesian_prod(ys, xs).flip(1)


def plane_through(points: Tensor) -> tuple[Tensor, Tensor]:
    """points (M, P) -> a point (P,) and two directions (2, P) of length 1: the plane nearest to them all, by PCA."""
    middle = points.mean(0)
    directions = torch.linalg.svd(points - middle, full_matrices=False).Vh[:2]
    return middle, directions


def on_their_plane(points: Tensor) -> Tensor:
    """points (M, P) -> where they lie on the plane nearest to them all (M, 2)."""
    middle, directions = plane_through(points)
    return (points - middle) @ directions.T
