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


def build(*, average: float = 0.0, critic_steps: int = 1, samples_first: bool = True) -> Callable[[Context], "Gan"]:
    """The generator makes rows of noise, the discriminator tells them from real ones.

    average: share of the old weights kept at each step in a moving average of the generator, which draws what is seen
        and measured, at least 0, below 1; 0 draws with the newest weights.
    critic_steps: updates of the discriminator before each of the generator, at least 1, at most 20; each takes its part
        of the batch.
    samples_first: whether the samples are shown before what the probes show; a probe such as critic shows them else.
    """
    return partial(Gan, average=average, critic_steps=critic_steps, samples_first=samples_first)


class Gan:
    """A generator G: z (B, latent) -> rows, pictures in -1..1; a discriminator D: rows -> logits (B, 1).

    A net that is `conditional` is given the rows' classes, too. A loss that is of a `critic` has values of any size for
    logits; a regularizer may look elsewhere than at real rows, and keep weights within bounds: see contracts.loss.
    """

    def __init__(self, context: Context, average: float, critic_steps: int, samples_first: bool):
        self.rows, self.device = context.rows, context.device
        self.of_plane = self.rows.train.stored.shape[1:] == (2,)
        if not self.of_plane:
            self.rows.pictures()
        self.G, self.D = context.nets["generator"], context.nets["discriminator"]
        self.criterion, self.regularizer = context.loss or NonSaturating(), context.regularizer
        self.of_critic, self.critic_steps = getattr(self.criterion, "critic", False), critic_steps
        self.samples_first = samples_first
        self.conditional = getattr(self.G, "conditional", False)
        if self.conditional or getattr(self.D, "conditional", False):
            self.rows.labelled()
        self.average = moving_average(self.G, average) if average else None
        if self.average:
            context.nets["average"] = self.average
        self.columns = len(self.rows.classes) if self.conditional else COLUMNS
        shown = FAKE if self.of_plane else SHOWN
        if self.conditional:  # one noise a row, one class a column
            noise = torch.randn(max(shown // self.columns, 1), self.G.latent).repeat_interleave(self.columns, 0)
        else:
            noise = torch.randn(shown, self.G.latent)
        self.shown_noise = noise.to(self.device)

    def _signed(self, rows: Tensor) -> Tensor:
        """Rows as the nets know them: pixels in -1..1, points as they are."""
        return rows if self.of_plane else rows * 2 - 1

    def objectives(self) -> list[Objective]:
        steps = [partial(self.discriminator_loss, part=part) for part in range(self.critic_steps)]
        return [
            *(Objective("discriminator", "discriminator", loss) for loss in steps),
            Objective("generator", "generator", self.generator_loss),
        ]

    def discriminator_loss(self, rows: Tensor, part: int = 0) -> Tensor:
        """rows (B,) int64 -> scalar: by part number `part` of the rows, and as many generated ones."""
        self._keep_bounds()
        rows = self._part(rows, part)
        x, labels = self._signed(self.rows.train.batch(rows)), self.rows.train.targets[rows]
        with torch.no_grad():
            fakes = self._drawn(self._noise(len(rows)), self.G, labels)
        if self.regularizer is None:
            return self.criterion.discriminator(self.scored(x, labels), self.scored(fakes, labels))
        at = getattr(self.regularizer, "at", None)
        watched = (at(x, fakes) if at else x).requires_grad_()
        values = self.scored(watched, labels)
        real = self.scored(x, labels) if at else values
        loss = self.criterion.discriminator(real, self.scored(fakes, labels))
        return loss + self.regularizer(values, watched)

    def generator_loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar: by as many generated rows as a step of the discriminator sees."""
        self._keep_bounds()
        rows = self._part(rows, 0)
        labels = self.rows.train.targets[rows]
        return self.criterion.generator(self.scored(self._drawn(self._noise(len(rows)), self.G, labels), labels))

    def scored(self, rows: Tensor, labels: Tensor) -> Tensor:
        """rows (B, ...) as the nets know them, classes (B,) -> what the discriminator says of them (B, 1)."""
        return self.D(rows, labels) if getattr(self.D, "conditional", False) else self.D(rows)

    def drawn(self, z: Tensor, labels: Tensor) -> Tensor:
        """z (B, latent), classes (B,) -> rows by the generator that is trained, as the discriminator sees them."""
        return self._drawn(z, self.G, labels)

    def _part(self, rows: Tensor, number: int) -> Tensor:
        """The rows of one of the discriminator's steps; all of them, where they are too few for each to have one."""
        return rows.tensor_split(self.critic_steps)[number] if len(rows) >= self.critic_steps else rows

    def _keep_bounds(self) -> None:
        if hasattr(self.regularizer, "keep_bounds"):
            self.regularizer.keep_bounds(self.D)

    def after_step(self) -> None:
        if self.average:
            self.average.update_parameters(self.G)

    def _noise(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        return torch.randn(count, self.G.latent, device=self.device, generator=generator)

    def _drawn(self, z: Tensor, generator: nn.Module | None = None, labels: Tensor | None = None) -> Tensor:
        """z (B, latent) -> rows as the discriminator sees them, by the averaged generator where no other is given.

        labels: classes (B,) of a conditional generator; None: one after the other.
        """
        net = generator or self.average or self.G
        drawn = net(z, labels) if self.conditional else net(z)
        return drawn.view(-1, *self.rows.train.stored.shape[1:])

    def sample(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Returns `count` new pictures (count, C, H, W) in 0..1, or points (count, 2)."""
        drawn = self._drawn(self._noise(count, generator))
        return drawn if self.of_plane else (drawn + 1) / 2

    def sample_classes(self, labels: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """As `sample`, a row of each class asked for, (N,); of an unconditional generator any."""
        drawn = self._drawn(self._noise(len(labels), generator), labels=labels)
        return drawn if self.of_plane else (drawn + 1) / 2

    def evaluate(self) -> dict[str, float]:
        if self.of_critic:  # its values are no logits
            return {}
        real, fake = self.scores(SAMPLES)
        return {"real_score": torch.sigmoid(real).mean().item(), "fake_score": torch.sigmoid(fake).mean().item()}

    def scores(self, count: int) -> tuple[Tensor, Tensor]:
        """What the discriminator says of the test rows (N, 1), and of `count` samples (count, 1)."""
        parts = self.rows.test.parts(SAMPLES)
        real = torch.cat([self.scored(self._signed(inputs), labels) for inputs, labels in parts])
        labels = self.turns(count)
        return real, self.scored(self._drawn(self._noise(count), labels=labels), labels)

    def turns(self, count: int) -> Tensor:
        """Classes (count,) one after the other."""
        return torch.arange(count, device=self.device) % max(len(self.rows.classes), 1)

    def pictures(self) -> Iterator[Picture]:
        return self.of_samples() if self.samples_first else iter(())

    def of_samples(self) -> Iterator[Picture]:
        """The noise behind what is shown stays the same: one sees each sample change."""
        drawn = self._drawn(self.shown_noise)
        if self.of_plane:
            yield Picture("plane", self._plane(drawn))
        else:
            yield Picture("samples", montage((drawn + 1) / 2, columns=self.columns))

    def _plane(self, fakes: Tensor) -> dict:
        """What D says of the plane, real points, and samples: arrows to where -log D falls fastest."""
        x = self.rows.train.inputs
        points = torch.cat([x[:REAL], fakes])
        labels = torch.arange(len(points)) >= REAL
        arrows = torch.full_like(points, torch.nan)
        arrows[REAL:] = self._pull(fakes)
        corners = x.amin(0) - AROUND, x.amax(0) + AROUND
        values = self.D(points)
        scale = (values.mean(), values.std()) if self.of_critic else (0.0, 1.0)  # a critic's values have none
        p_fake = lambda x: torch.sigmoid((scale[0] - self.D(x)) / scale[1])[:, 0]  # noqa: E731
        field = decision_field(p_fake, points, labels.long(), ("real", "made"), corners)
        field["points"] |= {"dx": arrows[:, 0].cpu().numpy(), "dy": arrows[:, 1].cpu().numpy()}
        return field

    def _pull(self, points: Tensor) -> Tensor:
        """d log D / dx (N, 2), of a critic dD / dx, at points (N, 2): where the generator is asked to move them."""
        with torch.enable_grad():
            points = points.detach().requires_grad_()
            values = self.D(points)
            return torch.autograd.grad((values if self.of_critic else logsigmoid(values)).sum(), points)[0]


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The discriminator gives one logit, the generator a row."""
    return {"outputs": 1 if role == "discriminator" else facts["inputs"]}


def output_shape(role: str, facts: dict[str, int]) -> tuple[int | None, ...] | None:
    """The discriminator's logits (B, 1); a generator's rows may be laid otherwise, and are asked for nothing."""
    return (1,) if role == "discriminator" else None
