"""Low-rank adaptation: a trained net stays as it is, and two thin matrices are trained beside each of its weights (Hu
et al. 2021, arXiv:2106.09685).

W (out, in) is a layer's weight, A (rank, in) and B (out, rank) what is trained beside it.
"""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, cross_entropy, grid_sample, linear

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.models.pretraining import pretrain
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars

METRICS = {
    "loss": Metric("training loss of a batch of turned pictures", better="lower", progress=True, rows="train"),
    "accuracy": Metric(
        "share of the turned test pictures classified rightly", better="higher", range=(0, 1), rows="test"
    ),
    "gain": Metric("accuracy on the turned test pictures less that of the net before", better="higher", rows="test"),
    "weights_trained": Metric("numbers that are trained", better="lower", whole=True),
    "share": Metric("weights_trained over the numbers of the net", better="lower", range=(0, None)),
    "merge_error": Metric(
        "greatest difference of a logit when B A is added to W, over the greatest logit", better="lower", rows="test"
    ),
    "rank_share": Metric(
        "share that the `rank` largest have of the first weight's squared singular values of change", range=(0, 1)
    ),
}
ROWS = 1000  # test pictures looked at together
SHOWN = 24  # pictures
LEAST = 1e-4  # singular values below this share of the largest are not drawn


def build(
    *,
    method: Literal["lora", "full", "head"] = "lora",
    rank: int = 4,
    alpha: float = 8.0,
    turn: float = 45.0,
    hidden: int = 256,
    batch: int = 64,
    lr: float = 5e-3,
) -> Callable[[Context], "Lora"]:
    """A net of three layers was trained on upright pictures; each step trains it on turned ones.

    method: what is trained: lora, A and B beside each weight; full, all weights; head, the last layer alone.
    rank: rows of A and columns of B, at least 1.
    alpha: B A is multiplied by alpha / rank, above 0.
    turn: degrees by which the new pictures are turned.
    hidden: units of each of two hidden layers, at least 1.
    batch: pictures of a step, at least 1.
    lr: learning rate of Adam, at least 0.
    """
    return lambda context: Lora(context, method, rank, alpha, turn, hidden, batch, lr)


class Net(nn.Module):
    """(B, ...) -> logits (B, classes). `beside`: for each layer A and B, and by what their product is multiplied."""

    def __init__(self, inputs: int, hidden: int, classes: int):
        super().__init__()
        widths = (inputs, hidden, hidden, classes)
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(widths))

    def forward(self, x: Tensor, beside: list[tuple[Tensor, Tensor]] | None = None, scale: float = 1.0) -> Tensor:
        x = x.flatten(1)
        for number, layer in enumerate(self.layers):
            made = layer(x)
            if beside:
                A, B = beside[number]
                made = made + scale * linear(linear(x, A), B)
            x = made.relu() if number + 1 < len(self.layers) else made
        return x


def turned(pictures: Tensor, degrees: float) -> Tensor:
    """pictures (B, C, H, W) -> turned to the left about their middle, black coming in at the corners."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0]], device=pictures.device).expand(len(pictures), 2, 3)
    return grid_sample(pictures, affine_grid(turn, list(pictures.shape), align_corners=False), align_corners=False)


class Lora(nn.Module):
    """The weights before, those of now and A and B are its state."""

    done = False

    def __init__(
        self, context: Context, method: str, rank: int, alpha: float, turn: float, hidden: int, batch: int, lr: float
    ):
        super().__init__()
        self.rows = context.rows.labelled()
        self.rows.pictures()
        self.method, self.rank, self.scale, self.turn, self.batch = method, rank, alpha / rank, turn, batch
        device, train = context.device, self.rows.data.train
        self.net = Net(train.inputs[0].numel(), hidden, len(self.rows.classes)).to(device)
        pretrain(self.net, train, device)
        self.register_buffer("before", self.net.layers[0].weight.detach().clone())
        self.A, self.B = nn.ParameterList(), nn.ParameterList()
        for layer in self.net.layers:
            outputs, inputs = layer.weight.shape
            self.A.append(nn.Parameter(torch.randn(rank, inputs, device=device) / inputs**0.5))
            self.B.append(nn.Parameter(torch.zeros(outputs, rank, device=device)))  # so the net begins as it was
        moved = {"lora": [*self.A, *self.B], "full": self.net.parameters(), "head": self.net.layers[-1].parameters()}
        self.adam = AdamInBuffers(moved[method], lr)
        test = self.rows.test
        self.right_before = self._accuracy(self.logits_of(test.inputs), test.targets)

    @property
    def beside(self) -> list[tuple[Tensor, Tensor]] | None:
        return list(zip(self.A, self.B, strict=True)) if self.method == "lora" else None

    def step(self) -> dict[str, float]:
        train = self.rows.train
        rows = torch.randint(len(train), (self.batch,)).to(self.rows.device)
        with torch.enable_grad():
            logits = self.net(turned(train.batch(rows), self.turn), self.beside, self.scale)
            loss = cross_entropy(logits, train.targets[rows])
            self.adam.step(loss)
        return {"loss": float(loss.detach())}

    @torch.no_grad()
    def logits_of(self, pictures: Tensor, net: Net | None = None) -> Tensor:
        """pictures (N, C, H, W), upright -> logits (N, classes) when turned; of a merged net, where one is given."""
        parts = (turned(part, self.turn) for part in pictures.split(ROWS))
        return torch.cat([net(part) if net else self.net(part, self.beside, self.scale) for part in parts])

    @torch.no_grad()
    def merged(self) -> Net:
        """Returns a net of the same layers in which W is W + alpha / rank B A: nothing is left beside."""
        inputs, hidden = self.net.layers[0].weight.T.shape
        net = Net(inputs, hidden, len(self.rows.classes)).to(self.rows.device)
        net.load_state_dict(self.net.state_dict())
        for layer, (A, B) in zip(net.layers, self.beside or [], strict=False):
            layer.weight += self.scale * B @ A
        return net

    @staticmethod
    def _accuracy(logits: Tensor, targets: Tensor) -> float:
        return (logits.argmax(1) == targets).float().mean().item()

    def evaluate(self) -> dict[str, float]:
        test, merged = self.rows.test, self.merged()
        logits = self.logits_of(test.inputs)
        accuracy = self._accuracy(logits, test.targets)
        trained = sum(weight.numel() for weight in self.adam.moved)
        error = (self.logits_of(test.inputs, merged) - logits).abs().max() / logits.abs().max()
        values = self.changes(merged).square()
        return {
            "accuracy": accuracy,
            "gain": accuracy - self.right_before,
            "weights_trained": trained,
            "share": trained / sum(weight.numel() for weight in self.net.parameters()),
            "merge_error": error.item(),
            "rank_share": (values[: self.rank].sum() / values.sum().clamp(min=1e-12)).item(),
        }

    def changes(self, merged: Net) -> Tensor:
        """Singular values (k,) of the first weight's change, the largest first."""
        return torch.linalg.svdvals((merged.layers[0].weight - self.before).detach())

    def pictures(self) -> Iterator[Picture]:
        """Singular values of the first weight's change, how many numbers are trained, and turned test pictures."""
        values = self.changes(self.merged())
        left = values[values > LEAST * values[0]]
        drawn = left if len(left) else values  # before the first step, and of a weight that stays, all are 0
        curves = {"change of the first weight": (list(range(1, len(drawn) + 1)), drawn)}
        axes = {"x_title": "number", "y_title": "singular value", "log_y": len(left) > 0}
        yield Picture("singular values", lines(curves, **axes))
        counts = [sum(weight.numel() for weight in some) for some in (self.net.parameters(), self.adam.moved)]
        yield Picture("weights", Bars(labels=["of the net", "trained"], values=counts, title="how many numbers"))
        shown, classes = self.rows.test.inputs[:SHOWN], self.rows.classes
        found = [classes[number] for number in self.logits_of(shown).argmax(1).tolist()]
        yield Picture("turned", montage(turned(shown, self.turn), columns=8, captions=found, title="as predicted"))
