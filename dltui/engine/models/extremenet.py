"""ExtremeNet (Zhou, Zhuo, Krähenbühl 2019, "Bottom-up object detection by grouping extreme and center points",
arXiv:1901.08043): a box is the topmost, leftmost, bottommost and rightmost points of an object, and its centre.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, smooth_l1_loss

from dltui.engine.layers.boxes import Boxes, suppressed
from dltui.engine.layers.convolved import convolved
from dltui.engine.layers.heat_maps import focal, gaussians, peaks, radii
from dltui.engine.layers.hourglass import Hourglass
from dltui.errors import DltuiError, ExitStatus

CELL = 4  # pixels of a side that a cell of the maps stands for
SIDES = ("top", "left", "bottom", "right")  # the order of extreme points
BEST = 5  # peaks of a map that are grouped
HOT = 0.1  # least heat of a peak
EDGE = 1 / 8  # of a side of the box, by which an octagon follows it to either side of the extreme point
RARE = -2.19  # logit of heat at first: 0.1


def build(
    *,
    channels: int = 3,
    size: int = 64,
    classes: int = 3,
    width: int = 8,
    centre_score: float = 0.1,
) -> nn.Module:
    """Five maps of each class, of a quarter of the size; four extreme points are a box if its centre is hot.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 16, a multiple of 16.
    classes: number of classes, at least 1.
    width: channels of the first maps, at least 1; deeper ones have up to four times as many.
    centre_score: heat that the map of centres must have in the middle of four points, at least 0, at most 1; 0: every
        four points that lie as they should are a box.
    """
    if size % (4 * CELL):
        message = f"extremenet takes pictures of whole cells of {4 * CELL} pixels; these have {size}."
        raise DltuiError(message, f"Set data.size to a multiple of {4 * CELL}.", ExitStatus.USAGE)
    return ExtremeNet(channels, size, classes, width, centre_score)


class Extremes(NamedTuple):
    """What cells give: heat of the four SIDES and of centres (N, 5, classes, h, w) as logits, and of the four the
    places in the cell (N, 4, 2, h, w), x before y."""

    heat: Tensor
    offsets: Tensor


class ExtremeNet(nn.Module):
    """Pictures (N, channels, size, size) -> Extremes. See contracts.models.MaskDetector."""

    def __init__(self, channels: int, size: int, classes: int, width: int, centre_score: float):
        super().__init__()
        self.size, self.classes, self.cells, self.centre_score = size, classes, size // CELL, centre_score
        self.features = Hourglass(channels, width)
        heat = nn.Conv2d(4 * width, 5 * classes, 1)
        nn.init.constant_(heat.bias.data, RARE)
        self.heat = nn.Sequential(*convolved(4 * width, 4 * width), heat)
        self.offsets = nn.Sequential(*convolved(4 * width, 4 * width), nn.Conv2d(4 * width, 8, 1))

    def forward(self, pictures: Tensor) -> Extremes:
        features = self.features(pictures)
        return Extremes(self.heat(features).unflatten(1, (5, -1)), self.offsets(features).unflatten(1, (4, 2)))

    def heat_maps(self, pictures: Tensor) -> dict[int | str, Tensor]:
        """The heat of each side and of centres, of the likeliest class (N, h, w)."""
        return dict(zip((*SIDES, "centre"), self(pictures).heat.sigmoid().amax(2).unbind(1), strict=True))

    def loss(self, pictures: Tensor, objects: Tensor, masks: Tensor) -> Tensor:
        """Pictures (N, channels, size, size), objects (N, M, 5), masks (N, M, size, size) -> scalar, the mean over the
        objects."""
        return self.cost(self(pictures), objects, extreme_points(masks))

    def cost(self, given: Extremes, objects: Tensor, points: Tensor) -> Tensor:
        """The focal loss of the five maps and, at the extreme points (N, 4, M, 2), the smooth L1 of their offsets."""
        of_class, there = objects[..., 4].long(), objects[..., 4] >= 0  # (N, M)
        middle = (objects[..., :2] + objects[..., 2:4]) / 2
        place = torch.cat([points, middle[:, None]], 1) / CELL  # (N, 5, M, 2)
        cell = place.long().clamp(0, self.cells - 1)
        sigma = (2 * radii(((objects[..., 2:4] - objects[..., :2]) / CELL).clamp(min=0.1)) + 1) / 6
        wanted = [gaussians(one, sigma, of_class, self.classes, self.cells) for one in cell.unbind(1)]
        heat = 5 * focal(given.heat.flatten(1, 2), torch.cat(wanted, 1))  # five points an object
        off = smooth_l1_loss(at(given.offsets, cell[:, :4]), (place - cell)[:, :4], reduction="none").sum((1, 3))
        return heat + off.where(there, 0.0).sum() / there.sum().clamp(min=1)

    def detect(self, pictures: Tensor, min_score: float, nms_iou: float) -> list[Boxes]:
        """Returns the boxes of each picture, on the host."""
        given = self(pictures)
        heat = given.heat.sigmoid()  # (N, 5, C, h, w)
        best = min(BEST, self.cells**2)
        sure, number = peaks(heat[:, :4].flatten(1, 2)).view_as(heat[:, :4]).flatten(3).topk(best, dim=3)
        cell = torch.stack([number % self.cells, number // self.cells], -1)  # (N, 4, C, K, 2)
        place = cell + at(given.offsets, cell.flatten(2, 3)).unflatten(2, (-1, best))
        (tx, ty), (lx, ly), (bx, by), (rx, ry) = (
            (spread(one[..., 0], axis), spread(one[..., 1], axis)) for axis, one in enumerate(place.unbind(1))
        )  # (N, C, K, 1, 1, 1) and so on: of every four points
        fits = (ty <= ly) & (ty <= ry) & (by >= ly) & (by >= ry) & (lx <= tx) & (lx <= bx) & (rx >= tx) & (rx >= bx)
        fits = fits & (lx < rx) & (ty < by)
        x, y = (((a + b) / 2).long().clamp(0, self.cells - 1) for a, b in ((lx, rx), (ty, by)))
        centre = heat[:, 4].flatten(2).gather(2, (y * self.cells + x).expand(fits.shape).flatten(2)).view_as(fits)
        heats = [spread(one, axis) for axis, one in enumerate(sure.masked_fill(sure < HOT, -torch.inf).unbind(1))]
        score = (sum(heats) + centre) / 5 if self.centre_score else sum(heats) / 4
        score = score.where(fits & (centre >= self.centre_score), -1.0)  # below any min_score
        boxes = torch.stack([one.expand(fits.shape) for one in (lx, ty, rx, by)], -1).flatten(1, 5) * CELL
        of = one_hot(torch.arange(self.classes, device=heat.device), self.classes)[:, None].bool()  # (C, 1, C)
        scored = score.flatten(2)[..., None].where(of, -1.0).flatten(1, 2)  # (N, C * K^4, C)
        return suppressed(boxes, scored, self.size, min_score, nms_iou)

    def masks(self, pictures: Tensor, boxes: list[Boxes]) -> list[Tensor]:
        """Pictures (N, channels, size, size) and the boxes of each -> their octagons (K, size, size) bool, on the host.

        The extreme point of a side is where, along this side, its map is hottest.
        """
        heat = self(pictures).heat.sigmoid()[:, :4].cpu()
        at_cell = (torch.arange(self.cells) + 0.5) * CELL
        found = []
        for maps, one in zip(heat, boxes, strict=True):
            cell = (one.boxes / CELL).long().clamp(0, self.cells - 1)  # (K, 4)
            points = []
            for side, axis in ((0, 1), (1, 0), (2, 3), (3, 2)):  # of SIDES: which number of a box it is
                of_class = maps[side, one.classes]  # (K, h, w)
                fixed = cell[:, axis, None, None]
                along = (
                    of_class.take_along_dim(fixed, 1)[:, 0] if axis % 2 else of_class.take_along_dim(fixed, 2)[..., 0]
                )
                first, last = one.boxes[:, 1 - axis % 2, None], one.boxes[:, 3 - axis % 2, None]
                inside = (at_cell + CELL / 2 > first) & (at_cell - CELL / 2 < last)
                points.append(at_cell[along.masked_fill(~inside, -1.0).argmax(1)])
            found.append(filled(octagons(one.boxes, torch.stack(points, 1)), self.size))
        return found


def at(maps: Tensor, cell: Tensor) -> Tensor:
    """Maps (N, P, C, h, w) at cells (N, P, M, 2) -> (N, P, M, C)."""
    place = (cell[..., 1] * maps.shape[-1] + cell[..., 0])[:, :, None]  # (N, P, 1, M)
    return maps.flatten(3).gather(3, place.expand(-1, -1, maps.shape[2], -1)).transpose(2, 3)


def spread(values: Tensor, axis: int) -> Tensor:
    """(N, C, K) -> (N, C, 1, K, 1, 1), K as the dimension `axis` of four: they meet those of the others."""
    return values[(..., *(slice(None) if place == axis else None for place in range(4)))]


def extreme_points(masks: Tensor) -> Tensor:
    """Masks (N, M, H, W) -> the points of SIDES (N, 4, M, 2) in pixels: the middle of the first and of the last row,
    and of the first and of the last column, that a mask has pixels in."""
    points = []
    for turned in (masks, masks.transpose(2, 3)):
        rows, steps = turned.any(3), torch.arange(turned.shape[3], device=masks.device) + 0.5
        for first, edge in ((rows.int().argmax(2), 0), (rows.shape[2] - 1 - rows.flip(2).int().argmax(2), 1)):
            line = turned.take_along_dim(first[..., None, None], 2)[:, :, 0].float()  # (N, M, W)
            along = (line * steps).sum(2) / line.sum(2).clamp(min=1)
            across = first + float(edge)
            points.append(torch.stack([across, along] if turned is not masks else [along, across], -1))
    top, bottom, left, right = points
    return torch.stack([top, left, bottom, right], 1)


def octagons(boxes: Tensor, points: Tensor) -> Tensor:
    """Boxes (K, 4) and where along each of SIDES its extreme point lies (K, 4) -> corners (K, 8, 2), clockwise from
    the left end on the top: an octagon follows each side around its point, for a quarter of it in all."""
    x1, y1, x2, y2 = boxes.unbind(1)
    ends = []
    for side, (first, last) in enumerate(((x1, x2), (y1, y2), (x1, x2), (y1, y2))):
        reach = EDGE * (last - first)
        ends.append(((points[:, side] - reach).clamp(first, last), (points[:, side] + reach).clamp(first, last)))
    (t1, t2), (l1, l2), (b1, b2), (r1, r2) = ends
    corners = ((t1, y1), (t2, y1), (x2, r1), (x2, r2), (b2, y2), (b1, y2), (x1, l2), (x1, l1))
    return torch.stack([torch.stack(one, -1) for one in corners], 1)


def filled(corners: Tensor, size: int) -> Tensor:
    """Corners of convex shapes (K, P, 2), clockwise as seen -> which pixels' middles lie in them (K, size, size)."""
    steps = torch.arange(size) + 0.5
    ahead = corners.roll(-1, 1) - corners  # (K, P, 2)
    x, y = (steps - corners[..., axis, None] for axis in (0, 1))  # (K, P, size)
    turn = ahead[..., 0, None, None] * y[..., :, None] - ahead[..., 1, None, None] * x[..., None, :]
    return (turn >= 0).all(1)
