"""A net that is a picture: from the place of a pixel to its colour, with and without Fourier features of the place
(Tancik et al. 2020, arXiv:2006.10739; Sitzmann et al. 2020, arXiv:2006.09661).
"""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.layers.dense import dense
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

METRICS = {
    "loss": Metric("mean squared error of a batch of pixels", better="lower", progress=True, rows="train"),
    "psnr": Metric(
        "peak signal-to-noise ratio of the pixels that the net was trained on", better="higher", unit="dB", rows="train"
    ),
    "new_psnr": Metric(
        "peak signal-to-noise ratio of the pixels between them", better="higher", unit="dB", axis="psnr", rows="test"
    ),
}
BANDS = 8  # of frequencies in which the error is shown


def build(
    *,
    features: Literal["none", "fourier"] = "fourier",
    frequencies: int = 64,
    scale: float = 4.0,
    picture: int = 0,
    hidden: list[int] = (64, 64, 64),
    batch: int = 1024,
    lr: float = 0.01,
) -> Callable[[Context], "CoordinateNet"]:
    """Each step trains on the colours of a batch of pixels of one picture, half of which are for training.

    features: what the net is given of a place v in 0..1: v itself; or cos(2 pi B v) and sin(2 pi B v), B drawn once.
    frequencies: rows of B, at least 1.
    scale: standard deviation of the numbers in B, waves a picture, at least 0.
    picture: number of the picture among the training rows, at least 0; beyond the last it is the last.
    hidden: units of each hidden layer, at least 1.
    batch: pixels of a step, at least 1.
    lr: learning rate of Adam, above 0; it falls with the root of the steps.
    """
    count = frequencies if features == "fourier" else 0
    return lambda context: CoordinateNet(context, count, scale, picture, list(hidden), batch, lr)


class CoordinateNet(nn.Module):
    """A net: places v (B, 2) in 0..1 -> colours (B, C)."""

    done = False  # it may always go on

    def __init__(
        self, context: Context, frequencies: int, scale: float, picture: int, hidden: list[int], batch: int, lr: float
    ):
        super().__init__()
        inputs = context.rows.pictures().train.inputs
        self.picture = inputs[min(picture, len(inputs) - 1)]  # (C, H, W)
        self.batch, self.lr, device = batch, lr, context.device
        C, H, W = self.picture.shape
        rows, columns = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")
        self.places = (torch.stack([rows / H, columns / W], 2).view(-1, 2) + 0.5 / H).to(device)  # (H W, 2)
        self.colours = self.picture.flatten(1).T.contiguous()  # (H W, C)
        known = ((rows + columns) % 2 == 0).flatten().to(device)
        self.known, self.new = known.nonzero()[:, 0], (~known).nonzero()[:, 0]
        self.register_buffer("B", (scale * torch.randn(frequencies, 2)).to(device))
        self.net = dense([2 * frequencies or 2, *hidden, C]).to(device)
        self.adam = AdamInBuffers(self.net.parameters(), lr)

    def colour(self, v: Tensor) -> Tensor:
        """Places v (B, 2) -> colours (B, C), about 0..1."""
        if len(self.B):
            turns = 2 * math.pi * v @ self.B.T
            v = torch.cat([turns.cos(), turns.sin()], 1)  # (B, 2 frequencies)
        return torch.sigmoid(self.net(v))

    def step(self) -> dict[str, float]:
        """Moves the weights once."""
        some = self.known[torch.randint(len(self.known), (self.batch,)).to(self.known.device)]
        self.adam.lr = self.lr / math.sqrt(1 + int(self.adam.steps) / 200)
        with torch.enable_grad():
            loss = mse_loss(self.colour(self.places[some]), self.colours[some])
            self.adam.step(loss)
        return {"loss": float(loss.detach())}

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        errors = (self.colour(self.places) - self.colours).square().mean(1)
        return {"psnr": psnr(errors[self.known]), "new_psnr": psnr(errors[self.new])}

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """What the net is as a picture, beside the picture; and the share of the error by frequency."""
        drawn = self.colour(self.places).T.view_as(self.picture)
        yield Picture("picture", montage(torch.stack([drawn, self.picture]), columns=2, captions=["net", "photograph"]))
        titles = {"x_title": "frequency, waves a picture", "y_title": "share of it that is missing"}
        yield Picture("error by frequency", lines({"net": missing(drawn, self.picture)}, **titles))


def psnr(errors: Tensor) -> float:
    """Squared errors (N,) of values in 0..1 -> -10 log10 of their mean, in dB."""
    return -10 * math.log10(max(errors.mean().item(), 1e-12))


def missing(drawn: Tensor, picture: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures (C, H, W) -> frequencies (BANDS,), and of each band the error's energy over the picture's (BANDS,)."""
    rows, columns = (torch.fft.fftfreq(side, 1 / side, device=picture.device) for side in picture.shape[1:])
    far = (rows[:, None].square() + columns.square()).sqrt()
    edges = torch.linspace(0.5, min(picture.shape[1:]) / 2, BANDS + 1, device=picture.device)
    energy = [torch.fft.fft2(one).abs().square().sum(0) for one in (drawn - picture, picture)]
    inside = [(far >= low) & (far < high) for low, high in itertools.pairwise(edges)]
    shares = [energy[0][band].sum() / energy[1][band].sum().clamp(min=1e-12) for band in inside]
    return (edges[1:] + edges[:-1]) / 2, torch.stack(shares)
