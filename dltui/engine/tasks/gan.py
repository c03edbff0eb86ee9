"""Generative adversarial training (Goodfellow et al. 2014, arXiv:1406.2661), of pictures or of points of a plane."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.layers.moving_average import moving_average
from dltui.engine.losses.non_saturating import NonSaturating
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.plane import decision_field
from dltui.recipes.metric import Metric

MODELS = ("generator", "discriminator")
PARTS = ("loss", "regularizer")
ANSWERS = ("sample",)
LOSS_HAS = ("discriminator", "generator")
NET_HAS = {"generator": ("latent",)}
METRICS = {
    "discriminator": Metric("loss of the discriminator on a batch, with what its regularizer adds", rows="train"),
    "generator": Metric("loss of the generator on a batch", axis="discriminator", rows="train"),
    "real_score": Metric("mean D(x) on the test rows", range=(0, 1), rows="test"),
    "fake_score": Metric("mean D(G(z))", range=(0, 1), axis="real_score"),
}
SAMPLES = 2000  # whose scores are averaged
SHOWN, COLUMNS = 60, 10  # generated pictures
REAL, FAKE = 120, 120  # points shown
AROUND = 0.5  # of the plane around the training points that is shown


def build(*, average: float = 0.0) -> Callable[[Context], "Gan"]:
    """The generator makes rows of noise, the discriminator tells them from real ones.

    average: share of the old weights kept at each step in a moving average of the generator, which draws what is seen
        and measured, at least 0, below 1; 0 draws with the newest weights.
    """
    return partial(Gan, average=average)


class Gan:
    """A generator G: z (B, latent) -> rows, pictures in -1..1; a discriminator D: rows -> logits (B, 1)."""

    def __init__(self, context: Context, average: float):
        self.rows, self.device = context.rows, context.device
        self.of_plane = self.rows.train.stored.shape[1:] == (2,)
        if not self.of_plane:
            self.rows.pictures()
        self.G, self.D = context.nets["generator"], context.nets["discriminator"]
        self.criterion, self.regularizer = context.loss or NonSaturating(), context.regularizer
        self.average = moving_average(self.G, average) if average else None
        if self.average:
            context.nets["average"] = self.average
        self.shown_noise = torch.randn(FAKE if self.of_plane else SHOWN, self.G.latent).to(self.device)

    def _signed(self, rows: Tensor) -> Tensor:
        """Rows as the nets know them: pixels in -1..1, points as they are."""
        return rows if self.of_plane else rows * 2 - 1

    def objectives(self) -> list[Objective]:
        return [
            Objective("discriminator", "discriminator", self.discriminator_loss),
            Objective("generator", "generator", self.generator_loss),
        ]

    def discriminator_loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar: by real rows and as many generated ones."""
        x = self._signed(self.rows.train.batch(rows)).requires_grad_(self.regularizer is not None)
        with torch.no_grad():
            fakes = self._drawn(self._noise(len(rows)), self.G)
        real = self.D(x)
        loss = self.criterion.discriminator(real, self.D(fakes))
        return loss + self.regularizer(real, x) if self.regularizer else loss

    def generator_loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar: by as many generated rows."""
        return self.criterion.generator(self.D(self._drawn(self._noise(len(rows)), self.G)))

    def after_step(self) -> None:
        if self.average:
            self.average.update_parameters(self.G)

    def _noise(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        return torch.randn(count, self.G.latent, device=self.device, generator=generator)

    def _drawn(self, z: Tensor, generator: nn.Module | None = None) -> Tensor:
        """z (B, latent) -> rows as the discriminator sees them, by the averaged generator where no other is given."""
        drawn = (generator or self.average or self.G)(z)
        return drawn.view(-1, *self.rows.train.stored.shape[1:])

    def sample(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Returns `count` new pictures (count, C, H, W) in 0..1, or points (count, 2)."""
        drawn = self._drawn(self._noise(count, generator))
        return drawn if self.of_plane else (drawn + 1) / 2

    def evaluate(self) -> dict[str, float]:
        fakes = self._drawn(self._noise(SAMPLES))
        real = torch.cat([self.D(self._signed(part)) for part in self.rows.test.inputs.split(SAMPLES)])
        return {
            "real_score": torch.sigmoid(real).mean().item(),
            "fake_score": torch.sigmoid(self.D(fakes)).mean().item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """The noise behind what is shown stays the same: one sees each sample change."""
        drawn = self._drawn(self.shown_noise)
        if self.of_plane:
            yield Picture("plane", self._plane(drawn))
        else:
            yield Picture("samples", montage((drawn + 1) / 2, columns=COLUMNS))

    def _plane(self, fakes: Tensor) -> dict:
        """What D says of the plane, real points, and samples: arrows to where -log D falls fastest."""
        x = self.rows.train.inputs
        points = torch.cat([x[:REAL], fakes])
        labels = torch.arange(len(points)) >= REAL
        arrows = torch.full_like(points, torch.nan)
        arrows[REAL:] = self._pull(fakes)
        corners = x.amin(0) - AROUND, x.amax(0) + AROUND
        p_fake = lambda x: torch.sigmoid(-self.D(x))[:, 0]  # noqa: E731
        field = decision_field(p_fake, points, labels.long(), ("real", "made"), corners)
        field["points"] |= {"dx": arrows[:, 0].cpu().numpy(), "dy": arrows[:, 1].cpu().numpy()}
        return field

    def _pull(self, points: Tensor) -> Tensor:
        """d log D / dx (N, 2) at points (N, 2): where the generator is asked to move them."""
        with torch.enable_grad():
            points = points.detach().requires_grad_()
            return torch.autograd.grad(logsigmoid(self.D(points)).sum(), points)[0]


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The discriminator gives one logit, the generator a row."""
    return {"outputs": 1 if role == "discriminator" else facts["inputs"]}


def output_shape(role: str, facts: dict[str, int]) -> tuple[int | None, ...] | None:
    """The discriminator's logits (B, 1); a generator's rows may be laid otherwise, and are asked for nothing."""
    return (1,) if role == "discriminator" else None
