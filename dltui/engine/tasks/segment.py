"""Segmentation: a class for every pixel, thin walls stressed by a map of weights, large pictures judged by tiles."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.overlap_tiles import mirrored, tiled
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.generators.cells import border_iou, count_cells, weight_map
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True),
    "wall_iou": Metric(
        "intersection over union of the lines along which cells part on the test pictures, within a pixel",
        better="higher",
        range=(0, 1),
    ),
    "pixel_iou": Metric("the same of the wall's pixels one by one, thickness and all", better="higher", range=(0, 1)),
    "recall": Metric("share of the wall's pixels that are found", better="higher", range=(0, 1)),
    "precision": Metric("share of the pixels called wall that are wall", better="higher", range=(0, 1)),
    "count_error": Metric("mean distance from the true number of cells in a picture, as a share of it", better="lower"),
    "seams": Metric("share of the pixels that the tiles of a picture call otherwise than the picture in one piece"),
    "cut_seams": Metric("the same of tiles that are cut without a margin"),
}
SEAMED = 2  # test pictures that are also judged in one piece
DIM = 0.5  # light of what is mirrored, where tiles are shown
SHOWN = 24  # rows and columns of the first test picture's corner: what a small terminal has points for
RIGHT, MISSED, MADE_UP = 1, 2, 3  # what a pixel's colour stands for, its place in VERDICTS + 1
VERDICTS = ("wall found", "wall missed", "wall made up")
TILES = ("other without a margin", "a tile", "seen for it")


def build(*, w0: float = 10.0, sigma: float = 5.0, margin: int = 0) -> Callable:
    """Returns (data, nets, device) -> Segment.

    w0: what a wall between two cells weighs more than a cell at most, at least 0; 0 makes all pixels equal.
    sigma: how fast this falls with the distance to the two nearest cells, in pixels, above 0.
    margin: pixels that are seen around each tile of a test picture, at least 0; a tile is as large as the pictures
        that are learned from. Beyond the edge of a picture it is mirrored.
    """
    return partial(Segment, w0=w0, sigma=sigma, margin=margin)


class Segment:
    """A net that gives logits (B, 2, H, W): cell and wall. Test pictures may be larger than those of the training."""

    def __init__(
        self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, w0: float, sigma: float, margin: int
    ):
        if data.train.targets.dim() != 3 or len(data.classes) != 2:
            raise DltuiError(
                "segment wants a map of cells and walls for each picture.", "Take: data.kind=cells", ExitStatus.USAGE
            )
        self.net, self.w0, self.sigma = nets["model"], w0, sigma
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.long().to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows, self.tile, self.margin = len(self.inputs), self.inputs.shape[-1], margin
        self.side = self.test_inputs.shape[-1]
        if margin >= self.side:
            raise DltuiError(
                f"task.margin {margin} is too wide: test pictures of {self.side} pixels cannot be mirrored so far.",
                f"Take at most {self.side - 1}.",
                ExitStatus.USAGE,
            )
        maps = [weight_map(walls, w0, sigma) for walls in data.train.targets.numpy()] if w0 else []
        self.weights = (
            torch.from_numpy(np.stack(maps)).to(device) if maps else torch.ones(self.targets.shape).to(device)
        )

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """The weighted mean of the cross-entropy over all pixels; each batch is turned and mirrored at random."""
        turns, flip = torch.randint(4, ()).item(), torch.randint(2, ()).item()
        inputs, targets, weights = (
            torch.rot90(part[rows].flip(-1) if flip else part[rows], turns, (-2, -1))
            for part in (self.inputs, self.targets, self.weights)
        )
        error = cross_entropy(self.net(inputs), targets, reduction="none")  # (B, H, W)
        return (weights * error).sum() / weights.sum()

    def walls(self, inputs: Tensor, tile: int, margin: int) -> Tensor:
        """inputs (N, 1, H, W), looked at in tiles -> whether a pixel is taken for wall (N, H, W) bool."""
        return tiled(self.net, inputs, tile, margin).argmax(1) == 1

    def evaluate(self) -> dict[str, float]:
        in_tiles = self.walls(self.test_inputs, self.tile, self.margin)
        found, true = in_tiles.cpu().numpy(), self.test_targets.cpu().numpy() == 1
        both = (found & true).sum()
        counts = np.array([[count_cells(one) for one in walls] for walls in (found, true)])  # (2, N)
        values = {
            "wall_iou": border_iou(found, true),
            "pixel_iou": float(both / max(1, (found | true).sum())),
            "recall": float(both / max(1, true.sum())),
            "precision": float(both / max(1, found.sum())),
            "count_error": float((abs(counts[0] - counts[1]) / np.maximum(1, counts[1])).mean()),
        }
        return values | (self._seams(in_tiles[:SEAMED]) if self.side > self.tile else {})

    def _seams(self, in_tiles: Tensor) -> dict[str, float]:
        whole, cut = self._without_tiles(SEAMED)
        return {"seams": (in_tiles != whole).float().mean().item(), "cut_seams": (cut != whole).float().mean().item()}

    def _without_tiles(self, count: int) -> tuple[Tensor, Tensor]:
        """Walls (count, H, W) of the first test pictures in one piece, and of their tiles cut without a margin."""
        pictures = self.test_inputs[:count]
        return self.walls(pictures, self.side, self.margin), self.walls(pictures, self.tile, 0)

    def pictures(self) -> Iterator[Picture]:
        """A corner of a test picture with its walls: found, missed, made up; what its pixels would weigh; its tiles."""
        corner = (slice(1), slice(SHOWN), slice(SHOWN))
        true = self.test_targets[corner] == 1
        found = self.walls(self.test_inputs[:1], self.tile, self.margin)[corner]  # (1, h, w)
        verdicts = RIGHT * (found & true) + MISSED * (~found & true) + MADE_UP * (found & ~true)
        sheet = montage(self.test_inputs[:1, :, :SHOWN, :SHOWN])
        masks = verdicts[0].cpu().numpy()
        yield Picture("walls", sheet | {"type": "boxes", "masks": masks, "classes": list(VERDICTS)})
        if self.w0:
            weights = weight_map(self.test_targets[0].cpu().numpy(), self.w0, self.sigma)[:SHOWN, :SHOWN]
            yield Picture("weights", {"type": "heat", "values": weights, "y_title": "weight of a pixel"})
        if self.side > self.tile:
            yield Picture("tiles", self._tiles())

    def _tiles(self) -> dict:
        """A test picture, mirrored beyond its edge; its tiles, and where they need their margin."""
        whole, cut = self._without_tiles(1)
        masks = nn.functional.pad((whole != cut).long(), [self.margin] * 4)[0].cpu().numpy()
        starts = range(self.margin, self.margin + self.side, self.tile)
        boxes = [
            {"cell": 0, "box": [x, y, x + self.tile, y + self.tile], "dashed": True} for y in starts for x in starts
        ]
        boxes.append({"cell": 0, "box": [0, 0, *[self.tile + 2 * self.margin] * 2], "colour": 2})
        boxes.append({"cell": 0, "box": [*[self.margin] * 2, *[self.margin + self.tile] * 2], "colour": 1})
        inside = nn.functional.pad(torch.ones_like(self.test_inputs[:1]), [self.margin] * 4, value=DIM)
        sheet = montage(mirrored(self.test_inputs[:1], self.margin) * inside)
        return sheet | {"type": "boxes", "masks": masks, "boxes": boxes, "classes": list(TILES)}
