"""Unsupervised domain adaptation: a source domain has labels, the target domain, on which the net is judged, has none
(survey: Wang and Deng 2018, arXiv:1802.03601).

The loss of the recipe draws the embeddings of the two domains together; without one the net is trained on the source
alone.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.rows import RowSplit
from dltui.engine.contracts.task import Context, Objective
from dltui.recipes.metric import Metric

PARTS = ("loss",)
PROBES = ("domains",)
NET_HAS = {"model": ("embed", "head")}
METRICS = {
    "loss": Metric("training loss of a batch of both domains", better="lower", progress=True, rows="train"),
    "accuracy": Metric(
        "share of the test rows, which are of the target domain, classified rightly",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "source_accuracy": Metric(
        "share of the validation rows, which are of the source domain, classified rightly",
        better="higher",
        range=(0, 1),
        axis="accuracy",
        rows="validation",
    ),
}
ROWS = 500  # rows looked at together


def build(*, labels: Literal["source", "target"] = "source") -> Callable[[Context], "Adapt"]:
    """A net that embeds rows of two domains alike: what its head learns of the one holds for the other.

    labels: of the domain that is learned from; target is what could be reached if the labels were known there, and
        leaves the source and the loss of the recipe out.
    """
    return partial(Adapt, labels=labels)


class Adapt:
    """A net with `embed(inputs)` and a `head` for embeddings.

    The loss is `[loss]`'s: embeddings of the source (B, d) and of the target (B, d) -> scalar. One that has weights
    makes them by `prepare(embeddings)`, and they are learned with the net's.
    """

    def __init__(self, context: Context, labels: str = "source"):
        self.net, self.rows = context.nets["model"], context.rows.domains()
        self.criterion = context.loss
        self.target = self.rows.other_domain.inputs  # (N, ...)
        self.known = self.rows.other_domain.targets if labels == "target" else None  # else nobody looks at them
        if isinstance(self.criterion, nn.Module):
            with torch.no_grad():
                self.criterion.prepare(self.net.embed(self.target[:2]))
            self.net.add_module("domain_loss", self.criterion)  # trained, saved and resumed with the net

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 of the source -> the mean cross-entropy on them, and what the domains' difference costs.

        As many rows of the target are drawn.
        """
        train = self.rows.train
        drawn = torch.randint(len(self.target), (len(rows),), device=rows.device)
        if self.known is not None:
            return cross_entropy(self.net.head(self.net.embed(self.target[drawn])), self.known[drawn])
        source, target = self.net.embed(torch.cat([train.batch(rows), self.target[drawn]])).chunk(2)  # (B, d) each
        error = cross_entropy(self.net.head(source), train.targets[rows])
        return error + self.criterion(source, target) if self.criterion else error

    def embed(self, inputs: Tensor) -> Tensor:
        """inputs (N, ...) -> embeddings (N, d), some at a time."""
        return torch.cat([self.net.embed(part) for part in inputs.split(ROWS)])

    def evaluate(self) -> dict[str, float]:
        return {"accuracy": self._accuracy(self.rows.test), "source_accuracy": self._accuracy(self.rows.validation)}

    def _accuracy(self, rows: RowSplit) -> float:
        predictions = self.net.head(self.embed(rows.inputs)).argmax(1)
        return (predictions == rows.targets).float().mean().item()


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The number of logits is the data's number of classes."""
    return {"outputs": facts["classes"]}


def output_shape(role: str, facts: dict[str, int]) -> tuple[int | None, ...]:
    """Logits (B, outputs)."""
    return (facts["outputs"],)
