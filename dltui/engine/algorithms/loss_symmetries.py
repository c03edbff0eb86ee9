"""Symmetries of a net: hidden units change places or signs, and the function stays (Hecht-Nielsen 1990; "Git Re-Basin",
Ainsworth, Hayase and Srinivasa 2022, arXiv:2209.04836).

A net is a list of W (H, D), b (H,), V (classes, H), c (classes,): logits = V f(W x + b) + c.
"""

from collections.abc import Callable, Iterator
from statistics import fmean
from typing import Literal

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

METRICS = {
    "loss": Metric(
        "mean loss of the nets on a batch of each", better="lower", range=(0, None), rows="train", progress=True
    ),
    "accuracy": Metric("mean accuracy of the nets", better="higher", range=(0, 1), rows="test"),
    "function_error": Metric(
        "greatest change of a logit when units change places and signs at random", better="lower", rows="test"
    ),
    "copy_barrier": Metric(
        "highest loss above the ends on the straight line from a net to such a copy of itself, mean of the pairs",
        rows="test",
    ),
    "barrier": Metric(
        "highest loss above the ends on the straight line between the nets of a pair, mean of the pairs",
        axis="copy_barrier",
        rows="test",
    ),
    "matched_barrier": Metric(
        "highest loss above the ends on the straight line between a pair with matched units, mean of the pairs",
        better="lower",
        axis="copy_barrier",
        rows="test",
    ),
    "middle_accuracy": Metric(
        "accuracy of the mean of a pair's weights, mean of the pairs", range=(0, 1), axis="accuracy", rows="test"
    ),
    "matched_middle_accuracy": Metric(
        "accuracy of the mean of a pair's weights once their units are matched, mean of the pairs",
        better="higher",
        range=(0, 1),
        axis="accuracy",
        rows="test",
    ),
}
COPY, OTHER, MATCHED = "to a copy of itself", "to the other net", "to the other net, matched"
WAY = 21  # points of a straight line
SHOWN = 8  # units that are drawn
Net = list[Tensor]


def build(
    *,
    match: Literal["places_and_signs", "places", "nothing"] = "places_and_signs",
    activation: Literal["tanh", "relu"] = "tanh",
    hidden: int = 32,
    pairs: int = 4,
    batch: int = 64,
    lr: float = 0.003,
) -> Callable[[Context], "LossSymmetries"]:
    """Each step trains pairs of nets, each net from first weights and on a batch of its own.

    match: what of the second net's hidden units is matched to the first net's: their order and their signs, or less.
    activation: of the hidden units; only with tanh, which is odd, may signs change.
    hidden: units of the hidden layer, at least 8.
    pairs: how many, at least 1; the first one is drawn.
    batch: rows of a step, at least 1.
    lr: learning rate of Adam, above 0.
    """
    return lambda context: LossSymmetries(context.rows.labelled(), match, activation, hidden, pairs, batch, lr)


def rearranged(net: Net, order: Tensor, signs: Tensor) -> Net:
    """The net whose unit h is unit order[h] (H,) of the given one, times signs[h]: with tanh, the same function."""
    W, b, V, c = net
    return [W[order] * signs[:, None], b[order] * signs, V[:, order] * signs, c]


def matched(net: Net, to: Net, *, signs: bool) -> Net:
    """The rearrangement of a net that is nearest to another: a linear assignment of the units' weights."""
    (ours, theirs) = (torch.cat([W, b[:, None], V.T], 1) for W, b, V, _ in (net, to))  # (H, D + 1 + classes)
    alike = theirs @ ours.T
    rows, order = linear_sum_assignment((alike.abs() if signs else alike).cpu().numpy(), maximize=True)
    flips = alike[rows, order].sign() if signs else torch.ones(len(order), device=alike.device)
    return rearranged(net, torch.from_numpy(order), flips)


def between(a: Net, b: Net, share: float) -> Net:
    """The net at a share of the straight line from one net to another."""
    return [torch.lerp(p, q, share) for p, q in zip(a, b, strict=True)]


def barrier(losses: Tensor) -> float:
    """Losses (T,) along a line -> by how much they exceed the line between those of its ends, at most."""
    straight = torch.lerp(losses[0], losses[-1], torch.linspace(0, 1, len(losses), device=losses.device))
    return (losses - straight).max().item()


class LossSymmetries(nn.Module):
    """Nets that are trained apart; the first two are a pair, and so on."""

    done = False

    def __init__(self, rows: Rows, match: str, activation: str, hidden: int, pairs: int, batch: int, lr: float):
        super().__init__()
        self.x, self.test_x = (split.inputs.flatten(1) for split in (rows.train, rows.test))
        self.y, self.test_y = rows.train.targets, rows.test.targets
        self.match, self.batch = match, batch
        self.activation = torch.tanh if activation == "tanh" else torch.relu
        self.shape = rows.train.inputs.shape[1:]
        layers = nn.ModuleList(
            layer
            for _ in range(2 * pairs)
            for layer in (nn.Linear(self.x.shape[1], hidden), nn.Linear(hidden, len(rows.classes)))
        )
        self.layers = layers.to(rows.device)
        self.adam = AdamInBuffers(self.layers.parameters(), lr)

    @property
    def nets(self) -> list[Net]:
        weights = list(self.layers.parameters())
        return [weights[k : k + 4] for k in range(0, len(weights), 4)]

    def logits(self, net: Net, x: Tensor) -> Tensor:
        """x (B, D) -> (B, classes)."""
        W, b, V, c = net
        return self.activation(x @ W.T + b) @ V.T + c

    def step(self) -> dict[str, float]:
        """One step of every net, each by its own loss."""
        with torch.enable_grad():
            losses = []
            for net in self.nets:
                rows = torch.randint(len(self.x), (self.batch,)).to(self.x.device)
                losses.append(cross_entropy(self.logits(net, self.x[rows]), self.y[rows]))
            self.adam.step(sum(losses))
        return {"loss": (sum(losses) / len(losses)).item()}

    def ends(self, first: Net, second: Net) -> dict[str, Net]:
        """Where the straight lines from the first net of a pair lead: to a copy of it, and to the second net."""
        random = torch.Generator().manual_seed(0)
        hidden, device = len(first[1]), self.x.device
        order = torch.randperm(hidden, generator=random).to(device)  # the same copy at every look
        signs = 2.0 * torch.randint(0, 2, (hidden,), generator=random).to(device) - 1
        near = second
        if self.match != "nothing":
            near = matched(second, first, signs=self.match == "places_and_signs")
        return {COPY: rearranged(first, order, signs), OTHER: second, MATCHED: near}

    def along(self, a: Net, b: Net) -> Tensor:
        """Losses (WAY,) on the test rows along the straight line."""
        shares = torch.linspace(0, 1, WAY).tolist()
        return torch.stack([cross_entropy(self.logits(between(a, b, t), self.test_x), self.test_y) for t in shares])

    def accuracy(self, net: Net) -> float:
        return (self.logits(net, self.test_x).argmax(1) == self.test_y).float().mean().item()

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        nets = self.nets
        pairs = [self._of_pair(*pair) for pair in zip(nets[::2], nets[1::2], strict=True)]
        means = {name: fmean(each[name] for each in pairs) for name in pairs[0]}
        return {"accuracy": fmean(self.accuracy(net) for net in nets), **means}

    def _of_pair(self, first: Net, second: Net) -> dict[str, float]:
        ends = self.ends(first, second)
        change = self.logits(first, self.test_x) - self.logits(ends[COPY], self.test_x)
        return {
            "function_error": change.abs().max().item(),
            "copy_barrier": barrier(self.along(first, ends[COPY])),
            "barrier": barrier(self.along(first, second)),
            "matched_barrier": barrier(self.along(first, ends[MATCHED])),
            "middle_accuracy": self.accuracy(between(first, second, 0.5)),
            "matched_middle_accuracy": self.accuracy(between(first, ends[MATCHED], 0.5)),
        }

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """Of the first pair the loss along the straight lines, and units of both nets side by side."""
        first, second = self.nets[:2]
        ends, shares = self.ends(first, second), torch.linspace(0, 1, WAY)
        curves = {name: (shares, self.along(first, net)) for name, net in ends.items()}
        yield Picture("straight lines", lines(curves, x_title="share of the way", y_title="test loss"))
        if len(self.shape) == 3:
            yield Picture("units", self._units([first, second, ends[MATCHED]]))

    def _units(self, nets: list[Net]) -> dict:
        """Weights of the units that are strongest in the first net, as pictures; grey is 0."""
        strongest = nets[0][2].norm(dim=0).topk(SHOWN).indices
        drawn = torch.cat([W[strongest] for W, *_ in nets]).unflatten(1, self.shape)  # (3 SHOWN, C, height, width)
        scaled = 0.5 + 0.5 * drawn / drawn.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-9)
        return montage(scaled, columns=SHOWN, row_titles=["first net", "other net", "other net, matched"])
