"""Which words' embeddings are nearest to each other, and whether words of one group or one tag are."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import normalize

from dltui.engine.contracts.models import Encoder
from dltui.engine.contracts.task import Picture, Task
from dltui.engine.pictures.plane import on_their_plane
from dltui.engine.reading.sentences import SPECIAL, tag_counts
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter, Table

TASKS = ("skipgram", "tag")
METRICS = {
    "hit_rate": Metric(
        "share of a word's 5 nearest words that are of its own group or commonest tag, the mean of words with one",
        better="higher", range=(0, 1),
    ),
    "chance": Metric("hit rate of neighbours drawn blindly", range=(0, 1), axis="hit_rate"),
    "mean_cosine": Metric("mean cosine of two different words' vectors: 1 where all point the same way", range=(-1, 1)),
}  # fmt: skip
NEIGHBOURS = 5
WORDS = 2000  # the commonest, among which neighbours are looked for
LISTED = 10  # words of the table where none has a group


def build() -> Callable[[Task], "NearestWords"]:
    """For a net with `embed` (contracts.models.Encoder) of words."""
    return NearestWords


class NearestWords:
    """See contracts.probe.Probe. A word's group is its commonest tag in the training sentences."""

    def __init__(self, task: Task):
        self.net: Encoder = task.net
        rows = task.rows.text()
        self.words, self.classes = rows.vocabularies[0], rows.classes
        self.shown = torch.arange(min(len(self.words), len(SPECIAL) + WORDS), device=rows.device)
        self.group = torch.full((len(self.words),), -1, device=rows.device)  # (V,)
        if self.classes:
            counts = tag_counts(rows.train.stored, rows.train.targets, len(self.words), len(self.classes))
            self.group = counts.argmax(1).where(counts.any(1), -1)
        self.group = self.group[self.shown]
        self.grouped = torch.where(self.group >= 0)[0]

    def _directions(self) -> Tensor:
        return normalize(self.net.embed(self.shown), dim=1)  # (W, d)

    def _nearest(self, words: Tensor) -> Tensor:
        """words (B,) -> (B, NEIGHBOURS): those whose vectors have the greatest cosine, they themselves left out."""
        v = self._directions()
        cosines = v[words] @ v.T  # (B, W)
        cosines[:, : len(SPECIAL)] = -torch.inf
        cosines[torch.arange(len(words)), words] = -torch.inf
        return cosines.topk(NEIGHBOURS, dim=1).indices

    def evaluate(self) -> dict[str, float]:
        v = self._directions()[len(SPECIAL) :]
        pairs = len(v) * (len(v) - 1)
        found = {"mean_cosine": ((v.sum(0).square().sum() - len(v)) / pairs).item()}
        if len(self.grouped):
            own = self.group[self.grouped]
            hits = self.group[self._nearest(self.grouped)] == own[:, None]
            others = own.bincount()[own].float() - 1
            found |= {"hit_rate": hits.float().mean().item(), "chance": (others / (len(v) - 1)).mean().item()}
        return found

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The nearest words of the commonest of each group, and all words with a group on a plane."""
        yield Picture("neighbours", self._table())
        if len(self.grouped):
            yield Picture("map of words", self._map())

    def _table(self) -> Table:
        groups = self.group[self.grouped]
        first = [int(self.grouped[groups == number][0]) for number in groups.unique()]
        chosen = torch.tensor(first, device=self.group.device) if first else self.shown[len(SPECIAL) :][:LISTED]
        rows = []
        for word, near in zip(chosen.tolist(), self._nearest(chosen).tolist(), strict=True):
            hits = sum(self.group[other] == self.group[word] for other in near)
            own = [f"{int(hits)}/{NEIGHBOURS}"] if first else []
            rows.append([self.words[word], *own, *(self.words[other] for other in near)])
        columns = ["word", *(["hits"] if first else []), *(f"{place + 1}." for place in range(NEIGHBOURS))]
        return Table(columns=columns, rows=rows)

    def _map(self) -> Scatter:
        """The two widest directions of the words with a group."""
        v = self._directions()[self.grouped]
        plane = on_their_plane(v)
        plane = torch.where(plane[:1] < 0, -plane, plane)  # their signs are arbitrary: the map shall not flip
        x, y = plane.T.cpu().numpy()
        label = self.group[self.grouped].cpu().numpy()
        titles = {"x_title": "direction 1", "y_title": "direction 2"}
        return Scatter(x=x, y=y, label=label, classes=list(self.classes), **titles)
