"""Segmentation: a class for every pixel; large pictures are predicted tile by tile.

Overlap tiles (Ronneberger et al. 2015, arXiv:1505.04597, figure 2): around each tile the net sees a margin, of which no
prediction is kept; beyond the picture's edge the picture is mirrored. The second class is the borders between regions
of the first, and is judged by what it separates.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from scipy.ndimage import binary_dilation, distance_transform_edt, label
from torch import Tensor
from torch.nn.functional import pad

from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.losses import weighted_cross_entropy
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Box, Heat

PARTS = ("loss",)
LOSS_HAS = ("pixel_weights",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True, rows="train"),
    "wall_iou": Metric(
        "intersection over union of the lines along which regions of the first class part, within a pixel",
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
        "mean distance from the true number of regions in a picture, as a share of it", better="lower", rows="test"
    ),
    "seams": Metric(
        "share of the pixels that are predicted otherwise in tiles than in one piece",
        better="lower",
        range=(0, 1),
        rows="test",
    ),
    "cut_seams": Metric(
        "share of the pixels that are predicted otherwise in tiles cut without a margin than in one piece",
        range=(0, 1),
        rows="test",
    ),
}
AT_ONCE = 16  # windows that go through the net together
LEAST = 6  # pixels: what is smaller counts for no region
SEAMED = 2  # test pictures that are also predicted in one piece
DIM = 0.5  # light of what is mirrored, where tiles are shown
SHOWN = 24  # rows and columns of the first test picture's corner: what a small terminal has points for
RIGHT, MISSED, MADE_UP = 1, 2, 3  # what a pixel's colour stands for, its place in VERDICTS + 1
VERDICTS = ("found", "missed", "made up")
TILES = ("other without a margin", "a tile", "seen for it")


def build(*, margin: int = 0) -> Callable[[Context], "Segment"]:
    """The net predicts one of two classes for each pixel.

    margin: pixels that are seen around each tile of a test picture, at least 0; a tile is as large as the training
        pictures. Beyond the edge of a picture it is mirrored.
    """
    return partial(Segment, margin=margin)


class Segment:
    """A net as contracts.models.Segmenter says. Test pictures may be larger than those of the training."""

    def __init__(self, context: Context, margin: int):
        self.net, self.rows, self.margin = context.nets["model"], context.rows.masks(), margin
        if len(self.rows.classes) != 2:
            raise DltuiError(
                f"segment predicts a class and the borders between its regions; there are {len(self.rows.classes)}"
                " classes.",
                "Take data with two: data.kind=cells",
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
        self.weights = self.criterion.pixel_weights(self.rows.train.targets)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar; each picture is turned and mirrored at random."""
        turns, flip = (torch.randint(most, rows.shape, device=rows.device) for most in (4, 2))
        train = self.rows.train
        inputs, targets, weights = (
            _turned(part, turns, flip) for part in (train.batch(rows), train.targets[rows].long(), self.weights[rows])
        )
        return self.criterion(self.net(inputs), targets, weights)

    def predictions(self, inputs: Tensor, tile: int, margin: int) -> Tensor:
        """inputs (N, C, H, W), seen in tiles -> whether a pixel is of the second class (N, H, W) bool."""
        parts = (tiled(self.net, part, tile, margin) for part in inputs.split(AT_ONCE))
        return torch.cat([part.argmax(1) == 1 for part in parts])

    def evaluate(self) -> dict[str, float]:
        from sklearn.metrics import jaccard_score, precision_score, recall_score  # 1.8 s

        in_tiles = self.predictions(self.rows.test.inputs, self.tile, self.margin)
        predicted, truth = in_tiles.cpu().numpy(), self.rows.test.targets.cpu().numpy() == 1
        counts = np.array([[count_regions(one) for one in borders] for borders in (predicted, truth)])  # (2, N)
        pixels = truth.ravel(), predicted.ravel()
        values = {
            "wall_iou": border_iou(predicted, truth),
            "pixel_iou": jaccard_score(*pixels, zero_division=0),
            "recall": recall_score(*pixels, zero_division=0),
            "precision": precision_score(*pixels, zero_division=0),
            "count_error": float((abs(counts[0] - counts[1]) / np.maximum(1, counts[1])).mean()),
        }
        return values | (self._seams(in_tiles[:SEAMED]) if self.side > self.tile else {})

    def _seams(self, in_tiles: Tensor) -> dict[str, float]:
        whole, cut = self._without_tiles(SEAMED)
        return {"seams": (in_tiles != whole).float().mean().item(), "cut_seams": (cut != whole).float().mean().item()}

    def _without_tiles(self, count: int) -> tuple[Tensor, Tensor]:
        """Predictions (count, H, W) for the first test pictures in one piece, and for tiles cut without a margin."""
        pictures = self.rows.test.inputs[:count]
        return self.predictions(pictures, self.side, self.margin), self.predictions(pictures, self.tile, 0)

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """A corner of a test picture with what was predicted; what its pixels would weigh; its tiles."""
        first, targets = self.rows.test.inputs[:1], self.rows.test.targets[:1]
        corner = (slice(1), slice(SHOWN), slice(SHOWN))
        truth = targets[corner] == 1
        predicted = self.predictions(first, self.tile, self.margin)[corner]  # (1, h, w)
        verdicts = RIGHT * (predicted & truth) + MISSED * (~predicted & truth) + MADE_UP * (predicted & ~truth)
        masks, border = verdicts[0].cpu().numpy(), self.rows.classes[1]
        classes = [f"{border} {verdict}" for verdict in VERDICTS]
        sheet = montage(first[:, :, :SHOWN, :SHOWN])
        yield Picture(f"{border}s", sheet | {"type": "boxes", "masks": masks, "classes": classes})
        weights = self.criterion.pixel_weights(targets)[0].cpu().numpy()
        if weights.min() < weights.max():
            yield Picture("weights", Heat(values=weights[:SHOWN, :SHOWN], y_title="weight of a pixel"))
        if self.side > self.tile:
            yield Picture("tiles", self._tiles())

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


# -- overlap tiles -----------------------------------------------------------------------------------------------------


def mirrored(pictures: Tensor, margin: int) -> Tensor:
    """Pictures (N, C, H, W) -> (N, C, H + 2 margin, W + 2 margin): beyond each edge what lies inside it, turned."""
    return pad(pictures, [margin] * 4, mode="reflect")


def tiled(net: Callable[[Tensor], Tensor], pictures: Tensor, tile: int, margin: int) -> Tensor:
    """Pictures (N, C, H, W) -> the net's logits for their tiles, put together again (N, K, H, W).

    tile: side of a tile, which divides H and W; H and W take each picture as one.
    margin: pixels that are seen around a tile, less than H and W. As many as a pixel's logits depend on to each side,
        and the tiles are predicted as the whole picture would be; with 0 each is a picture of its own.
    """
    N, _, H, W = pictures.shape
    side, rows, columns = tile + 2 * margin, H // tile, W // tile
    windows = mirrored(pictures, margin).unfold(2, side, tile).unfold(3, side, tile)  # (N, C, rows, columns, ..)
    windows = windows.permute(0, 2, 3, 1, 4, 5).flatten(0, 2)
    inside = slice(margin, margin + tile)
    logits = torch.cat([net(part)[..., inside, inside] for part in windows.split(AT_ONCE)])  # (N rows columns, K, ..)
    logits = logits.unflatten(0, (N, rows, columns)).permute(0, 3, 1, 4, 2, 5)  # (N, K, rows, tile, columns, tile)
    return logits.reshape(N, -1, H, W)


# -- what borders separate ---------------------------------------------------------------------------------------------


def count_regions(borders: np.ndarray) -> int:
    """Returns how many regions of at least LEAST pixels the borders (H, W) keep apart."""
    return int(np.count_nonzero(np.bincount(_regions(borders).ravel())[1:]))


def lines_between(borders: np.ndarray) -> np.ndarray:
    """borders (H, W) -> the lines where one region meets the next, once both have grown to the middle, (H, W) bool.

    How thick a border is makes no difference; a border with a gap separates nothing and leaves no line.
    """
    numbered = _regions(borders)
    lines = np.zeros(borders.shape, bool)
    if numbered.max() == 0:
        return lines
    nearest = distance_transform_edt(numbered == 0, return_distances=False, return_indices=True)
    grown = numbered[tuple(nearest)]
    lines[:, :-1] |= grown[:, 1:] != grown[:, :-1]
    lines[:-1] |= grown[1:] != grown[:-1]
    return lines


def border_iou(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Two stacks of borders (N, H, W) -> intersection over union of their lines, which may lie a pixel apart."""
    around = np.ones((3, 3), bool)
    both = either = 0
    for one, want in zip(predicted, truth, strict=True):
        drawn, wanted = lines_between(one), lines_between(want)
        both += (wanted & binary_dilation(drawn, around)).sum()
        either += wanted.sum() + (drawn & ~binary_dilation(wanted, around)).sum()
    return float(both / max(1, either))


def _regions(borders: np.ndarray) -> np.ndarray:
    """borders (H, W) -> the number of each pixel's region, 0 on borders and in what is smaller than LEAST."""
    numbered, _ = label(borders == 0)
    large = np.bincount(numbered.ravel()) >= LEAST
    return np.where(large[numbered], numbered, 0)


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
