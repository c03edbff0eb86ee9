"""A graph convolutional network that learns from two labels (Kipf and Welling 2017, arXiv:1609.02907), in a karate club
that split in two (Zachary 1977, doi:10.1086/jar.33.4.3629752).

A (n, n) edges; S = D^(-1/2) (A + I) D^(-1/2), D the sums of the rows of A + I; logits = S relu(S X W) V with X = I.
"""

import math
from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.plane import on_their_plane
from dltui.recipes.metric import Metric
from dltui.runs.payload_parts import Marks, Path
from dltui.runs.payloads import Scatter

NEEDS_DATA = False
METRICS = {
    "loss": Metric("mean loss of the nets on the two labelled members", better="lower", range=(0, None), rows="train"),
    "accuracy": Metric(
        "share of the other members whose club is predicted, mean of the nets",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "spread": Metric("standard deviation of the accuracy between the nets", range=(0, 1), rows="test"),
    "near_accuracy": Metric(
        "accuracy for the friends of a labelled member, mean of the nets", range=(0, 1), axis="accuracy", rows="test"
    ),
    "far_accuracy": Metric(
        "accuracy for members who are no friend of a labelled one, mean of the nets",
        range=(0, 1),
        axis="accuracy",
        rows="test",
    ),
}
FRIENDS = {  # member -> friends of a higher number, the members numbered from 0
    0: (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 17, 19, 21, 31), 1: (2, 3, 7, 13, 17, 19, 21, 30),
    2: (3, 7, 8, 9, 13, 27, 28, 32), 3: (7, 12, 13), 4: (6, 10), 5: (6, 10, 16), 6: (16,), 8: (30, 32, 33), 9: (33,),
    13: (33,), 14: (32, 33), 15: (32, 33), 18: (32, 33), 19: (33,), 20: (32, 33), 22: (32, 33),
    23: (25, 27, 29, 32, 33), 24: (25, 27, 31), 25: (31,), 26: (29, 33), 27: (33,), 28: (31, 33), 29: (32, 33),
    30: (32, 33), 31: (32, 33), 32: (33,),
}  # fmt: skip
STAYED = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 17, 19, 21)  # with the instructor; the others left
LABELLED = (0, 33)  # the instructor and the president
CLUBS = ("instructor's club", "president's club")
MEMBERS = 34
NETS = 20  # trained side by side, so that no single draw of first weights decides
ROUNDS = 300  # of the layout


def build(
    *, graph: Literal["friends", "none", "shuffled"] = "friends", hidden: int = 16, lr: float = 0.02
) -> Callable[[Context], "GraphNet"]:
    """Each step trains all nets on the two labels; the whole graph is one batch.

    graph: who is whose neighbour: friends, nobody, or as many friendships of members who are shuffled.
    hidden: numbers of a member's hidden vector, at least 2.
    lr: learning rate of Adam, above 0.
    """
    return lambda context: GraphNet(graph, hidden, lr)


def edges() -> Tensor:
    """A (34, 34) float32 of 0 and 1: the friendships."""
    A = torch.zeros(MEMBERS, MEMBERS)
    for member, friends in FRIENDS.items():
        A[member, list(friends)] = 1
    return A + A.T


def normalized(A: Tensor) -> Tensor:
    """S = D^(-1/2) (A + I) D^(-1/2) (n, n): each node's mean over itself and its neighbours, weighted by degree."""
    A = A + torch.eye(len(A))
    scale = A.sum(1).rsqrt()
    return scale[:, None] * A * scale


def distances(A: Tensor) -> Tensor:
    """Edges on the shortest path between any two nodes of a connected graph (n, n)."""
    found, reached = torch.zeros_like(A), torch.eye(len(A))
    while not (reached > 0).all():
        found += reached == 0
        reached = reached @ (A + torch.eye(len(A)))
    return found


def layout(away: Tensor) -> Tensor:
    """Places (n, 2) as far apart as in the graph (n, n), or nearly: stress majorization, far pairs weighing less."""
    n = len(away)
    weights = torch.where(away > 0, away.clamp(min=1) ** -2, 0)
    inverse = torch.linalg.pinv(torch.diag(weights.sum(1)) - weights)
    angle = torch.arange(n) * (2 * math.pi / n)
    places = torch.stack([angle.cos(), angle.sin()], 1)
    for _ in range(ROUNDS):
        pull = -weights * away / torch.cdist(places, places).clamp(min=1e-6)
        pull -= torch.diag(pull.sum(1))
        places = inverse @ (pull @ places)
    return places


class GraphNet(nn.Module):
    """NETS nets: W (NETS, 34, hidden), V (NETS, hidden, 2)."""

    done = False

    def __init__(self, graph: str, hidden: int, lr: float):
        super().__init__()
        self.friends = edges()
        order = torch.randperm(MEMBERS)
        A = {"friends": self.friends, "none": 0 * self.friends, "shuffled": self.friends[order][:, order]}[graph]
        self.S, self.drawn = normalized(A), A
        self.clubs = torch.tensor([int(member not in STAYED) for member in range(MEMBERS)])
        self.labelled = torch.tensor(LABELLED)
        self.others = torch.tensor([member for member in range(MEMBERS) if member not in LABELLED])
        self.near = self.friends[self.labelled].amax(0)[self.others] > 0  # (32,)
        self.W, self.V = (
            nn.Parameter(torch.randn(NETS, rows, columns) * math.sqrt(2 / (rows + columns)))
            for rows, columns in ((MEMBERS, hidden), (hidden, len(CLUBS)))
        )
        self.adam = AdamInBuffers([self.W, self.V], lr)

    def hidden(self) -> Tensor:
        """(NETS, 34, hidden): what each member hears from its neighbours and itself."""
        return (self.S @ self.W).relu()

    def logits(self) -> Tensor:
        """(NETS, 34, 2)."""
        return self.S @ self.hidden() @ self.V

    def step(self) -> dict[str, float]:
        """One step of all nets."""
        with torch.enable_grad():
            targets = self.clubs[self.labelled].repeat(NETS)
            loss = cross_entropy(self.logits()[:, self.labelled].flatten(0, 1), targets)
            self.adam.step(NETS * loss)  # each net by its own loss
        return {"loss": loss.item()}

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        right = (self.logits().argmax(2) == self.clubs)[:, self.others].float()  # (NETS, 32)
        return {
            "accuracy": right.mean().item(),
            "spread": right.mean(1).std().item(),
            "near_accuracy": right[:, self.near].mean().item(),
            "far_accuracy": right[:, ~self.near].mean().item(),
        }

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """The graph in the colours of the predictions; the clubs; and the first net's hidden vectors."""
        places = layout(distances(self.friends))
        shares = self.logits().softmax(2).mean(0)  # (34, 2)
        yield Picture("predicted", self._graph(places, shares, self.drawn))
        clubs = one_hot(self.clubs, len(CLUBS)).float()
        yield Picture("clubs", self._graph(places, clubs, self.friends))
        yield Picture("hidden vectors", self._graph(on_their_plane(self.hidden()[0]), clubs, 0 * self.friends))

    def _graph(self, places: Tensor, shares: Tensor, A: Tensor) -> Scatter:
        """Members in the colours of their shares (34, 2) of both clubs, and the friendships A between the clubs: all
        of them would hide the members."""
        x, y = places.T.numpy()
        label = shares.argmax(1)
        between = (A * (label[:, None] != label)).triu().nonzero().tolist()
        return Scatter(
            x=x, y=y, label=label.numpy(), classes=list(CLUBS), shares=shares.numpy(), x_title="", y_title="",
            paths=[Path(x=x[list(edge)], y=y[list(edge)], name="friends in both clubs") for edge in between],
            marks=Marks(x=x, y=y, label=label.numpy(), signs=True),
        )  # fmt: skip
