"""A small YOLO (Redmon et al. 2016, "You only look once: unified, real-time object detection"), its loss, its boxes.

A picture is divided into S x S cells. A cell gives B boxes (x, y, w, h, confidence) and C class scores: x, y are the
middle within the cell, w, h the square roots of the sides, whole picture 1. The cell in which an object's middle lies
is to find it. An object is a row (x1, y1, x2, y2, class) in pixels, class -1 for none.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.layers.boxes import Boxes, iou, nms

COORD, NO_OBJECT = 5.0, 0.5  # the paper's lambdas


def build(*, channels: int = 3, classes: int = 3, width: int = 16, depth: int = 3, boxes: int = 2) -> nn.Module:
    """Convolutions down to a grid of cells, each of which gives boxes and one set of class scores.

    channels: channels of a picture, at least 1.
    classes: number of classes, at least 1.
    width: channels of the first maps, doubled at each halving, at least 1.
    depth: times that the picture is halved: cells are 2^depth pixels wide, at least 1, at most 6.
    boxes: boxes a cell, at least 1.
    """
    return Yolo(channels, classes, width, depth, boxes)


class Grid(NamedTuple):
    """What cells give: boxes (N, S, S, B, 4), confidence (N, S, S, B), class scores (N, S, S, C)."""

    boxes: Tensor
    confidence: Tensor
    scores: Tensor


class Yolo(nn.Module):
    """Pictures (N, channels, size, size) -> Grid; S = size / 2^depth. See contracts.models.Detector."""

    def __init__(self, channels: int, classes: int, width: int, depth: int, boxes: int):
        super().__init__()
        self.boxes = boxes
        widths = [width << level for level in range(depth)]
        last = widths[-1]
        self.features = nn.Sequential(
            *(
                layer
                for before, after in zip([channels, *widths[:-1]], widths, strict=True)
                for layer in (*convolved(before, after), nn.MaxPool2d(2))
            ),
            *convolved(last, last),
            *convolved(last, last),
            *convolved(last, last),
        )
        self.head = nn.Conv2d(last, boxes * 5 + classes, 1)

    def forward(self, pictures: Tensor) -> Grid:
        cells = self.head(self.features(pictures)).permute(0, 2, 3, 1)  # (N, S, S, B * 5 + C)
        given, scores = cells.split([self.boxes * 5, cells.shape[-1] - self.boxes * 5], -1)
        given = torch.sigmoid(given.unflatten(-1, (self.boxes, 5)))
        return Grid(given[..., :4], given[..., 4], scores.softmax(-1))

    def loss(self, pictures: Tensor, objects: Tensor) -> Tensor:
        """Pictures (N, channels, size, size), objects (N, M, 5) -> scalar, the mean over the pictures."""
        return loss(self(pictures), objects, pictures.shape[-1])

    def detect(self, pictures: Tensor, min_score: float, nms_iou: float) -> list[Boxes]:
        """Returns the boxes of each picture, on the host."""
        return detected(self(pictures), pictures.shape[-1], min_score, nms_iou)


def convolved(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    """A 3x3 convolution, normalised and rectified."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.1)


def corners(x: Tensor, size: int) -> Tensor:
    """Boxes x (N, S, S, B, 4) as cells give them -> x1, y1, x2, y2 in pixels of pictures (N, S, S, B, 4)."""
    S = x.shape[1]
    at = torch.arange(S, device=x.device)
    corner = torch.stack([at.expand(S, S), at[:, None].expand(S, S)], -1)[:, :, None]  # (S, S, 1, 2): column, row
    middle = (x[..., :2] + corner) * (size / S)
    half = x[..., 2:].square() * (size / 2)
    return torch.cat([middle - half, middle + half], -1)


def loss(grid: Grid, objects: Tensor, size: int) -> Tensor:
    """Objects (N, M, 5) of pictures of `size` pixels -> scalar, the mean over the pictures (equation 3 of the paper).

    Of a cell's boxes the one of the greatest IoU is responsible for the object, and its confidence is to be that IoU.
    """
    boxes, confidence, scores = grid
    N, S = scores.shape[:2]
    there = objects[..., 4] >= 0  # (N, M): of fixed shape, for what is as long as there are objects waits for the host
    truth, of_class = objects[..., :4], objects[..., 4].long()
    middle = (truth[..., :2] + truth[..., 2:]) / 2 * (S / size)
    column, row = middle.long().clamp(0, S - 1).unbind(-1)
    place = torch.cat(
        [middle - torch.stack([column, row], -1), ((truth[..., 2:] - truth[..., :2]) / size).sqrt()], -1
    )  # (N, M, 4), as a cell gives it
    picture = torch.arange(N, device=objects.device)[:, None].expand_as(row)
    with torch.no_grad():
        overlap = iou(corners(boxes, size)[picture, row, column], truth[:, :, None])  # (N, M, B)
        responsible = overlap.argmax(-1)
    at = picture, row, column, responsible
    wanted = _filled(confidence, 0.0, at, there, overlap.amax(-1))
    weight = _filled(confidence, NO_OBJECT, at, there, torch.ones_like(overlap[..., 0]))
    classes = (of_class[..., None] == torch.arange(scores.shape[-1], device=scores.device)).float()
    squares = COORD * (boxes[at] - place).square().sum(-1) + (scores[picture, row, column] - classes).square().sum(-1)
    return ((squares * there).sum() + (weight * (confidence - wanted).square()).sum()) / N


def _filled(like: Tensor, value: float, at: tuple[Tensor, ...], there: Tensor, values: Tensor) -> Tensor:
    """`value` in the shape of `like`, and `values` (N, M) at those of the places that are `there`."""
    flat = torch.full((like.numel() + 1,), value, dtype=like.dtype, device=like.device)
    _, S, _, B = like.shape
    place = ((at[0] * S + at[1]) * S + at[2]) * B + at[3]
    flat[place.masked_fill(~there, like.numel())] = values.to(like.dtype)  # the last is nobody's
    return flat[:-1].view_as(like)


def detected(grid: Grid, size: int, min_score: float, nms_iou: float) -> list[Boxes]:
    """Returns for each picture the boxes of score (confidence * class) at least `min_score`, after suppression."""
    places = corners(grid.boxes, size).clamp(0, size)
    score, of_class = (grid.confidence[..., None] * grid.scores[:, :, :, None].clamp(0, 1)).max(-1)  # (N, S, S, B)
    results = []
    for place, sure, number in zip(places.cpu(), score.cpu(), of_class.cpu(), strict=True):
        chosen = sure >= min_score
        one = Boxes(place[chosen], number[chosen], sure[chosen])
        results.append(one.take(nms(one, nms_iou)))
    return results
