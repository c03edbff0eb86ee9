"""Segmentation: a class for every pixel, thin walls stressed by a map of weights."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.dataset import Dataset, as_floats
from dltui.engine.generators.cells import border_iou, count_cells, weight_map
from dltui.engine.pictures.montage import montage
from dltui.engine.task import Objective, Picture
from dltui.errors import DltuiError, ExitStatus

MODELS = ("model",)
METRICS = {
    "loss": "training loss of a batch",
    "wall_iou": "intersection over union of the lines along which cells part on the test pictures, within a pixel",
    "pixel_iou": "the same of the wall's pixels one by one, thickness and all",
    "recall": "share of the wall's pixels that are found",
    "precision": "share of the pixels called wall that are wall",
    "count_error": "mean distance from the true number of cells in a picture, as a share of it",
}
ROWS = 16  # pictures looked at together
SHOWN = 24  # rows and columns of the first test picture's corner: what a small terminal has points for
RIGHT, MISSED, MADE_UP = 1, 2, 3  # what a pixel's colour stands for, its place in VERDICTS + 1
VERDICTS = ("wall found", "wall missed", "wall made up")


def build(*, w0: float = 10.0, sigma: float = 5.0) -> Callable:
    """Returns (data, nets, device) -> Segment.

    w0: what a wall between two cells weighs more than a cell at most, at least 0; 0 makes all pixels equal.
    sigma: how fast this falls with the distance to the two nearest cells, in pixels, above 0.
    """
    return partial(Segment, w0=w0, sigma=sigma)


class Segment:
    """A net that gives logits (B, 2, H, W): cell and wall."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, w0: float, sigma: float):
        if data.train.targets.dim() != 3 or len(data.classes) != 2:
            raise DltuiError(
                "segment wants a map of cells and walls for each picture.", "Take: data.kind=cells", ExitStatus.USAGE
            )
        self.net, self.w0, self.sigma = nets["model"], w0, sigma
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.long().to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)
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

    def walls(self, inputs: Tensor) -> Tensor:
        """inputs (N, 1, H, W) -> whether a pixel is taken for wall (N, H, W) bool."""
        return torch.cat([self.net(part).argmax(1) == 1 for part in inputs.split(ROWS)])

    def evaluate(self) -> dict[str, float]:
        found, true = self.walls(self.test_inputs).cpu().numpy(), self.test_targets.cpu().numpy() == 1
        both = (found & true).sum()
        counts = np.array([[count_cells(one) for one in walls] for walls in (found, true)])  # (2, N)
        return {
            "wall_iou": border_iou(found, true),
            "pixel_iou": float(both / max(1, (found | true).sum())),
            "recall": float(both / max(1, true.sum())),
            "precision": float(both / max(1, found.sum())),
            "count_error": float((abs(counts[0] - counts[1]) / np.maximum(1, counts[1])).mean()),
        }

    def pictures(self) -> Iterator[Picture]:
        """A corner of a test picture with its walls: found, missed, made up; and what its pixels would weigh."""
        corner = (slice(1), slice(SHOWN), slice(SHOWN))
        true, found = self.test_targets[corner] == 1, self.walls(self.test_inputs[:1])[corner]  # (1, h, w)
        verdicts = RIGHT * (found & true) + MISSED * (~found & true) + MADE_UP * (found & ~true)
        sheet = montage(self.test_inputs[:1, :, :SHOWN, :SHOWN])
        masks = verdicts[0].cpu().numpy()
        yield Picture("walls", sheet | {"type": "boxes", "masks": masks, "classes": list(VERDICTS)})
        if self.w0:
            weights = weight_map(self.test_targets[0].cpu().numpy(), self.w0, self.sigma)[:SHOWN, :SHOWN]
            yield Picture("weights", {"type": "heat", "values": weights, "y_title": "weight of a pixel"})
