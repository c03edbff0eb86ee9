"""Segmentation: a class for every pixel; large pictures are predicted tile by tile.

Judged by the intersection over union of all classes; or of two classes, where the second is the borders between regions
of the first (cells and their walls), by what they separate.
"""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.layers.overlap_tiles import AT_ONCE, mirrored, tiled
from dltui.engine.losses import weighted_cross_entropy
from dltui.engine.metrics.borders import border_iou, count_regions
from dltui.engine.metrics.segmentation import Thing, border_band, mean_iou, thing_ious, things_of
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Box, Heat

PARTS = ("loss",)
PROBES = ("masks",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True, rows="train"),
    "wall_iou": Metric(
        "intersection over union of the lines that separate regions of the first class, within a pixel",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "pixel_iou": Metric(
        "intersection over union of the second class, pixel by pixel, on the test pictures",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "recall": Metric("share of the second class's pixels that are found", better="higher", range=(0, 1), rows="test"),
    "precision": Metric(
        "share of the pixels predicted as the second class that belong to it",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "count_error": Metric(
        "mean difference of the predicted and the true number of regions in a picture, as a share of the true one",
        better="lower",
        rows="test",
    ),
    "mean_iou": Metric(
        "mean over all classes of intersection over union, pixel by pixel, on the test pictures",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "iou_borders": Metric(
        "mean over all classes of intersection over union, of pixels at most two pixels from another class",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "iou_small": Metric(
        "mean intersection over union of things that cover at most 6 % of their picture",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "iou_large": Metric(
        "mean intersection over union of things that cover more than 6 % of their picture",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "foreground_iou": Metric(
        "intersection over union of the second of two classes, pixel by pixel, on the test pictures",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "foreground_ratio": Metric(
        "pixels predicted as the second of two classes for each that is of it", range=(0, None), rows="test"
    ),
    "seams": Metric(
        "share of the pixels that are predicted differently in tiles and in one piece",
        better="lower",
        range=(0, 1),
        rows="test",
    ),
    "cut_seams": Metric(
        "share of the pixels that are predicted differently in tiles cut without a margin and in one piece",
        range=(0, 1),
        rows="test",
    ),
}
SEAMED = 2  # test pictures that are also predicted in one piece
DIM = 0.5  # light of what is mirrored, where tiles are shown
SHOWN = 24  # rows and columns of the first test picture's corner: what a small terminal has points for
RIGHT, MISSED, MADE_UP = 1, 2, 3  # what a pixel's colour stands for, its place in VERDICTS + 1
VERDICTS = ("found", "missed", "made up")
TILES = ("other without a margin", "a tile", "seen for it")


def build(*, judge: Literal["borders", "classes"] = "borders", margin: int = 0) -> Callable[[Context], "Segment"]:
    """The net predicts a class for each pixel.

    judge: classes, any number of them, by their intersection over union; borders, the second of two classes, by what
        they separate.
    margin: pixels that are seen around each tile of a test picture, at least 0; a tile is as large as the training
        pictures. Beyond the edge of a picture it is mirrored.
    """
    return partial(Segment, judge=judge, margin=margin)


class Segment:
    """A net as contracts.models.Segmenter says. Test pictures may be larger than those of the training."""

    def __init__(self, context: Context, judge: str, margin: int):
        self.net, self.rows, self.judge, self.margin = context.nets["model"], context.rows.masks(), judge, margin
        if judge == "borders" and len(self.rows.classes) != 2:
            raise DltuiError(
                f"segment predicts a class and the borders between its regions; there are {len(self.rows.classes)}"
                " classes.",
                "Set task.judge=classes, or take data with two: data.kind=cells",
                ExitStatus.USAGE,
            )
        self.criterion = context.loss or weighted_cross_entropy.build(w0=0.0)
        self.tile, self.side = self.rows.train.stored.shape[-1], self.rows.test.stored.shape[-1]
        if margin >= self.side:
            raise DltuiError(
                f"task.margin {margin} is too wide: test pictures of {self.side} pixels cannot be mirrored so far.",
                f"Take at most {self.side - 1}.",
                ExitStatus.USAGE,
            )
        self.weighs = hasattr(self.criterion, "pixel_weights")
        self.weights = self.criterion.pixel_weights(self.rows.train.targets) if self.weighs else None

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar; each picture is turned and mirrored at random."""
        turns, flip = (torch.randint(most, rows.shape, device=rows.device) for most in (4, 2))
        train = self.rows.train
        parts = [train.batch(rows), train.targets[rows].long(), *([self.weights[rows]] if self.weighs else [])]
        inputs, *wanted = (_turned(part, turns, flip) for part in parts)
        return self.criterion(self.net(inputs), *wanted)

    def predictions(self, inputs: Tensor, tile: int, margin: int) -> Tensor:
        """inputs (N, C, H, W), seen in tiles -> the number of each pixel's class (N, H, W) int64."""
        parts = (tiled(self.net, part, tile, margin) for part in inputs.split(AT_ONCE))
        return torch.cat([part.argmax(1) for part in parts])

    def predicted(self, inputs: Tensor) -> Tensor:
        """Test pictures (N, C, H, W) -> the number of each pixel's class (N, H, W) int64."""
        return self.predictions(inputs, self.tile, self.margin)

    def evaluate(self) -> dict[str, float]:
        labels = self.predicted(self.rows.test.inputs)
        judged = self._borders if self.judge == "borders" else self._classes
        values = judged(labels.cpu().numpy(), self.rows.test.targets.cpu().numpy())
        return values | (self._seams(labels[:SEAMED]) if self.side > self.tile else {})

    def _borders(self, labels: np.ndarray, targets: np.ndarray) -> dict[str, float]:
        from sklearn.metrics import jaccard_score, precision_score, recall_score  # 1.8 s

        predicted, truth = labels == 1, targets == 1
        counts = np.array([[count_regions(one) for one in borders] for borders in (predicted, truth)])  # (2, N)
        pixels = truth.ravel(), predicted.ravel()
        return {
            "wall_iou": border_iou(predicted, truth),
            "pixel_iou": jaccard_score(*pixels, zero_division=0),
            "recall": recall_score(*pixels, zero_division=0),
            "precision": precision_score(*pixels, zero_division=0),
            "count_error": float((abs(counts[0] - counts[1]) / np.maximum(1, counts[1])).mean()),
        }

    @cached_property
    def things(self) -> list[Thing]:
        """Those of the test pictures."""
        return things_of(self.rows.test.targets.cpu().numpy())

    def _classes(self, predicted: np.ndarray, truth: np.ndarray) -> dict[str, float]:
        """Without the IoU of a size of which there is nothing."""
        classes, band = len(self.rows.classes), border_band(truth)
        values = {
            "mean_iou": mean_iou(predicted, truth, classes),
            "iou_borders": mean_iou(predicted[band], truth[band], classes),
        }
        if classes == 2:
            both, either = ((predicted > 0) & (truth > 0)).sum(), ((predicted > 0) | (truth > 0)).sum()
            values["foreground_iou"] = float(both / max(1, either))
            values["foreground_ratio"] = float((predicted > 0).sum() / max(1, (truth > 0).sum()))
        ious, small = thing_ious(predicted, self.things), np.array([thing.small for thing in self.things], bool)
        sizes = {"iou_small": ious[small], "iou_large": ious[~small]}
        return values | {name: float(those.mean()) for name, those in sizes.items() if len(those)}

    def _seams(self, in_tiles: Tensor) -> dict[str, float]:
        whole, cut = self._without_tiles(SEAMED)
        return {"seams": (in_tiles != whole).float().mean().item(), "cut_seams": (cut != whole).float().mean().item()}

    def _without_tiles(self, count: int) -> tuple[Tensor, Tensor]:
        """Predictions (count, H, W) for the first test pictures in one piece, and for tiles cut without a margin."""
        pictures = self.rows.test.inputs[:count]
        return self.predictions(pictures, self.side, self.margin), self.predictions(pictures, self.tile, 0)

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """Of borders a corner of a test picture with what was predicted; what its pixels would weigh; its tiles."""
        if self.judge == "borders":
            yield self._found()
            yield from self._weights()
        if self.side > self.tile:
            yield Picture("tiles", self._tiles())

    def _weights(self) -> Iterator[Picture]:
        if not self.weighs:
            return
        weights = self.criterion.pixel_weights(self.rows.test.targets[:1])[0].cpu().numpy()
        if weights.min() < weights.max():
            yield Picture("weights", Heat(values=weights[:SHOWN, :SHOWN], y_title="weight of a pixel"))

    def _found(self) -> Picture:
        """The borders in a corner of the first test picture: found, missed and made up."""
        first, targets = self.rows.test.inputs[:1], self.rows.test.targets[:1]
        corner = (slice(1), slice(SHOWN), slice(SHOWN))
        truth = targets[corner] == 1
        predicted = self.predicted(first)[corner] == 1  # (1, h, w)
        verdicts = RIGHT * (predicted & truth) + MISSED * (~predicted & truth) + MADE_UP * (predicted & ~truth)
        masks, border = verdicts[0].cpu().numpy(), self.rows.classes[1]
        classes = [f"{border} {verdict}" for verdict in VERDICTS]
        sheet = montage(first[:, :, :SHOWN, :SHOWN])
        return Picture(f"{border}s", sheet | {"type": "boxes", "masks": masks, "classes": classes})

    def _tiles(self) -> dict:
        """A test picture, mirrored beyond its edge; its tiles, and where they need their margin."""
        whole, cut = self._without_tiles(1)
        masks = pad((whole != cut).long(), [self.margin] * 4)[0].cpu().numpy()
        starts = range(self.margin, self.margin + self.side, self.tile)
        boxes = [
            Box(cell=0, box=[x, y, x + self.tile, y + self.tile], dashed=True).table() for y in starts for x in starts
        ]
        boxes.append(Box(cell=0, box=[0, 0, *[self.tile + 2 * self.margin] * 2], colour=2).table())
        boxes.append(Box(cell=0, box=[*[self.margin] * 2, *[self.margin + self.tile] * 2], colour=1).table())
        first = self.rows.test.inputs[:1]
        inside = pad(torch.ones_like(first), [self.margin] * 4, value=DIM)
        sheet = montage(mirrored(first, self.margin) * inside)
        return sheet | {"type": "boxes", "masks": masks, "boxes": boxes, "classes": list(TILES)}


def output_shape(role: str, facts: dict[str, int]) -> tuple[int | None, ...]:
    """Logits (B, classes, H, W)."""
    return (facts["classes"], None, None)


def _turned(pictures: Tensor, turns: Tensor, flip: Tensor) -> Tensor:
    """Square pictures (B, ..., side, side): each mirrored where flip (B,) is 1, then turned `turns` (B,) quarters."""
    of_row = (-1, *[1] * (pictures.dim() - 1))
    mirrored = torch.where(flip.view(of_row) == 1, pictures.flip(-1), pictures)
    found = mirrored
    for quarters in (1, 2, 3):
        found = torch.where(turns.view(of_row) == quarters, torch.rot90(mirrored, quarters, (-2, -1)), found)
    return found
