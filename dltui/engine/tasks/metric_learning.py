"""Metric learning: rows of one class near each other, others farther; a new class is known from a single row of it."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import normalize

from dltui.engine.contracts.rows import RowSplit
from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.losses import triplet
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.plane import on_their_plane
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter

PARTS = ("loss",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True, rows="train"),
    "one_shot": Metric(
        "share of rows of new classes whose nearest enrolled row, one of each class, is of their own class",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "pixel_one_shot": Metric(
        "share of rows of new classes whose nearest enrolled row is of their own class, pixels compared as they are",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "distance_gap": Metric(
        "mean distance of the embeddings of two new classes less that of two rows of one", better="higher", rows="test"
    ),
}
EMBEDDING = 32  # numbers that stand for a row, where the recipe's model does not say how many
ENROLMENTS = 4  # rows of each new class that take their turn as the enrolled one
MAPPED = 8  # new classes on the map
SHOWN = 4  # queries at the gate
CANDIDATES = 3


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The last layer gives the embedding."""
    return {"classes": EMBEDDING, "outputs": EMBEDDING}


def build() -> Callable[[Context], "MetricLearning"]:
    """A net's last layer gives the embedding of a row; the loss, by default that of triplets, moves embeddings."""
    return MetricLearning


class MetricLearning:
    """A net that gives embeddings (B, d). The classes of the test are not those of the training.

    The loss is `[loss]`'s: (anchors (B, d), positives (B, d), classes (B,)) -> scalar; a positive is another row of the
    anchor's class. One with `unit_length = False` sees embeddings as long as the net makes them.
    """

    def __init__(self, context: Context):
        self.net, self.rows = context.nets["model"], context.rows.pictures().labelled()
        self.criterion = context.loss or triplet.build()
        self.unit_length = getattr(self.criterion, "unit_length", True)
        targets = self.rows.train.targets
        self.order = targets.argsort(stable=True)  # rows of one class stand together
        self.counts = targets.bincount(minlength=len(self.rows.classes))
        self.starts = self.counts.cumsum(0) - self.counts
        self.place = torch.empty_like(self.order).scatter_(0, self.order, torch.arange(len(targets)).to(targets))
        self.new = NewClasses(self.rows.test)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar. Each row is an anchor; its positive is drawn among the others of its class."""
        a, p = self.embed(self.rows.train.batch(torch.cat([rows, self.others(rows)]))).chunk(2)
        return self.criterion(a, p, self.rows.train.targets[rows])

    def embed(self, inputs: Tensor) -> Tensor:
        """inputs (B, ...) -> embeddings (B, d) of length 1, so that no two are more than 2 apart, or as they are."""
        return normalize(self.net(inputs)) if self.unit_length else self.net(inputs)

    def others(self, rows: Tensor) -> Tensor:
        """rows (B,) -> for each a row of the same class, not itself (B,)."""
        targets = self.rows.train.targets[rows]
        counts, starts = self.counts[targets], self.starts[targets]
        moved = 1 + (torch.rand(len(rows), device=rows.device) * (counts - 1)).long()  # 1 ... counts - 1
        return self.order[starts + (self.place[rows] - starts + moved) % counts]

    def evaluate(self) -> dict[str, float]:
        embeddings = self.embed(self.new.inputs)
        distances = torch.cdist(embeddings, embeddings)
        same = self.new.numbers[:, None] == self.new.numbers
        own = same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)
        return {
            "one_shot": self.new.one_shot(embeddings),
            "pixel_one_shot": self.new.one_shot(self.new.inputs.flatten(1)),
            "distance_gap": (distances[~same].mean() - distances[own].mean()).item(),
        }

    def pictures(self) -> Iterator[Picture]:
        embeddings = self.embed(self.new.inputs)
        mine = self.new.numbers < MAPPED
        places = on_their_plane(embeddings[mine]).cpu().numpy()
        names = [self.rows.classes[number] for number in self.new.targets[mine].unique().tolist()]
        label = self.new.numbers[mine].cpu().numpy()
        titles = {"x_title": "direction 1", "y_title": "direction 2"}
        yield Picture("new people", Scatter(x=places[:, 0], y=places[:, 1], label=label, classes=names, **titles))
        yield Picture("gate", self.new.gate(embeddings))


class NewClasses:
    """Test rows, sorted by their class; of each class the first ENROLMENTS may be enrolled. A class with a single row
    is left out: nothing is there to find it by. Raises DltuiError (4) where no class has two."""

    def __init__(self, rows: RowSplit):
        order = rows.targets.argsort(stable=True)
        several = rows.targets.bincount()[rows.targets[order]] > 1
        if not several.any():
            message = f"none of the classes of the {len(order)} test rows has two of them."
            raise DltuiError(message, "Give pictures with several of each class.", ExitStatus.DATA)
        order = order[several]
        self.inputs, self.targets = rows.inputs[order], rows.targets[order]
        _, numbers, counts = self.targets.unique_consecutive(return_inverse=True, return_counts=True)
        self.numbers = numbers  # (N,) 0, 1, 2 ... for the new classes
        starts = counts.cumsum(0) - counts
        takes = min(ENROLMENTS, int(counts.min()) - 1)
        self.enrolments = [starts + take for take in range(takes)]  # (E,) rows, each class's number its place

    def one_shot(self, embeddings: Tensor) -> float:
        """embeddings (N, d) of the rows -> share of those not enrolled that find their own class."""
        right = []
        for enrolled in self.enrolments:
            asked = torch.ones(len(embeddings), dtype=torch.bool, device=embeddings.device)
            asked[enrolled] = False
            found = nearest(embeddings[asked], embeddings[enrolled])[1][:, 0]
            right.append((found == self.numbers[asked]).float().mean())
        return torch.stack(right).mean().item()

    def gate(self, embeddings: Tensor) -> dict:
        """Rows of pictures: a new one at the gate, then the enrolled ones that are nearest, and how far they are."""
        enrolled = self.enrolments[0]
        queries = enrolled[:SHOWN] + len(self.enrolments)  # a row of the same class that is never enrolled
        far, found = nearest(embeddings[queries], embeddings[enrolled])
        candidates = min(CANDIDATES, len(enrolled))
        shown, captions = [], []
        for row, query in enumerate(queries.tolist()):
            shown += [query, *enrolled[found[row, :candidates]].tolist()]
            captions.append("who?")
            for place, number in enumerate(found[row, :candidates].tolist()):
                right = " right" if number == int(self.numbers[query]) else ""
                captions.append(f"{far[row, place]:.2f}{right}")
        title = "a new picture, then the nearest in the list"
        return montage(self.inputs[shown], columns=1 + candidates, captions=captions, title=title)


def nearest(queries: Tensor, enrolled: Tensor) -> tuple[Tensor, Tensor]:
    """queries (Q, d), enrolled (E, d) -> their distances, rising, and which they are, both (Q, E)."""
    return tuple(triplet.distances(queries, enrolled).sort(1))


def output_shape(role: str, facts: dict[str, int]) -> tuple[int | None, ...]:
    """Embeddings (B, d)."""
    return (None,)
