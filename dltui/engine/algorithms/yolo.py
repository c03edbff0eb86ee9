"""Boxes on a grid and the loss that trains them (Redmon et al. 2016, "You only look once").

A picture is divided into S x S cells. A cell gives B boxes (x, y, w, h, confidence) and C class scores: x, y are the
middle within the cell, w, h the square roots of the sides, whole picture 1. The cell in which an object's middle lies
is to find it. An object is a row (x1, y1, x2, y2, class) in pixels, class -1 for none.
"""

import torch
from torch import Tensor

from dltui.engine.metrics.detection import Found, iou, nms

COORD, NO_OBJECT = 5.0, 0.5  # the paper's lambdas


def boxes_of(x: Tensor, size: int) -> Tensor:
    """x (N, S, S, B, 4) of cells -> x1, y1, x2, y2 in pixels of pictures (N, S, S, B, 4)."""
    S = x.shape[1]
    at = torch.arange(S, device=x.device)
    corner = torch.stack([at.expand(S, S), at[:, None].expand(S, S)], -1)[:, :, None]  # (S, S, 1, 2): column, row
    middle = (x[..., :2] + corner) * (size / S)
    half = x[..., 2:].square() * (size / 2)
    return torch.cat([middle - half, middle + half], -1)


def loss(boxes: Tensor, confidence: Tensor, scores: Tensor, objects: Tensor, size: int) -> Tensor:
    """Boxes (N, S, S, B, 4), confidence (N, S, S, B), scores (N, S, S, C), objects (N, M, 5) -> mean of the pictures.

    Of a cell's boxes the one of the greatest IoU answers for the object, and its confidence is to be that IoU.
    """
    N, S = scores.shape[:2]
    picture, number = (objects[..., 4] >= 0).nonzero(as_tuple=True)  # (K,)
    truth, of_class = objects[picture, number, :4], objects[picture, number, 4].long()
    middle = (truth[:, :2] + truth[:, 2:]) / 2 * (S / size)
    column, row = middle.long().clamp(0, S - 1).unbind(1)
    place = torch.cat(
        [middle - torch.stack([column, row], 1), ((truth[:, 2:] - truth[:, :2]) / size).sqrt()], 1
    )  # (K, 4), as a cell gives it
    with torch.no_grad():
        overlap = iou(boxes_of(boxes, size)[picture, row, column], truth[:, None])  # (K, B)
        answers = overlap.argmax(1)
    at = picture, row, column, answers
    wanted = torch.zeros_like(confidence)
    wanted[at] = overlap.gather(1, answers[:, None])[:, 0].to(wanted.dtype)
    weight = torch.full_like(confidence, NO_OBJECT)
    weight[at] = 1.0
    classes = torch.nn.functional.one_hot(of_class, scores.shape[-1])
    squares = COORD * (boxes[at] - place).square().sum() + (scores[picture, row, column] - classes).square().sum()
    return (squares + (weight * (confidence - wanted).square()).sum()) / N


def found(boxes: Tensor, confidence: Tensor, scores: Tensor, size: int, least: float, overlap: float) -> list[Found]:
    """Returns for each picture the boxes of score (confidence * class) at least `least`, their twins suppressed."""
    places = boxes_of(boxes, size).clamp(0, size)
    score, of_class = (confidence[..., None] * scores[:, :, :, None].clamp(0, 1)).max(-1)  # (N, S, S, B)
    results = []
    for place, sure, number in zip(places.cpu(), score.cpu(), of_class.cpu(), strict=True):
        chosen = sure >= least
        one = Found(place[chosen], number[chosen], sure[chosen])
        rows = nms(one, overlap)
        results.append(Found(*(part[rows] for part in one)))
    return results
