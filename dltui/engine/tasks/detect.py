"""Detection: boxes and their classes; the loss and the decoding are the model's own (contracts.models.Detector)."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from dltui.engine.contracts.rows import RowSplit
from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.layers.boxes import Boxes, iou
from dltui.engine.layers.instances import unpacked
from dltui.engine.metrics.detection import mean_ap
from dltui.engine.pictures.boxes import boxed
from dltui.engine.pictures.detector_views import views
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

ANSWERS = ("predict",)
PREDICTS = "boxes"
NET_HAS = {"model": ("loss", "detect")}
METRICS = {
    "loss": Metric(
        "training loss of a batch, a picture, as the model defines it", better="lower", progress=True, rows="train"
    ),
    "test_loss": Metric("loss on the test pictures, as the model defines it", better="lower", axis="loss", rows="test"),
    "map50": Metric(
        "mean average precision on the test pictures, a box being right from an IoU of 0.5",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "best_iou": Metric(
        "mean IoU of an object with the box that fits it best, of any class", better="higher", range=(0, 1), rows="test"
    ),
}
ROWS = 100  # pictures looked at together
SHOWN = 6  # test pictures
NAMED = 6  # more boxes than this in a picture, and their names would cover it
DARK = 0.15  # light left of a cell that is sure of nothing
LEAST = 0.01  # score from which a box counts for mAP


def build(*, nms_iou: float = 0.5, min_score: float = 0.2) -> Callable[[Context], "Detect"]:
    """The net predicts the boxes of a picture, their classes and scores.

    nms_iou: IoU above which the worse of two boxes of a class is removed, at least 0, at most 1.
    min_score: score from which a box is drawn, at least 0, at most 1.
    """
    return partial(Detect, nms_iou=nms_iou, min_score=min_score)


class Detect:
    """A net as contracts.models.Detector says. Of one that gives a grid of cells these are drawn too."""

    def __init__(self, context: Context, nms_iou: float, min_score: float):
        self.net, rows = context.nets["model"], context.rows
        self.has_masks = hasattr(self.net, "masks")
        self.rows = rows.instances() if self.has_masks or rows.has_instances else rows.boxes()
        self.nms_iou, self.min_score = nms_iou, min_score
        self.train_given, self.test_given = self._given(self.rows.train), self._given(self.rows.test)
        self.objects = [
            Boxes(rows[:, :4], rows[:, 4].long(), torch.ones(len(rows)))
            for rows in (part[part[:, 4] >= 0] for part in self.test_given[0].cpu())
        ]

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar."""
        return self.net.loss(self.rows.train.batch(rows), *(part[rows] for part in self.train_given))

    def _given(self, split: RowSplit) -> list[Tensor]:
        """What the loss of the net is given of each row of the split, besides the picture: objects (N, M, 5); regions
        (N, K, 4) where they are not the net's own; masks (N, M, size, size) where it tells them."""
        given = [split.targets]
        if self.rows.has_instances:
            objects, masks = unpacked(split.targets, self.rows.facts["objects"], len(self.rows.classes))
            given = [objects, masks] if self.has_masks else [objects]
        if hasattr(self.net, "proposals"):
            given.append(torch.cat([self.net.proposals(part) for part in split.inputs.split(ROWS)]))
        return given

    def predictions(self, inputs: Tensor, min_score: float) -> list[Boxes]:
        """inputs (N, channels, size, size) -> the boxes of each picture."""
        parts = (self.net.detect(part, min_score, self.nms_iou) for part in inputs.split(ROWS))
        return [boxes for part in parts for boxes in part]

    def evaluate(self) -> dict[str, float]:
        test = self.rows.test
        predictions = self.predictions(test.inputs, LEAST)
        parts = zip(test.inputs.split(ROWS), *(part.split(ROWS) for part in self.test_given), strict=True)
        losses = [self.net.loss(*part) * len(part[0]) for part in parts]
        fits = [
            iou(there.boxes[:, None], one.boxes[None]).amax(1) if len(one.boxes) else torch.zeros(len(there.boxes))
            for one, there in zip(predictions, self.objects, strict=True)
        ]
        return {
            "test_loss": sum(losses).item() / len(test),
            "map50": mean_ap(predictions, self.objects, len(self.rows.classes)),
            "best_iou": torch.cat(fits).mean().item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """Test pictures with the predicted boxes, the objects dashed; and what the cells of one of them give."""
        shown, classes, boxes = self.rows.test.inputs[:SHOWN], self.rows.classes, []
        for cell, one in enumerate(self.predictions(shown, self.min_score)):
            names = classes if len(one.boxes) <= NAMED else ()
            boxes += boxed(cell, self.objects[cell], dashed=True) + boxed(cell, one, names)
        yield Picture("boxes", montage(shown, columns=3) | {"type": "boxes", "boxes": boxes, "classes": list(classes)})
        yield from views(self.net, shown[:1], self.rows.test.targets[:1], classes)
        cells = self.net(shown[:1])
        if hasattr(cells, "confidence"):
            yield Picture("grid", self._grid(shown[:1], cells.scores[0], cells.confidence[0]))

    def _grid(self, picture: Tensor, scores: Tensor, confidence: Tensor) -> dict:
        """A picture (1, C, size, size), each cell in the colour of its likeliest class, and as bright as it is sure of
        a box: figure 2 of YOLO's first paper. scores (S, S, classes), confidence (S, S, boxes)."""
        of_class, sure = scores.argmax(-1) + 1, confidence.amax(-1)  # (S, S) both
        cells = torch.stack([of_class.float(), sure.float()])[None]
        of_class, sure = interpolate(cells, picture.shape[-1])[0]  # (size, size) both
        grey = picture.mean(1, keepdim=True).expand_as(picture)  # on which the classes' colours are told apart
        sheet = montage(
            torch.cat([grey, picture * (DARK + (1 - DARK) * sure)]),
            columns=2,
            captions=["a cell's class", "how sure of a box"],
        )
        masks = torch.cat([of_class, torch.zeros_like(of_class)], 1).long().cpu().numpy()
        boxes = [box for cell in range(2) for box in boxed(cell, self.objects[0], dashed=True)]
        return sheet | {"type": "boxes", "masks": masks, "boxes": boxes, "classes": list(self.rows.classes)}
