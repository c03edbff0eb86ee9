"""A photograph in few colours: its pixels clustered by colour, or by colour and place.

Comaniciu and Meer 2002, doi:10.1109/34.1000236 (mean shift); Achanta et al. 2012, doi:10.1109/TPAMI.2012.120 (place).
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.kmeans import KMeans, plusplus
from dltui.engine.algorithms.meanshift import MeanShift
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Marks, Scatter

METRICS = {
    "colour_error": Metric("root mean square distance of a pixel's colour from its segment's mean", better="lower"),
    "one_colour_error": Metric(
        "root mean square distance of a pixel's colour from the mean of all", better="lower", axis="colour_error"
    ),
    "boundary": Metric("share of neighbouring pixels in different segments", range=(0, 1)),
    "segments": Metric("segments at this step", whole=True),
    "inertia": Metric("sum of the squared distances of the pixels to their own centres, k-means", better="lower"),
    "sklearn_inertia": Metric("inertia of the best of ten runs of scikit-learn", better="lower", axis="inertia"),
    "error": Metric("distance of mean shift's centres from scikit-learn's", better="lower", check=True),
}
NAMED = 8  # segments that have a colour of their own among the points
POINTS = 600  # pixels among the points


def build(
    *,
    method: Literal["kmeans", "meanshift"] = "kmeans",
    picture: int = 1,
    k: int = 6,
    starts: int = 3,
    radius: float = 0.12,
    place: float = 0.0,
) -> Callable[[Context], "Segmentation"]:
    """Each step of the clustering moves its centres, and the photograph is painted in the mean colours of its segments.

    method: kmeans with a number of segments, or meanshift, which finds one.
    picture: number of the photograph among the training rows, at least 1.
    k: segments of kmeans, at least 1.
    starts: how often kmeans begins anew; the best end is kept; at least 1.
    radius: of a window of meanshift, above 0; red, green and blue are in 0..1.
    place: what a side of the photograph is long, in the unit of colours, at least 0; 0 leaves places out.
    """

    def begin(context: Context) -> Segmentation:
        rows = context.rows.pictures(channels=3)
        if picture > len(rows.train):
            raise DltuiError(
                f"algorithm.picture is {picture}; there are {len(rows.train)} pictures.",
                f"Take one from 1 to {len(rows.train)}.",
                ExitStatus.USAGE,
            )
        pixels = rows.train.batch(torch.tensor([picture - 1]))[0].double().cpu()
        x = features(pixels, place)
        clustering = MeanShift(x, radius) if method == "meanshift" else KMeans(x, lambda: plusplus(x, k), starts)
        return Segmentation(pixels, clustering)

    return begin


def features(pixels: Tensor, place: float) -> Tensor:
    """pixels (3, H, W) in 0..1 -> a row a pixel, (H W, 3) or, with places, (H W, 5): red, green, blue, across, down."""
    colours = pixels.flatten(1).T
    if not place:
        return colours
    _, H, W = pixels.shape
    down, across = torch.meshgrid(*(torch.arange(n, dtype=pixels.dtype) / max(H, W) for n in (H, W)), indexing="ij")
    return torch.cat([colours, place * torch.stack([across, down], 2).flatten(0, 1)], 1)


def means(colours: Tensor, labels: Tensor) -> Tensor:
    """Colours (N, 3) -> the mean colour of each pixel's segment (N, 3)."""
    count = int(labels.max()) + 1
    sums = torch.zeros(count, 3, dtype=colours.dtype).index_add(0, labels, colours)
    return (sums / labels.bincount(minlength=count).clamp(min=1)[:, None])[labels]


def boundary(labels: Tensor) -> float:
    """Labels (H, W) -> share of the pairs of pixels side by side, or one above the other, that differ."""
    pairs = torch.cat([(labels[1:] != labels[:-1]).flatten(), (labels[:, 1:] != labels[:, :-1]).flatten()])
    return pairs.double().mean().item()


class Segmentation(nn.Module):
    """Pixels (3, H, W) in the segments of a clustering of their rows."""

    def __init__(self, pixels: Tensor, clustering: KMeans | MeanShift):
        super().__init__()
        self.pixels, self.colours = pixels, pixels.flatten(1).T  # (H W, 3)
        self.clustering = clustering

    def step(self) -> None:
        """A step of the clustering."""
        self.clustering.step()

    @property
    def done(self) -> bool:
        """Whether another step would change nothing."""
        return self.clustering.done

    def evaluate(self) -> dict[str, float]:
        """How true the colours are and how torn the segments, and what scikit-learn finds on the same rows."""
        labels = self.clustering.labels
        theirs = {name: value for name, value in self.clustering.evaluate().items() if name in METRICS}
        return {
            "colour_error": _rms(self.colours - means(self.colours, labels)),
            "one_colour_error": _rms(self.colours - self.colours.mean(0)),
            "boundary": boundary(labels.view(self.pixels.shape[1:])),
            "segments": len(labels.unique()),
            **theirs,
        }

    def pictures(self) -> Iterator[Picture]:
        """The photograph beside itself in few colours, and its pixels as points of the space of colours."""
        labels = self.clustering.labels
        painted = means(self.colours, labels).T.reshape(self.pixels.shape)
        captions = ["photograph", f"{len(labels.unique())} segments"]
        both = torch.stack([self.pixels, painted])
        yield Picture("segments", montage(both, columns=2, captions=captions, least=400))
        yield Picture("colours", self._points(labels))

    def _points(self, labels: Tensor) -> Scatter:
        """Some pixels by their red and green, in the colours of the terminal; centres as signs."""
        some = slice(None, None, max(1, len(labels) // POINTS))
        x, y = self.colours[some, 0].numpy(), self.colours[some, 1].numpy()
        label, centres = labels[some] % NAMED, self.clustering.centres
        owners = torch.arange(len(centres)) % NAMED
        return Scatter(
            x=x,
            y=y,
            label=label.numpy(),
            classes=[f"segment {number + 1}" for number in range(min(NAMED, len(centres)))],
            x_title="red",
            y_title="green",
            marks=Marks(x=centres[:, 0].numpy(), y=centres[:, 1].numpy(), label=owners.numpy(), signs=True),
        )


def _rms(distances: Tensor) -> float:
    """distances (N, 3) -> root mean square of their lengths."""
    return distances.square().sum(1).mean().sqrt().item()
