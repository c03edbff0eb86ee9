"""YOLOv3 (Redmon and Farhadi 2018, "YOLOv3: an incremental improvement", arXiv:1804.02767): anchors on three scales.

A cell at column c_x, row c_y gives for each of its anchors, p_w x p_h large, t_x, t_y, t_w, t_h, an objectness and
class scores: the middle of its box is (sigmoid(t_x) + c_x, sigmoid(t_y) + c_y) cells, its sides p_w exp(t_w) and
p_h exp(t_h).
"""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from dltui.engine.layers.anchors import LONGEST, NONE, anchors, of_owners
from dltui.engine.layers.boxes import Boxes, iou, suppressed
from dltui.engine.layers.hourglass import Hourglass
from dltui.errors import DltuiError, ExitStatus

LEVELS = (16, 8, 4)  # pixels of a side that a cell of each of the body's maps stands for
# Sides of the anchors as shares of the picture's: k-means on 1 - IoU of the boxes of generated scenes, the small first.
SHAPES = (0.1, 0.12, 0.145, 0.175, 0.215, 0.255, 0.305, 0.36, 0.41)
PLACE = 5.0  # weight of the place
IGNORED = 0.5  # IoU with an object from which a box that is not responsible is not asked for its objectness
RARE = -4.0  # logit of the objectness at first: few boxes have an object


def build(
    *,
    channels: int = 3,
    size: int = 64,
    classes: int = 3,
    width: int = 12,
    grids: list[int] = (4, 8, 16),
    fitting: float = 0.5,
) -> nn.Module:
    """Maps are halved down to coarse cells, and those of the coarse ones are handed back up to the finer.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 16, a multiple of 16.
    classes: number of classes, at least 1.
    width: channels of the first maps, at least 1; deeper ones have up to four times as many.
    grids: pixels of a side that a cell of each grid that predicts stands for, 4, 8 and 16 or some of them; they share
        the nine anchors between them, the smallest to the finest.
    fitting: IoU of shapes from which an anchor is responsible for an object besides the one that fits best, at least 0,
        at most 1; 1: that one alone, as in the paper, which takes many more steps.
    """
    if not grids or not set(grids) <= set(LEVELS):
        raise DltuiError(f"model.grids is {list(grids)}.", "Valid: some of 4, 8 and 16.", ExitStatus.USAGE)
    if size % LEVELS[0]:
        message = f"yolov3 takes pictures of whole cells of {LEVELS[0]} pixels; these have {size}."
        raise DltuiError(message, f"Set data.size to a multiple of {LEVELS[0]}.", ExitStatus.USAGE)
    return YoloV3(channels, size, classes, width, sorted(set(grids)), fitting)


class Cells(NamedTuple):
    """What the anchors of all grids give: places t (N, K, 4), objectness (N, K) and classes (N, K, C) as logits."""

    places: Tensor
    objectness: Tensor
    classes: Tensor


class YoloV3(nn.Module):
    """Pictures (N, channels, size, size) -> Cells, the finest grid first. See contracts.models.Detector."""

    def __init__(self, channels: int, size: int, classes: int, width: int, grids: list[int], fitting: float):
        super().__init__()
        self.size, self.classes, self.fitting = size, classes, fitting
        self.body = Hourglass(channels, width)
        shapes = [(side * size, side * size) for side in SHAPES]
        edges = [len(shapes) * part // len(grids) for part in range(len(grids) + 1)]
        parts = [shapes[first:last] for first, last in pairwise(edges)]
        self.levels = [LEVELS.index(pixels) for pixels in grids]
        self.maps = [(size // pixels, part) for pixels, part in zip(grids, parts, strict=True)]
        self.heads = nn.ModuleList(nn.Conv2d(4 * width, len(part) * (5 + classes), 1) for part in parts)
        for head, part in zip(self.heads, parts, strict=True):
            nn.init.constant_(head.bias.data.view(len(part), -1)[:, 4], RARE)
        self.register_buffer("anchors", anchors(size, self.maps), persistent=False)  # (K, 4)
        grids = [torch.full((side * side * len(part),), size / side) for side, part in self.maps]
        self.register_buffer("cell", torch.cat(grids)[:, None], persistent=False)  # (K, 1): pixels of a cell
        self.register_buffer("shapes", torch.tensor(shapes), persistent=False)  # (9, 2)
        rows, first = [], 0  # of each shape its grid's cells on a side, its place in the first cell, shapes at a cell
        for side, part in self.maps:
            rows += [(side, first + number, len(part)) for number in range(len(part))]
            first += side * side * len(part)
        for name, row in zip(("grids", "first", "each"), torch.tensor(rows).T, strict=True):
            self.register_buffer(name, row, persistent=False)  # (9,)

    def forward(self, pictures: Tensor) -> Cells:
        levels = self.body.levels(pictures)
        given = [
            head(levels[level]).permute(0, 2, 3, 1).reshape(pictures.shape[0], -1, 5 + self.classes)
            for head, level in zip(self.heads, self.levels, strict=True)
        ]
        places, objectness, classes = torch.cat(given, 1).split([4, 1, self.classes], -1)
        return Cells(places, objectness[..., 0], classes)

    def boxes(self, places: Tensor) -> Tensor:
        """Places t (N, K, 4) -> x1, y1, x2, y2 in pixels (N, K, 4)."""
        at, sides = (self.anchors[:, :2] + self.anchors[:, 2:]) / 2, self.anchors[:, 2:] - self.anchors[:, :2]
        middle = at + (places[..., :2].sigmoid() - 0.5) * self.cell  # `at` is the middle of the cell
        half = places[..., 2:].clamp(max=LONGEST).exp() * sides / 2
        return torch.cat([middle - half, middle + half], -1)

    def owners(self, objects: Tensor) -> Tensor:
        """Objects (N, M, 5) -> the object for which each anchor is responsible (N, K) int64, NONE for none.

        Of the anchors in the cell where the object's middle lies those whose shapes fit it.
        """
        N, M = objects.shape[:2]
        there = objects[..., 4, None] >= 0  # (N, M, 1)
        middle, sides = (objects[..., :2] + objects[..., 2:4]) / 2, objects[..., 2:4] - objects[..., :2]
        shapes = [torch.cat([torch.zeros_like(one), one], -1) for one in (sides[:, :, None], self.shapes)]
        fit = iou(*shapes)  # (N, M, 9)
        best = torch.arange(fit.shape[-1], device=fit.device) == fit.argmax(-1, keepdim=True)
        cell = (middle[:, :, None] * (self.grids / self.size)[:, None]).long().clamp(min=0)
        cell = torch.minimum(cell, self.grids[:, None] - 1)  # (N, M, 9, 2): column, row
        place = self.first + (cell[..., 1] * self.grids + cell[..., 0]) * self.each  # (N, M, 9)
        K = len(self.anchors)
        owner = torch.full((N, K + 1), NONE, device=objects.device)
        number = torch.arange(M, device=objects.device)[:, None].expand_as(place)
        for chosen in (there & (fit >= self.fitting), there & best):  # the best ones have the last word
            owner = owner.scatter(1, place.masked_fill(~chosen, K).flatten(1), number.flatten(1))
        return owner[:, :-1]  # the last was nobody's

    def loss(self, pictures: Tensor, objects: Tensor) -> Tensor:
        """Pictures (N, channels, size, size), objects (N, M, 5) -> scalar, the mean over the pictures."""
        return self.cost(self(pictures), objects)

    def cost(self, given: Cells, objects: Tensor) -> Tensor:
        """Squares of what places are off, cross-entropy of objectness and of each class by itself."""
        owner = self.owners(objects)
        truth, of_class = of_owners(owner, objects)
        responsible = owner >= 0
        with torch.no_grad():
            overlap = iou(self.boxes(given.places)[:, :, None], objects[:, None, :, :4])  # (N, K, M)
            best = overlap.masked_fill(objects[:, None, :, 4] < 0, 0.0).amax(-1)
            asked = responsible | (best < IGNORED)
        at, sides = (self.anchors[:, :2] + self.anchors[:, 2:]) / 2, self.anchors[:, 2:] - self.anchors[:, :2]
        wanted = ((truth[..., :2] + truth[..., 2:]) / 2 - at) / self.cell + 0.5  # within the cell
        stretch = ((truth[..., 2:] - truth[..., :2]).clamp(min=1e-3) / sides).log()
        squares = (given.places[..., :2].sigmoid() - wanted).square() + (given.places[..., 2:] - stretch).square()
        classes = (of_class[..., None] == torch.arange(self.classes, device=of_class.device)).float()
        naming = binary_cross_entropy_with_logits(given.classes, classes, reduction="none").sum(-1)
        sure = binary_cross_entropy_with_logits(given.objectness, responsible.float(), reduction="none")
        ours = (PLACE * squares.sum(-1) + naming).where(responsible, 0.0)
        return (ours.sum() + sure.where(asked, 0.0).sum()) / len(objects)

    def detect(self, pictures: Tensor, min_score: float, nms_iou: float) -> list[Boxes]:
        """Returns the boxes of each picture, on the host."""
        given = self(pictures)
        scores = given.objectness.sigmoid()[..., None] * given.classes.sigmoid()
        return suppressed(self.boxes(given.places), scores, self.size, min_score, nms_iou)
