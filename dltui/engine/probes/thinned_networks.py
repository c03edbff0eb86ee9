"""Thinned networks: what a net predicts when hidden units are dropped at random (Srivastava et al. 2014, "Dropout: a
simple way to prevent neural networks from overfitting").

p is the rate, the probability that a unit is dropped. The paper keeps a unit with probability p and multiplies the
weights by it at the test; here as in torch what is left is made larger, and the test needs no change.
"""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from dltui.engine.contracts.task import Picture
from dltui.engine.models.mlp import MLP
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

TASKS = ("classify",)
METRICS = {
    "accuracy_half_dropped": Metric(
        "accuracy with half of the hidden units dropped", better="higher", range=(0, 1), rows="test"
    ),
}
ROWS = 1000  # rows looked at, at most
PASSES = ("1", "2", "test", "3", "4", "5")  # in training, and at the test
COLUMNS = 3  # of them in a row: the first row is seen on the smallest screen
RATES = [tenth / 10 for tenth in range(10)]  # at the test
DROPPED = torch.tensor([0.75, 0.15, 0.1])  # red
IDLE = 0.2  # the grey of a unit that is kept and answers 0


def build() -> Callable[[Classify], "ThinnedNetworks"]:
    """For a net of kind mlp: its hidden units in single passes, and its accuracy without some of them."""
    return ThinnedNetworks


class ThinnedNetworks(nn.Module):
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify):
        super().__init__()
        if not isinstance(task.net, MLP):
            raise DltuiError(
                "Thinned networks are shown of a multi-layer perceptron.", 'Set model.kind="mlp".', ExitStatus.USAGE
            )
        self.task = task
        self.register_buffer("step", torch.tensor(0))

    def after_step(self, step: int) -> None:
        self.step.fill_(step)

    def evaluate(self) -> dict[str, float]:
        return {"accuracy_half_dropped": self.accuracy(0.5)}

    def accuracy(self, p: float) -> float:
        """Share of the test rows classified rightly with hidden units dropped at rate p."""
        test = self.task.rows.test
        logits, _ = thinned(self.task.net, test.inputs[:ROWS], p)
        return (self.task.predictions(logits) == test.targets[:ROWS]).float().mean().item()

    def pictures(self) -> Iterator[Picture]:
        if len(self.task.net.layers):
            yield Picture("dropped", self._passes())
        torch.manual_seed(0)  # the same draws for every rate of this run
        curve = Curve(name="accuracy", x=RATES, y=[self.accuracy(rate) for rate in RATES])
        guess = Curve(name="guessing", x=[RATES[0], RATES[-1]], y=[1 / len(self.task.rows.classes)] * 2)
        axes = {"x_title": "share of the units dropped at the test", "y_title": "accuracy"}
        yield Picture("without some units", Lines(curves=[curve, guess], **axes))

    def _passes(self) -> dict:
        """The payload `image`: the first hidden layer at passes of the hardest training row, whole where it is tested.

        Hardest is the row to whose class the net gives the least probability.
        """
        task, train = self.task, self.task.rows.train
        p_true = task.probabilities(train.inputs[:ROWS]).gather(1, train.targets[:ROWS, None])
        hardest = p_true.argmin().item()
        row, target = train.inputs[hardest : hardest + 1], train.targets[hardest].item()
        torch.manual_seed(int(self.step))  # other units at each look
        cells, captions = [], []
        for name in PASSES:
            logits, (first, *_) = thinned(task.net, row, 0.0 if name == "test" else task.net.dropout or 0.0)
            cells.append(_units(*first))
            captions.append(f"{name}: {task.criterion.probabilities(logits)[0, target].item():.2f}")
        return montage(torch.stack(cells), columns=COLUMNS, captions=captions, title="red is dropped; p of the label")


def thinned(net: MLP, inputs: Tensor, p: float) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """inputs (B, ...) -> logits (B, classes) with hidden units dropped at rate p, for each row by itself.

    And of each hidden layer its activations h and the mask r, both (B, units): h' = r h, r = 0 with probability p, else
    1 / (1 - p), whose mean is h.
    """
    h, seen = inputs.flatten(1), []
    blocks = [block for block in net.layers if not isinstance(block, nn.Dropout)]
    for before, block in pairwise([None, *blocks]):
        h = block(h)
        if isinstance(before, nn.Linear):  # this is the activation, after which units are dropped
            r = dropout(torch.ones_like(h), p)
            seen.append((h, r))
            h = r * h
    return net.head(h), seen


def _units(h: Tensor, r: Tensor) -> Tensor:
    """h, r (1, units) -> a picture (3, side, side), a point a unit: bright as it is active, red where it is dropped."""
    h, r = h[0].abs().cpu(), r[0].cpu()
    side = math.ceil(math.sqrt(len(h)))
    grey = IDLE + (1 - IDLE) * h / h.max().clamp(min=1e-12)
    points = torch.where(r > 0, grey, DROPPED[:, None])  # (3, units)
    return nn.functional.pad(points, (0, side**2 - len(h))).view(3, side, side)
