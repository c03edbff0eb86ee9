"""Detection: boxes and classes from a grid of cells, trained and judged as YOLO's first paper says."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from dltui.engine.algorithms import yolo
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.metrics.detection import Found, iou, mean_ap
from dltui.engine.pictures.boxes import boxed
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric(
        "training loss of a batch: squared errors of places, confidences and classes, a picture",
        better="lower",
        progress=True,
    ),
    "test_loss": Metric("the same on the test pictures", better="lower"),
    "map50": Metric("mean average precision on the test pictures, a box being right from an IoU of 0.5"),
    "best_iou": Metric(
        "mean IoU of an object with the box that fits it best, of any class", better="higher", range=(0, 1)
    ),
}
ROWS = 100  # pictures looked at together
SHOWN = 6  # test pictures
NAMED = 6  # more boxes than this in a picture, and their names would cover it
DARK = 0.15  # light left of a cell that is sure of nothing
LEAST = 0.01  # score from which a box counts for mAP


def build(*, overlap: float = 0.5, shown: float = 0.2) -> Callable:
    """Returns (data, nets, device) -> Detect.

    overlap: IoU above which the worse of two boxes of a class is removed, at least 0, at most 1.
    shown: score from which a box is drawn, at least 0, at most 1.
    """
    return partial(Detect, overlap=overlap, shown=shown)


class Detect:
    """A net that gives a Grid: boxes (B, S, S, boxes, 4), confidence (B, S, S, boxes), scores (B, S, S, classes)."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, overlap: float, shown: float):
        if data.train.targets.dim() != 3 or data.train.targets.shape[2] != 5:
            raise DltuiError(
                "detect wants boxes: x1, y1, x2, y2 and a class.", "Take: data.kind=scenes", ExitStatus.USAGE
            )
        self.net, self.classes, self.size = nets["model"], data.classes, data.facts["size"]
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows, self.overlap, self.shown = len(self.inputs), overlap, shown
        self.objects = [
            Found(rows[:, :4], rows[:, 4].long(), torch.ones(len(rows)))
            for rows in (part[part[:, 4] >= 0] for part in data.test.targets)
        ]

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return yolo.loss(*self.net(self.inputs[rows]), self.targets[rows], self.size)

    def found(self, inputs: Tensor, least: float) -> list[Found]:
        """inputs (N, channels, size, size) -> the boxes of each picture."""
        results: list[Found] = []
        for part in inputs.split(ROWS):
            results += yolo.found(*self.net(part), self.size, least, self.overlap)
        return results

    def evaluate(self) -> dict[str, float]:
        found = self.found(self.test_inputs, LEAST)
        parts = zip(self.test_inputs.split(ROWS), self.test_targets.split(ROWS), strict=True)
        losses = [yolo.loss(*self.net(part), wanted, self.size) * len(part) for part, wanted in parts]
        fits = [
            iou(there.boxes[:, None], one.boxes[None]).amax(1) if len(one.boxes) else torch.zeros(len(there.boxes))
            for one, there in zip(found, self.objects, strict=True)
        ]
        return {
            "test_loss": sum(losses).item() / len(self.test_inputs),
            "map50": mean_ap(found, self.objects, len(self.classes)),
            "best_iou": torch.cat(fits).mean().item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """Test pictures with the boxes that are found, the objects dashed; and what the cells of one of them say."""
        boxes = []
        for cell, one in enumerate(self.found(self.test_inputs[:SHOWN], self.shown)):
            names = self.classes if len(one.boxes) <= NAMED else ()
            boxes += boxed(cell, self.objects[cell], dashed=True) + boxed(cell, one, names)
        sheet = montage(self.test_inputs[:SHOWN], columns=3)
        yield Picture("boxes", sheet | {"type": "boxes", "boxes": boxes, "classes": list(self.classes)})
        yield Picture("grid", self._grid())

    def _grid(self) -> dict:
        """The first test picture, each cell in the colour of its likeliest class, and as bright as it is sure of a box.

        As in figure 2 of the paper.
        """
        picture = self.test_inputs[:1]
        grid = self.net(picture)
        of_class, sure = grid.scores[0].argmax(-1) + 1, grid.confidence[0].amax(-1)  # (S, S) both
        of_class, sure = interpolate(torch.stack([of_class.float(), sure.float()])[None], self.size)[0]  # (size, size)
        grey = picture.mean(1, keepdim=True).expand_as(picture)  # on which the classes' colours are told apart
        sheet = montage(
            torch.cat([grey, picture * (DARK + (1 - DARK) * sure)]),
            columns=2,
            captions=["a cell's class", "how sure of a box"],
        )
        masks = torch.cat([of_class, torch.zeros_like(of_class)], 1).long().cpu().numpy()
        boxes = [box for cell in range(2) for box in boxed(cell, self.objects[0], dashed=True)]
        return sheet | {"type": "boxes", "masks": masks, "boxes": boxes, "classes": list(self.classes)}
