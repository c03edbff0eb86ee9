"""Parametric t-SNE: a net gives the map, so that new rows have a place on it (van der Maaten 2009, "Learning a
parametric embedding by preserving local structure").
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.tsne import NEIGHBOURS, TINY, conditional, joint, similarity
from dltui.engine.contracts.row_limit import refuse_more
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.layers.dense import dense
from dltui.engine.metrics.nearest_neighbours import knn_accuracy
from dltui.engine.results.embedding import MOST_COLOURS
from dltui.engine.results.embedding import NEIGHBOURS as VOTERS
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter

RESULT = "embedding"
METRICS = {
    "kl": Metric(
        "KL(P||Q) of the neighbourhoods in the data and on the map",
        better="lower",
        range=(0, None),
        unit="nats",
        rows="train",
    ),
    "trustworthiness": Metric(
        "1 where the map's 5 nearest rows are near in the data", better="higher", range=(0, 1), rows="train"
    ),
    "unseen_trustworthiness": Metric(
        "1 where the 5 nearest unseen rows on the map are near in the data", better="higher", range=(0, 1), rows="test"
    ),
    "unseen_knn_accuracy": Metric(
        "accuracy on unseen rows of their 10 nearest training rows on the map",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
}
EXAGGERATION, EXAGGERATED = 4.0, 100  # p is multiplied at first, so that clusters form before they spread
MOST = 5000  # rows: a step works out N x N similarities
SEEN = "training rows"


def build(
    *, rows: int = 0, batch: int = 300, perplexity: float = 30.0, hidden: list[int] = (128, 128), lr: float = 0.01
) -> Callable[[Context], "ParametricTSNE"]:
    """Each step moves the weights of the net once down the gradient of KL(P||Q) of a batch of rows.

    rows: training rows that the map is learned from, at least 0; 0 takes all.
    batch: rows whose neighbourhoods a step looks at, at least 2.
    perplexity: about how many neighbours a row has, above 1.
    hidden: units of each of the net's hidden layers, at least 1.
    lr: learning rate of Adam, above 0.
    """

    def begin(context: Context) -> ParametricTSNE:
        count = min(rows or len(context.rows.train), len(context.rows.train))
        refuse_more(count, MOST, "t-SNE", f"algorithm.rows={MOST}, algorithm.kind=pca", matrices=4)
        return ParametricTSNE(context.rows, count, batch, perplexity, list(hidden), lr)

    return begin


class ParametricTSNE(nn.Module):
    """Rows x (N, D) at places net(x) (N, 2); the net gives any other row a place too."""

    done = False  # it may always go on

    def __init__(self, rows: Rows, count: int, batch: int, perplexity: float, hidden: list[int], lr: float):
        super().__init__()
        (x, y), (self.test_x, self.test_y) = (split.table() for split in (rows.train, rows.test))
        self.classes, self.y, self.batch = rows.classes, y[:count], batch
        x = x[:count]
        near = conditional(torch.cdist(x.double(), x.double()).square(), min(perplexity, (len(x) - 1) / 3))
        self.register_buffer("x", x, persistent=False)
        self.register_buffer("P", joint(near).float(), persistent=False)
        self.net = dense([x.shape[1], *hidden, 2])
        self.adam = AdamInBuffers(self.net.parameters(), lr)

    def loss(self, rows: Tensor, exaggeration: float = 1.0) -> Tensor:
        """KL(P||Q) in nats of rows (B,) among themselves; p is multiplied by `exaggeration`."""
        P = self.P[rows][:, rows]
        P = exaggeration * P / P.sum().clamp(min=TINY)
        Q, _ = similarity(self.net(self.x[rows]), "student")
        return (torch.xlogy(P, P) - P * Q.clamp(min=TINY).log()).sum()

    def step(self) -> None:
        """Draws a batch, and moves the weights once."""
        rows = torch.randperm(len(self.x))[: self.batch]
        with torch.enable_grad():
            self.adam.step(self.loss(rows, EXAGGERATION if int(self.adam.steps) < EXAGGERATED else 1.0))

    @property
    def embedding(self) -> Tensor:
        """The places (N, 2)."""
        with torch.no_grad():
            return self.net(self.x)

    def evaluate(self) -> dict[str, float]:
        """KL(P||Q), whether neighbours stay neighbours, and how rows fare that the net has not seen."""
        from sklearn.manifold import trustworthiness  # 1.8 s

        with torch.no_grad():
            kl, seen, unseen = self.loss(torch.arange(len(self.x))).item(), self.net(self.x), self.net(self.test_x)
        values = {"kl": kl, "trustworthiness": trustworthiness(self.x.numpy(), seen.numpy(), n_neighbors=NEIGHBOURS)}
        if len(unseen) > 2 * NEIGHBOURS:
            values["unseen_trustworthiness"] = trustworthiness(
                self.test_x.numpy(), unseen.numpy(), n_neighbors=NEIGHBOURS
            )
        if self.classes and len(unseen):
            values["unseen_knn_accuracy"] = knn_accuracy(seen, self.y, unseen, self.test_y, VOTERS)
        return {name: float(value) for name, value in values.items()}

    def pictures(self) -> Iterator[Picture]:
        """Rows that the net has not seen, where they land among those that it has."""
        with torch.no_grad():
            places = torch.cat([self.net(self.test_x), self.net(self.x)])  # (M + N, 2)
        classes = list(self.classes) if 0 < len(self.classes) <= MOST_COLOURS else ["unseen rows"]
        label = self.test_y if len(classes) > 1 else torch.zeros(len(self.test_x), dtype=torch.long)
        label = torch.cat([label.long(), torch.full((len(self.x),), len(classes))])
        x, y = places.T.numpy()
        yield Picture(
            "unseen rows",
            Scatter(
                x=x, y=y, label=label.numpy(), classes=[*classes, SEEN], behind={SEEN: "."},
                x_title="map 1", y_title="map 2",
            ),
        )  # fmt: skip
