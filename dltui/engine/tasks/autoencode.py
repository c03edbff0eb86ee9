"""Autoencoding: a picture through a narrow code and back (Hinton and Salakhutdinov 2006), by the model's own loss."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

PARTS = ("regularizer",)
PROBES = ("reconstructions",)
ANSWERS = ("sample",)
NET_HAS = {"model": ("latent", "embed", "decode", "terms")}
METRICS = {
    "loss": Metric("training loss of a batch, as the model defines it", better="lower", progress=True, rows="train"),
    "test_loss": Metric("loss on the test pictures, as the model defines it", better="lower", axis="loss", rows="test"),
    "reconstruction": Metric(
        "-log p(x|z) of test pictures, nats a picture; of a variational model", better="lower", unit="nats", rows="test"
    ),
    "kl": Metric(
        "KL divergence of the codes of a test picture from N(0, 1), nats; of a variational model",
        unit="nats",
        rows="test",
    ),
    "elbo": Metric(
        "-reconstruction - kl: a lower bound of log p(x) on test pictures, nats a picture",
        better="higher",
        unit="nats",
        rows="test",
    ),
}
AT_ONCE = 2000  # test pictures looked at together
CODES = 4000  # training codes to which a Gaussian is fitted
SHOWN, COLUMNS = 60, 10  # samples
SIDE, REACH = 5, 0.95  # the plane of codes: pictures a side, and up to which quantile of N(0, 1) it goes


def build(*, unseen: list[int] = (), samples_first: bool = True) -> Callable[[Context], "Autoencode"]:
    """The net encodes pictures and decodes them again.

    unseen: numbers of the classes kept out of the training rows, from 0; none where it is empty.
    samples_first: whether the samples are shown before what the probes show; the probe code_prior shows them else.
    """
    return partial(Autoencode, unseen=list(unseen), samples_first=samples_first)


class Autoencode:
    """A net as contracts.models.Autoencoder says. One with `variational` draws samples by decoding noise."""

    def __init__(self, context: Context, unseen: list[int], samples_first: bool):
        self.net, self.rows, self.device = context.nets["model"], context.rows.pictures(), context.device
        self.unseen = parted(unseen, self.rows)
        self.regularizer, self.samples_first = context.regularizer, samples_first
        self.kept = (~torch.isin(self.rows.train.targets, self.unseen)).nonzero()[:, 0]  # (N,) rows trained on
        self.size = len(self.kept)
        self.decodes_noise = hasattr(self.net, "variational")
        self.shown_noise = torch.randn(SHOWN, self.net.latent).to(self.device)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64, of those kept -> scalar."""
        inputs = self.rows.train.batch(self.kept[rows] if len(self.unseen) else rows)
        loss = self.net.terms(inputs)["loss"]
        return loss + self.regularizer(self.net, inputs) if self.regularizer else loss

    def embed(self, inputs: Tensor) -> Tensor:
        """inputs (N, ...) -> codes (N, latent)."""
        return self.net.embed(inputs)

    def reconstruct(self, inputs: Tensor) -> Tensor:
        """inputs (N, ...) -> what their codes are decoded to (N, ...)."""
        return self.net.decode(self.net.embed(inputs))

    def evaluate(self) -> dict[str, float]:
        sums: dict[str, float] = {}
        for part in self.rows.test.inputs.split(AT_ONCE):
            for name, value in self.net.terms(part).items():
                sums[name] = sums.get(name, 0.0) + value.item() * len(part)
        terms = {name: value / len(self.rows.test) for name, value in sums.items()}
        return {"test_loss": terms.pop("loss"), **terms}

    # -- samples ---------------------------------------------------------------------------------------------------

    def _noise(self, count: int, generator: torch.Generator | None) -> Tensor:
        return torch.randn(count, self.net.latent, device=self.device, generator=generator)

    def sample(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Returns `count` new pictures (count, C, H, W) in 0..1; codes are drawn from N(0, 1), or fitted."""
        if self.decodes_noise:
            return self.net.decode(self._noise(count, generator))
        return self.sample_fitted(count, generator)

    def sample_fitted(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Returns `count` new pictures whose codes lie as training codes do."""
        return self.net.decode(self.fitted(self._noise(count, generator)))

    def fitted(self, noise: Tensor) -> Tensor:
        """noise (N, latent) of N(0, 1) -> codes with the mean and covariance of training codes."""
        codes = self.net.embed(self.rows.train.inputs[:CODES])
        values, vectors = torch.linalg.eigh(codes.T.cov(correction=0).view(codes.shape[1], -1))
        return codes.mean(0) + (noise * values.clamp(min=0).sqrt()) @ vectors.T

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        return self.of_samples() if self.samples_first else iter(())

    def of_samples(self) -> Iterator[Picture]:
        """Of a net that decodes noise: the plane of its codes, and samples; the noise behind each stays the same."""
        if not self.decodes_noise:
            return
        if self.net.latent == 2:
            yield Picture("plane", self._plane())
        drawn = self.net.decode(self.shown_noise)
        yield Picture("samples", montage(drawn, columns=COLUMNS, title="drawn from noise"))

    def _plane(self) -> dict:
        """Codes on a grid, decoded: evenly spaced in the probability of N(0, 1), the second value growing upwards."""
        ticks = torch.special.ndtri(torch.linspace(1 - REACH, REACH, SIDE, device=self.device))
        z = torch.cartesian_prod(ticks.flip(0), ticks).flip(1)  # (SIDE^2, 2), row by row from the top
        sheet = montage(self.net.decode(z), columns=SIDE, title="the plane of codes, decoded")
        return sheet | {"rows": 1, "columns": 1}  # one picture: a part of a plane would mislead


def parted(unseen: list[int], rows: Rows) -> Tensor:
    """Returns the numbers of classes (K,) int64. Raises DltuiError (2) unless they are some of the classes, not all."""
    count = len(rows.classes)
    fit = [number for number in set(unseen) if 0 <= number < count]
    if unseen and (len(fit) < len(set(unseen)) or len(fit) == count):
        raise DltuiError(
            f"task.unseen = {unseen} does not part the {count} classes of these data.",
            f"Name some of 0 to {count - 1}, but not all: task.unseen=[0]"
            if count > 1
            else "Take data with two classes at least, such as mnist.",
            ExitStatus.USAGE,
        )
    return torch.tensor(unseen, dtype=torch.long, device=rows.device)
