"""Classification with dropout: other hidden units fall silent at each pass (Srivastava et al. 2014)."""

import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.dropout import speaking, thinned
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.plane import decision_field
from dltui.recipes.metric import Metric

MODELS = ("model",)
LIVE = ("rate",)
METRICS = {
    "loss": Metric("training loss of a batch, with units silenced", better="lower", progress=True),
    "train_loss": Metric(
        "mean loss on training rows, a thousand at most, with every unit; this is the loss that is compared",
        better="lower",
    ),
    "test_loss": Metric("the same on the test rows", better="lower"),
    "gap": Metric("test_loss less train_loss"),
    "accuracy": Metric("share of the test rows classified rightly", better="higher", range=(0, 1)),
    "accuracy_halved": Metric(
        "the same with half of the hidden units silenced at random", better="higher", range=(0, 1)
    ),
}
ROWS = 1000  # rows looked at, at most
PASSES = ("1", "2", "test", "3", "4", "5")  # in training, and at the test
COLUMNS = 3  # of them in a row: the first row is seen on the smallest screen
SHARES = [share / 10 for share in range(10)]  # of units silenced at the test
SILENT = torch.tensor([0.75, 0.15, 0.1])  # red
IDLE = 0.2  # the grey of a unit that might speak and has nothing to say


def build(*, rate: float = 0.5) -> Callable:
    """Returns (data, nets, device) -> Dropout.

    rate: share of the hidden units silenced at each pass in training, at least 0, below 1.
    """
    return partial(Dropout, rate=rate)


class Dropout:
    """A net of kind mlp; its own option dropout is left at 0."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, rate: float):
        self.net, self.classes, self.rate = nets["model"], data.classes, rate
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs = as_floats(data.test.inputs[:ROWS]).to(device)
        self.test_targets = data.test.targets[:ROWS].to(device)
        self.rows = len(self.inputs)
        self.place = nets["place"] = Counters(step=0)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return cross_entropy(self.logits(self.inputs[rows], self.rate), self.targets[rows])

    def after_step(self) -> None:
        self.place["step"] += 1

    def logits(self, inputs: Tensor, p: float, seen: list[tuple[Tensor, Tensor]] | None = None) -> Tensor:
        """inputs (B, ...) -> logits (B, classes), the share p of every hidden layer silenced.

        Adds to `seen`, for each hidden layer, what its units would say and which of them may, both (B, units).
        """
        h = inputs.flatten(1)
        for block in self.net.layers:
            h = block(h)
            if not isinstance(block, nn.Linear):  # the activation, after which a unit speaks
                r = speaking(h, p)
                if seen is not None:
                    seen.append((h, r))
                h = thinned(h, r, p)
        return self.net.head(h)

    def evaluate(self) -> dict[str, float]:
        train = cross_entropy(self.logits(self.inputs[:ROWS], 0.0), self.targets[:ROWS]).item()
        test = cross_entropy(self.logits(self.test_inputs, 0.0), self.test_targets).item()
        return {
            "train_loss": train,
            "test_loss": test,
            "gap": test - train,
            "accuracy": self.accuracy(0.0),
            "accuracy_halved": self.accuracy(0.5),
        }

    def accuracy(self, p: float) -> float:
        """Share of the test rows classified rightly with the share p of the units silenced."""
        right = self.logits(self.test_inputs, p).argmax(1) == self.test_targets
        return right.float().mean().item()

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        if len(self.net.layers):
            yield Picture("silenced", self._passes())
        if self.inputs.shape[1:] == (2,) and len(self.classes) == 2:
            field = decision_field(
                lambda rows: self.logits(rows, 0.0).softmax(1)[:, 1], self.inputs, self.targets, self.classes
            )
            yield Picture("field", field)
        torch.manual_seed(0)  # the same draws for every rate of this run
        curve = {"name": "accuracy", "x": SHARES, "y": [self.accuracy(share) for share in SHARES]}
        guess = {"name": "guessing", "x": [SHARES[0], SHARES[-1]], "y": [1 / len(self.classes)] * 2}
        axes = {"x_title": "share of the units silenced at the test", "y_title": "accuracy"}
        yield Picture("without some units", {"type": "lines", "curves": [curve, guess], **axes})

    def _passes(self) -> dict:
        """The payload `image`: the first hidden layer at passes of the hardest training row, whole where it is tested.

        Hardest is the row to whose class the net gives the least chance.
        """
        chances = self.logits(self.inputs[:ROWS], 0.0).softmax(1).gather(1, self.targets[:ROWS, None])
        hardest = chances.argmin().item()
        row, target = self.inputs[hardest : hardest + 1], self.targets[hardest].item()
        torch.manual_seed(self.place["step"])  # other units at each look
        cells, captions = [], []
        for name in PASSES:
            seen: list[tuple[Tensor, Tensor]] = []
            p = 0.0 if name == "test" else self.rate
            answer = self.logits(row, p, seen).softmax(1)[0, target].item()
            cells.append(_units(*seen[0]))
            captions.append(f"{name}: {answer:.2f}")
        title = "red is silent; p of truth"
        return montage(torch.stack(cells), columns=COLUMNS, captions=captions, title=title)


def _units(h: Tensor, r: Tensor) -> Tensor:
    """h, r (1, units) -> a picture (3, side, side), a point a unit: bright as it is strong, red where it is silent."""
    h, r = h[0].abs().cpu(), r[0].cpu()
    side = math.ceil(math.sqrt(len(h)))
    grey = IDLE + (1 - IDLE) * h / h.max().clamp(min=1e-12)
    points = torch.where(r > 0, grey, SILENT[:, None])  # (3, units)
    return nn.functional.pad(points, (0, side**2 - len(h))).view(3, side, side)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The number of logits is the data's number of classes."""
    return {"outputs": facts["classes"]}
