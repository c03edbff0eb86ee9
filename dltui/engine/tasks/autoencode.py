"""Autoencoding: a picture through a narrow code and back (Hinton and Salakhutdinov 2006)."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("mean squared error of a training batch's pixels", better="lower", progress=True),
    "test_loss": Metric("mean squared error of the test pictures' pixels", better="lower"),
    "knn": Metric("share of the test pictures whose nearest training codes vote for their class"),
}
NEIGHBOURS = 10
CODES = 4000  # training codes that vote
SHOWN = 10  # pairs of pictures
POINTS = 600  # codes on the map


def build() -> Callable:
    """Returns (data, nets, device) -> Autoencode."""
    return partial(Autoencode)


class Autoencode:
    """A net with `encode`: pictures -> codes (B, latent) and `decode`: codes -> pictures in 0..1."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device):
        self.net, self.classes = nets["model"], data.classes
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        pictures = self.inputs[rows]
        return mse_loss(self.net(pictures), pictures)

    def evaluate(self) -> dict[str, float]:
        codes = self.net.encode(self.test_inputs)
        values = {"test_loss": mse_loss(self.net.decode(codes), self.test_inputs).item()}
        if self.classes:
            values["knn"] = self._neighbours_right(codes)
        return values

    def _neighbours_right(self, codes: Tensor) -> float:
        """Accuracy of a vote of the NEIGHBOURS nearest training codes: do classes separate in the code?"""
        known = self.net.encode(self.inputs[:CODES])
        nearest = torch.cdist(codes, known).topk(NEIGHBOURS, largest=False).indices  # (N, NEIGHBOURS)
        votes = self.targets[nearest].mode(1).values
        return (votes == self.test_targets).float().mean().item()

    def pictures(self) -> Iterator[Picture]:
        originals = self.test_inputs[:SHOWN]
        pairs = torch.cat([originals, self.net(originals)])
        yield Picture("pairs", montage(pairs, columns=SHOWN, title="above: given, below: rebuilt"))
        codes = self.net.encode(self.test_inputs[:POINTS])
        if codes.shape[1] > 2:
            codes = codes @ torch.pca_lowrank(codes, 2)[2]  # its two widest directions
        x, y = codes[:, 0].cpu().numpy(), codes[:, 1].cpu().numpy()
        label = self.test_targets[:POINTS].cpu().numpy()
        yield Picture(
            "codes",
            {
                "type": "scatter",
                "x": x,
                "y": y,
                "label": label,
                "classes": list(self.classes),
                "x_title": "code 1",
                "y_title": "code 2",
            },
        )

    def sample(self, count: int) -> Tensor:
        """Returns `count` pictures (count, C, H, W) in 0..1: codes drawn as widely as training codes lie, decoded."""
        codes = self.net.encode(self.inputs[:CODES])
        drawn = codes.mean(0) + codes.std(0) * torch.randn(count, codes.shape[1], device=codes.device)
        return self.net.decode(drawn)
