"""The masks that a detector gives its boxes: their mAP, their IoU beside that of whole boxes, boxes around nothing; and
each object of some test pictures in its colour."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.layers.boxes import Boxes, area, iou
from dltui.engine.layers.instances import unpacked
from dltui.engine.metrics.detection import Judged, owners
from dltui.engine.pictures.boxes import boxed
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.detect import LEAST, Detect
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

TASKS = ("detect",)
METRICS = {
    "mask_map50": Metric(
        "mean average precision of masks on the test pictures, a mask being right from an IoU of 0.5",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "mask_iou": Metric(
        "mean IoU of the mask of an object that does not fill its box with that of the box that fits the object best",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "filled_iou": Metric(
        "mean IoU of the mask of an object that does not fill its box with all of the box that fits the object best",
        better="higher",
        range=(0, 1),
        axis="mask_iou",
        rows="test",
    ),
    "ghosts": Metric(
        "mean number of boxes in a test picture that are drawn but fit no object with an IoU of 0.5",
        better="lower",
        range=(0, None),
        rows="test",
    ),
}
FITS = 0.5  # IoU from which a box fits an object
FILLS = 0.9  # share of its box from which an object fills it, as squares do
ROWS = 50  # pictures looked at together
COLUMNS, LEAST_POINTS = 2, 14  # of the picture; points of the terminal that one must have
DIM = 0.7  # light of a picture under its masks, which is grey


def build(*, pictures: int = 4) -> Callable[[Detect], "InstanceMasks"]:
    """The masks of what was detected, a colour an object.

    pictures: test pictures that are shown, at least 1.
    """
    return partial(InstanceMasks, shown=pictures)


class InstanceMasks:
    """See contracts.probe.Probe; of a net as contracts.models.MaskDetector says."""

    def __init__(self, task: Detect, shown: int):
        if not task.has_masks:
            raise DltuiError("The net gives no masks.", "Set model.kind=mask_rcnn.", ExitStatus.USAGE)
        self.task, self.shown = task, shown
        test = task.rows.test
        self.truth = unpacked(test.targets.cpu(), task.rows.facts["objects"], len(task.rows.classes))

    def found(self, pictures: Tensor, min_score: float) -> list[tuple[Boxes, Tensor]]:
        """Pictures (N, C, size, size) -> of each its boxes, and their masks (K, size, size)."""
        boxes = self.task.predictions(pictures, min_score)
        return list(zip(boxes, self.task.net.masks(pictures, boxes), strict=True))

    def evaluate(self) -> dict[str, float]:
        parts = self.task.rows.test.inputs.split(ROWS)
        found = [one for part in parts for one in self.found(part, LEAST)]
        objects, masks = self.truth
        values = []
        for number in range(len(self.task.rows.classes)):
            hits, scores, count = [], [], 0
            for (boxes, given), rows, true in zip(found, objects, masks, strict=True):
                of, wanted = boxes.classes == number, rows[:, 4] == number
                hits.append(owners(mask_iou(given[of], true[wanted]), boxes.scores[of]) >= 0)
                scores.append(boxes.scores[of])
                count += int(wanted.sum())
            if count:
                values.append(Judged(torch.cat(hits), torch.cat(scores), count).ap)
        return {"mask_map50": sum(values) / max(1, len(values)), **self._drawn()}

    def _drawn(self) -> dict[str, float]:
        """What masks and boxes that are drawn are worth."""
        of_mask, of_box, ghosts = [], [], 0
        parts = self.task.rows.test.inputs.split(ROWS)
        found = [one for part in parts for one in self.found(part, self.task.min_score)]
        for (one, given), objects, true in zip(found, *self.truth, strict=True):
            fit = iou(objects[:, None, :4], one.boxes[None]) * (objects[:, 4, None] >= 0)  # (M, K)
            ghosts += int((fit < FITS).all(0).sum())
            if not len(one.boxes):
                continue
            best, number = fit.max(1)
            asked = (best >= FITS) & (true.sum((1, 2)) < FILLS * area(objects[:, :4]))
            filled = inside(one.boxes[number], true.shape[-1])
            for values, masks in ((of_mask, given[number]), (of_box, filled)):
                both = (masks & true).sum((1, 2)) / (masks | true).sum((1, 2)).clamp(min=1)
                values += both[asked].tolist()
        means = (sum(values) / max(1, len(values)) for values in (of_mask, of_box))
        return dict(zip(("mask_iou", "filled_iou", "ghosts"), (*means, ghosts / len(found)), strict=True))

    def pictures(self) -> Iterator[Picture]:
        """Test pictures with their boxes and masks: of two objects of one class each has its colour."""
        inputs, task = self.task.rows.test.inputs[: self.shown], self.task
        labels, boxes, most = torch.zeros(len(inputs), *inputs.shape[2:], dtype=torch.long), [], 1
        for cell, (one, masks) in enumerate(self.found(inputs, task.min_score)):
            for number in one.scores.argsort(stable=True).tolist():  # the surest on top
                labels[cell][masks[number]] = number + 1
            boxes += boxed(cell, one, task.rows.classes, torch.arange(len(one.boxes)))
            most = max(most, len(one.boxes))
        columns = min(COLUMNS, len(inputs))
        rows = -(-len(inputs) // columns)
        cells = torch.zeros(rows * columns, *labels.shape[1:], dtype=torch.uint8)
        cells[: len(labels)] = labels
        masks = torch.cat([torch.cat(list(row), 1) for row in cells.split(columns)])  # (rows H, columns W)
        names = [f"object {number + 1}" for number in range(most)]
        sheet = montage(DIM * inputs.mean(1, keepdim=True), columns=columns, least=LEAST_POINTS)
        yield Picture("masks", sheet | {"type": "boxes", "masks": masks.numpy(), "boxes": boxes, "classes": names})


def inside(boxes: Tensor, size: int) -> Tensor:
    """Boxes (N, 4) -> the pixels whose middles they hold (N, size, size) bool."""
    at = torch.arange(size) + 0.5
    x1, y1, x2, y2 = boxes.T[..., None]  # (N, 1) each
    return ((at >= y1) & (at <= y2))[:, :, None] & ((at >= x1) & (at <= x2))[:, None]


def mask_iou(a: Tensor, b: Tensor) -> Tensor:
    """Masks (N, H, W) and (M, H, W) bool -> the IoU of each with each (N, M)."""
    a, b = a.flatten(1).float(), b.flatten(1).float()
    both = a @ b.T
    return both / (a.sum(1)[:, None] + b.sum(1)[None] - both).clamp(min=1)
