"""Approximation: a net of one number draws a known curve as a sum of its units (Hornik, Stinchcombe, White 1989)."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.models.one_hidden_layer import OneHiddenLayer
from dltui.recipes.metric import Metric

MODELS = ("model",)
NEEDS_DATA = False
METRICS = {
    "loss": Metric("mean squared distance from the curve at a batch of its points", better="lower", progress=True),
    "error": Metric("the same at points between those of the training", better="lower"),
    "worst": Metric("greatest distance from the curve at these points"),
}
ROWS = 256  # points to train on
DENSE = 511  # points that are measured and drawn: those of the training and the middles between them
TALL = 96  # rows of the drawn units at least, so that few of them fill the pane too
CURVES = {
    "wave": lambda x: torch.sin(3 * math.pi * x) * torch.exp(-x) / 1.5,
    "corners": lambda x: (4 * x.abs() % 2 - 1).abs() - 0.5,
    "stairs": lambda x: torch.floor(2 * x) / 2 + 0.25,
}


def build(*, curve: Literal["wave", "corners", "stairs"] = "wave") -> Callable:
    """Returns (data, nets, device) -> Approximate.

    curve: what is to be drawn; stairs has jumps.
    """
    return partial(Approximate, curve=CURVES[curve])


class Approximate:
    """A net (B, 1) -> (B, 1), and a curve over -1..1."""

    def __init__(
        self,
        data: Dataset | None,
        nets: dict[str, nn.Module],
        device: torch.device,
        curve: Callable[[Tensor], Tensor],
    ):
        self.net: OneHiddenLayer = nets["model"]
        self.rows = ROWS
        self.x = torch.linspace(-1, 1, ROWS, device=device)[:, None]
        self.dense = torch.linspace(-1, 1, DENSE, device=device)[:, None]
        self.y, self.dense_y = curve(self.x), curve(self.dense)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return (self.net(self.x[rows]) - self.y[rows]).square().mean()

    def evaluate(self) -> dict[str, float]:
        distance = (self.net(self.dense) - self.dense_y)[1::2].abs()
        return {"error": distance.square().mean().item(), "worst": distance.max().item()}

    def pictures(self) -> Iterator[Picture]:
        """The net's curve over the one that is wanted; and what it is the sum of."""
        x = self.dense[:, 0].cpu().numpy()
        curves = {"the net": self.net(self.dense), "the curve": self.dense_y}
        drawn = [{"name": name, "x": x, "y": y[:, 0].cpu().numpy()} for name, y in curves.items()]
        yield Picture("fit", {"type": "lines", "curves": drawn, "x_title": "x"})
        order = self.net.places().argsort(descending=True)
        parts = self.net.parts(self.dense)[:, order].T  # (width, DENSE)
        drawn = parts.repeat_interleave(max(1, TALL // len(parts)), 0).cpu().numpy()
        yield Picture("units", {"type": "heat", "values": drawn, "x_title": "x", "y_title": "what each unit adds"})
