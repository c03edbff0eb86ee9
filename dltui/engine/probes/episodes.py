"""Few-shot classification of new classes, episode by episode (Vinyals et al. 2016, arXiv:1606.04080): some classes are
drawn, a few rows of each are shown, others are to be told apart by the nearest prototype."""

import copy
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import NamedTuple

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.losses.prototypical import euclidean
from dltui.engine.pictures.plane import plane_through
from dltui.engine.tasks.metric_learning import MetricLearning
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payload_parts import Marks
from dltui.runs.payloads import Scatter

TASKS = ("metric_learning",)
METRICS = {
    "accuracy_1_shot": Metric(
        "share of rows of new classes that lie nearest to the only row shown of their class, among those of an episode",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "accuracy_5_shot": Metric(
        "share of rows of new classes that lie nearest to the mean of five rows of their own, among an episode's",
        better="higher",
        range=(0, 1),
        axis="accuracy_1_shot",
        rows="test",
    ),
    "untrained_5_shot": Metric(
        "accuracy_5_shot of the net before training",
        better="higher",
        range=(0, 1),
        axis="accuracy_1_shot",
        rows="test",
    ),
    "pixel_5_shot": Metric(
        "accuracy_5_shot with pixels compared as they are",
        better="higher",
        range=(0, 1),
        axis="accuracy_1_shot",
        rows="test",
    ),
}
SHOTS, QUERIES = 5, 5  # rows of a class in an episode: shown at most, asked
EPISODES = 400


def build(*, ways: int = 5) -> Callable[[MetricLearning], "Episodes"]:
    """The same episodes every time, of 1 and of 5 rows shown of each class.

    ways: classes of an episode, at least 2.
    """
    return partial(Episodes, ways=ways)


class Drawn(NamedTuple):
    """Numbers of test rows in their order by class: those shown (E, ways, SHOTS), those asked (E, ways, QUERIES)."""

    shown: Tensor
    asked: Tensor


class Episodes:
    """See contracts.probe.Probe."""

    def __init__(self, task: MetricLearning, ways: int):
        self.task, self.new = task, task.new
        self.closeness = getattr(task.criterion, "closeness", euclidean)
        self.before = copy.deepcopy(task.net).eval()  # made of the seed alone: a resumed run has the same
        self.drawn = drawn(self.new.numbers, ways)

    def evaluate(self) -> dict[str, float]:
        embeddings = self.task.embed(self.new.inputs)
        return {
            "accuracy_1_shot": self.accuracy(embeddings, 1, self.closeness),
            "accuracy_5_shot": self.accuracy(embeddings, SHOTS, self.closeness),
            **self.references,
        }

    @cached_property
    def references(self) -> dict[str, float]:
        """Computed once: neither the net before training nor the pixels change."""
        return {
            "untrained_5_shot": self.accuracy(self.before(self.new.inputs), SHOTS, self.closeness),
            "pixel_5_shot": self.accuracy(self.new.inputs.flatten(1), SHOTS, euclidean),
        }

    def accuracy(self, embeddings: Tensor, shots: int, closeness: Callable[[Tensor, Tensor], Tensor]) -> float:
        """embeddings (N, d) of the new classes' rows -> share of the queries nearest to their own prototype."""
        right = []
        for shown, asked in zip(*(part.split(50) for part in self.drawn), strict=True):
            prototypes = embeddings[shown[..., :shots]].mean(2)  # (E, ways, d)
            found = closeness(embeddings[asked.flatten(1)], prototypes).argmax(2)  # (E, ways QUERIES)
            own = torch.arange(asked.shape[1], device=found.device).repeat_interleave(QUERIES)
            right.append((found == own).float().mean(1))
        return torch.cat(right).mean().item()

    def pictures(self) -> Iterator[Picture]:
        """The first episode in the two directions in which its rows differ most; the prototypes stand out."""
        shown, asked = self.drawn.shown[0], self.drawn.asked[0]  # (ways, SHOTS), (ways, QUERIES)
        embeddings = self.task.embed(self.new.inputs)
        prototypes, queries = embeddings[shown].mean(1), embeddings[asked.flatten()]
        middle, directions = plane_through(prototypes)
        x, y = ((queries - middle) @ directions.T).cpu().numpy().T
        at_x, at_y = ((prototypes - middle) @ directions.T).cpu().numpy().T
        names = [self.task.rows.classes[number] for number in self.new.targets[shown[:, 0]].tolist()]
        label = torch.arange(len(names)).repeat_interleave(QUERIES).numpy()
        yield Picture("episode", Scatter(
            x=x, y=y, label=label, classes=names, x_title="direction 1", y_title="direction 2",
            marks=Marks(x=at_x, y=at_y, label=list(range(len(names))), signs=True),
        ))  # fmt: skip


def drawn(numbers: Tensor, ways: int) -> Drawn:
    """numbers (N,) of the rows' classes, rising -> EPISODES episodes. Raises DltuiError (2) where they are too few."""
    counts = numbers.bincount()
    if len(counts) < ways or int(counts.min()) < SHOTS + QUERIES:
        raise DltuiError(
            f"Episodes of {ways} classes need as many new classes with {SHOTS + QUERIES} rows each; there are "
            f"{len(counts)}, and one has {int(counts.min())} rows.",
            "Make probe.episodes.ways smaller, or take data with more rows of each class.",
            ExitStatus.USAGE,
        )
    generator = torch.Generator().manual_seed(0)
    starts, counts = (counts.cumsum(0) - counts).cpu(), counts.cpu()
    classes = torch.rand(EPISODES, len(counts), generator=generator).argsort(1)[:, :ways]
    order = torch.rand(EPISODES, ways, int(counts.max()), generator=generator)
    order = order.masked_fill(torch.arange(order.shape[2]) >= counts[classes][..., None], 2.0).argsort(2)
    rows = (starts[classes][..., None] + order)[..., : SHOTS + QUERIES].to(numbers.device)
    return Drawn(rows[..., :SHOTS], rows[..., SHOTS:])
