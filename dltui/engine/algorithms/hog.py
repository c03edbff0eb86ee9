"""Histograms of oriented gradients (Dalal and Triggs 2005): which way edges run, counted in cells of a picture.

Read by a logistic regression and a random forest, on more and more rows, as digits were read before nets.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.confusion import confusion
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

METRICS = {
    "accuracy_logistic": Metric(
        "accuracy of the logistic regression on the test rows", better="higher", range=(0, 1), rows="test"
    ),
    "accuracy_forest": Metric(
        "accuracy of the random forest on the test rows", better="higher", range=(0, 1), rows="test"
    ),
    "rows": Metric("training rows that both have seen", counter=True),
}
EPSILON = 0.1  # keeps blocks without an edge from being blown up
FEWEST = 30  # rows of the first step; each step takes twice as many
TREES = 100
SIZE = 8  # pixels of a cell that is drawn


def gradients(x: Tensor) -> tuple[Tensor, Tensor]:
    """x (N, H, W) -> how it changes to the right and downwards, by (-1, 0, 1): each (N, H, W). The border goes on."""
    wide = pad(x[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    return wide[:, 1:-1, 2:] - wide[:, 1:-1, :-2], wide[:, 2:, 1:-1] - wide[:, :-2, 1:-1]


def votes(x: Tensor, bins: int) -> Tensor:
    """x (N, H, W) -> the length of each pixel's gradient, shared by the two bins nearest its angle: (N, bins, H, W).

    Angles of 0 to 180 degrees: dark on light is as light on dark. Bin b has its middle at (b + 1/2) 180 / bins.
    """
    gx, gy = gradients(x)
    angle = torch.atan2(gy, gx) % math.pi * (bins / math.pi) - 0.5  # in bins, from the middle of the first
    lower = angle.floor()
    share = torch.hypot(gx, gy) * torch.stack([1 - (angle - lower), angle - lower])  # (2, N, H, W)
    found = x.new_zeros(len(x), bins, *x.shape[1:])
    for part, number in zip(share, (lower, lower + 1), strict=True):
        found.scatter_add_(1, (number.long() % bins)[:, None], part[:, None])
    return found


def histograms(x: Tensor, cell: int, bins: int) -> Tensor:
    """x (N, H, W) -> the votes in each cell of so many pixels a side, (N, bins, H // cell, W // cell)."""
    return avg_pool2d(votes(x, bins), cell) * cell**2


def hog(x: Tensor, cell: int, bins: int) -> Tensor:
    """x (N, H, W) -> rows (N, blocks * 4 bins): each block of 2 by 2 cells brought to length 1, so that a pale stroke
    counts as much as a bold one. Blocks overlap."""
    n = histograms(x, cell, bins)
    corners = [n[:, :, y : n.shape[2] - 1 + y, z : n.shape[3] - 1 + z] for y in (0, 1) for z in (0, 1)]
    v = torch.cat(corners, 1)  # (N, 4 bins, h - 1, w - 1)
    return (v / (v.square().sum(1, keepdim=True) + EPSILON**2).sqrt()).flatten(1)


def build(
    *, features: Literal["hog", "pixels"] = "hog", cell: int = 7, bins: int = 9
) -> Callable[[Context], "HogBaseline"]:
    """Each step fits both classifiers on twice as many rows.

    features: hog, histograms of oriented gradients; pixels, the picture as it is.
    cell: rows and columns of pixels whose edges are counted together, at least 2.
    bins: directions that are told apart, at least 2.
    """
    return lambda context: HogBaseline(context.rows.pictures().labelled(), features, cell, bins)


class Fitted(NamedTuple):
    """Predictions for the test rows, (N,) int64 each, after a fit on so many rows."""

    rows: int
    logistic: Tensor
    forest: Tensor


class HogBaseline:
    """A walkthrough: a fit depends on nothing but its rows and the seed, which is drawn from the run's."""

    def __init__(self, rows: Rows, features: str, cell: int, bins: int):
        count, _, height, width = rows.train.stored.shape
        if min(height, width) < 2 * cell:
            what = f"algorithm.cell is {cell}: pictures have to be at least {2 * cell} by {2 * cell} pixels; these are "
            hint = "Take data.kind=mnist, or a smaller algorithm.cell."
            raise DltuiError(f"{what}{height} by {width}.", hint, ExitStatus.USAGE)
        self.classes, self.features, self.cell, self.bins = rows.classes, features, cell, bins
        order = torch.randperm(count)
        self.seed = int(torch.randint(2**31, ()))  # of the forests
        self.pictures = rows.test.inputs.cpu().mean(1)  # (N, H, W), grey
        make = partial(hog, cell=cell, bins=bins) if features == "hog" else partial(torch.flatten, start_dim=1)
        self.x, self.y = make(rows.train.inputs.cpu()[order].mean(1)), rows.train.targets.cpu()[order]
        self.test_x, self.test_y = make(self.pictures), rows.test.targets.cpu()
        self.fitted: Fitted | None = None  # the newest
        self.length = 1 + max(0, math.ceil(math.log2(count / FEWEST)))

    def at(self, step: int) -> Moment:
        """A fit, another test picture at each step, and the confusion matrix of the logistic regression."""
        if not step:
            return Moment({}, [])
        fitted = self._fitted(min(FEWEST * 2 ** (step - 1), len(self.x)))
        metrics = {
            "accuracy_logistic": (fitted.logistic == self.test_y).float().mean().item(),
            "accuracy_forest": (fitted.forest == self.test_y).float().mean().item(),
            "rows": fitted.rows,
        }
        matrix = confusion(self.test_y, fitted.logistic, self.classes)
        return Moment(metrics, [self._seen((step - 1) % len(self.pictures), fitted), Picture("confusion", matrix)])

    def _fitted(self, rows: int) -> Fitted:
        if self.fitted is None or self.fitted.rows != rows:
            from sklearn.ensemble import RandomForestClassifier  # 1.7 s
            from sklearn.linear_model import LogisticRegression

            x, y = self.x[:rows].numpy(), self.y[:rows].numpy()
            both = LogisticRegression(max_iter=500), RandomForestClassifier(TREES, random_state=self.seed)
            predictions = [torch.from_numpy(model.fit(x, y).predict(self.test_x.numpy())) for model in both]
            self.fitted = Fitted(rows, *predictions)
        return self.fitted

    def _seen(self, row: int, fitted: Fitted) -> Picture:
        """A test picture as both get it, its class and what they predict."""
        x, title = self.pictures[row], f"after {fitted.rows} rows"
        logistic, forest = (self.classes[predictions[row]] for predictions in fitted[1:])
        words = [f"is {self.classes[self.test_y[row]]}", f"logistic {logistic}, forest {forest}"]
        if self.features == "pixels":
            return Picture("pixels", montage(x[None, None], captions=["; ".join(words)], title=title))
        counts = histograms(x[None], self.cell, self.bins)[0]
        return Picture("edges", edges(x, counts, self.cell, words, title))


def edges(picture: Tensor, counts: Tensor, cell: int, captions: list[str], title: str) -> dict:
    """Returns the payload `image` of a picture (H, W) beside the histograms of its cells, counts (bins, h, w)."""
    drawn = strokes(counts, SIZE)
    covered = picture[: counts.shape[1] * cell, : counts.shape[2] * cell]
    same_size = interpolate(covered[None, None], size=drawn.shape)[0]
    return montage(torch.stack([same_size, drawn[None]]), columns=2, captions=captions, title=title)


def strokes(counts: Tensor, size: int) -> Tensor:
    """counts (bins, h, w) -> (h size, w size) in 0..1: in each cell a stroke for each bin, along the edge, which is
    across the gradient; the greatest count is white."""
    bins = len(counts)
    at = torch.arange(size).to(counts) - (size - 1) / 2
    angle = (torch.arange(bins).to(counts) + 0.5) * math.pi / bins  # clockwise, as rows go downwards
    across = angle.cos()[:, None, None] * at + angle.sin()[:, None, None] * at[:, None]  # (bins, size, size)
    line = (1.25 - across.abs()).clamp(0, 1) * (torch.hypot(at[:, None], at) <= size / 2)
    bright = (counts / counts.amax().clamp(min=1e-12)).sqrt()
    cells = (bright[:, :, None, :, None] * line[:, None, :, None, :]).amax(0)  # (h, size, w, size)
    return cells.flatten(0, 1).flatten(1)
