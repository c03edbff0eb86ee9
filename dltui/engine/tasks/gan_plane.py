"""A GAN of points in the plane, where all can be seen: samples, what the discriminator says, where it sends them."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from dltui.engine.algorithms.modes import coverage
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.plane import decision_field
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("generator", "discriminator")
METRICS = {
    "discriminator": Metric("loss of the discriminator on a batch, without the penalty"),
    "generator": Metric("loss of the generator on a batch"),
    "modes": Metric("Gaussians with a tenth of their share of the samples at least, within 4 deviations of the centre"),
    "near": Metric("share of the samples within 4 deviations of a centre"),
}
LIVE = ("penalty",)
SAMPLES = 2000  # for the count
REAL, MADE = 120, 120  # points shown
AROUND = 0.5  # of the plane around the training points that is shown


def build(*, penalty: float = 0.0) -> Callable:
    """Returns (data, nets, device) -> GanPlane.

    penalty: weight gamma of the R1 penalty: the discriminator also lowers gamma/2 |dD/dx|^2 at real points
        (Mescheder, Geiger, Nowozin 2018, arXiv:1801.04406), at least 0; 0 leaves the plain GAN.
    """
    return partial(GanPlane, penalty=penalty)


class GanPlane:
    """A generator G: z (B, latent) -> points (B, 2), and a discriminator D: points -> logit (B, 1)."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, penalty: float):
        if data.train.inputs.shape[1:] != (2,) or not data.classes:
            raise DltuiError("gan_plane draws points in the plane.", "Take such data: data.kind=ring", ExitStatus.USAGE)
        self.G, self.D, self.penalty, self.device = nets["generator"], nets["discriminator"], penalty, device
        self.latent = next(self.G.parameters()).shape[1]  # the first layer's weights are (units, latent)
        self.x, self.classes = data.train.inputs.to(device), data.classes
        groups = [self.x[data.train.targets.to(device) == number] for number in range(len(data.classes))]
        self.centres = torch.stack([group.mean(0) for group in groups])  # (K, 2)
        self.spread = torch.stack([group.std(0).square().mean().sqrt() for group in groups])  # (K,)
        self.rows = len(self.x)
        self.shown_noise = torch.randn(MADE, self.latent).to(device)

    def objectives(self) -> list[Objective]:
        return [
            Objective("discriminator", "discriminator", self.discriminator_loss),
            Objective("generator", "generator", self.generator_loss),
        ]

    def discriminator_loss(self, rows: Tensor) -> Tensor:
        """-log D(x) - log(1 - D(G(z))), and gamma/2 |d logit/dx|^2 at real x where there is a penalty."""
        x = self.x[rows].requires_grad_(self.penalty > 0)
        with torch.no_grad():
            fakes = self.G(self._noise(len(rows)))
        real = self.D(x)
        loss = -(logsigmoid(real) + logsigmoid(-self.D(fakes))).mean()
        if self.penalty:
            (slope,) = torch.autograd.grad(real.sum(), x, create_graph=True)  # (B, 2)
            loss = loss + self.penalty / 2 * slope.square().sum(1).mean()
        return loss

    def generator_loss(self, rows: Tensor) -> Tensor:
        """-log D(G(z))."""
        return -logsigmoid(self.D(self.G(self._noise(len(rows))))).mean()

    def _noise(self, count: int) -> Tensor:
        return torch.randn(count, self.latent, device=self.device)

    def evaluate(self) -> dict[str, float]:
        found = coverage(self.made(SAMPLES), self.centres, self.spread)
        return {"modes": found.covered, "near": found.near}

    def pictures(self) -> Iterator[Picture]:
        yield Picture("plane", self._plane())
        counts = coverage(self.made(SAMPLES), self.centres, self.spread).counts
        shares = {"labels": list(self.classes), "values": (counts / SAMPLES).cpu().numpy()}
        yield Picture("modes", {"type": "bars", **shares, "title": "share of the samples at each Gaussian"})

    def _plane(self) -> dict:
        """What D says of the plane, real points, and samples: arrows to where -log D falls fastest."""
        fakes = self.G(self.shown_noise)
        points = torch.cat([self.x[:REAL], fakes])
        labels = torch.arange(len(points)) >= REAL
        arrows = torch.full_like(points, torch.nan)
        arrows[REAL:] = self._pull(fakes)
        corners = self.x.amin(0) - AROUND, self.x.amax(0) + AROUND
        say_made = lambda x: torch.sigmoid(-self.D(x))[:, 0]  # noqa: E731
        field = decision_field(say_made, points, labels.long(), ("real", "made"), corners)
        field["points"] |= {"dx": arrows[:, 0].cpu().numpy(), "dy": arrows[:, 1].cpu().numpy()}
        return field

    def _pull(self, points: Tensor) -> Tensor:
        """d log D / dx (N, 2) at points (N, 2): where the generator is asked to move them."""
        with torch.enable_grad():
            points = points.detach().requires_grad_()
            return torch.autograd.grad(logsigmoid(self.D(points)).sum(), points)[0]

    def made(self, count: int) -> Tensor:
        """Returns `count` new points (count, 2)."""
        return self.G(self._noise(count))


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The generator answers with a point, the discriminator with one logit."""
    return {"outputs": 1} if role == "discriminator" else {"outputs": 2}
