"""Variational autoencoding: a code is a distribution (Kingma and Welling 2014, arXiv:1312.6114)."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from dltui.engine.algorithms.divergence import kl_to_standard_normal
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.metrics.fid_features import FIDFeatureExtractor
from dltui.engine.metrics.frechet import Gaussian, frechet_distance
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric(
        "what is lowered: -log p(x|z), and beta times the divergence, nats a picture", better="lower", progress=True
    ),
    "reconstruction": Metric("-log p(x|z) of test pictures, nats a picture"),
    "kl": Metric("divergence of the codes of a test picture from N(0, 1), nats"),
    "elbo": Metric("-reconstruction - kl: a lower bound of log p(x) on test pictures"),
    "fid": Metric(
        "Frechet distance between features of samples and of test pictures, by a small classifier trained here",
        better="lower",
    ),
    "fitted_fid": Metric(
        "the same with codes drawn from a Gaussian fitted to training codes, not from N(0, 1)", better="lower"
    ),
}
SAMPLES = 1000  # for the judgement
CODES = 4000  # training codes to which a Gaussian is fitted
SHOWN = 10  # pairs of pictures
SIDE, REACH = 5, 0.95  # the plane: pictures a side, and up to which quantile of N(0, 1) it goes


def build(*, beta: float = 1.0, plain: bool = False) -> Callable:
    """Returns (data, nets, device) -> VAETask.

    beta: weight of the divergence in the loss, at least 0; 1 makes the loss -ELBO.
    plain: an ordinary autoencoder to compare with: codes are the means, without noise and divergence.
    """
    return partial(VAETask, beta=beta, plain=plain)


class VAETask:
    """A net with `encode`: x -> mu, log v of q(z|x), and `decode`: z -> logits of p(x|z), Bernoullis of pixels."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, beta: float, plain: bool):
        self.net, self.data, self.device, self.beta, self.plain = nets["model"], data, device, beta, plain
        self.inputs = as_floats(data.train.inputs).to(device)
        self.test_inputs = as_floats(data.test.inputs).to(device)
        self.rows = len(self.inputs)
        self.shown_noise = torch.randn(6 * SHOWN, self.net.latent).to(device)

    @cached_property
    def extractor(self) -> FIDFeatureExtractor:
        """Made when it is first asked: training one takes seconds."""
        return FIDFeatureExtractor(self.data, self.device)

    @cached_property
    def real(self) -> Gaussian:
        """The features of the test pictures."""
        return Gaussian.of(self.extractor.features(self.test_inputs))

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        reconstruction, kl = self.terms(self.inputs[rows])
        return reconstruction if self.plain else reconstruction + self.beta * kl

    def terms(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, ...) -> means over the pictures of -log p(x|z), z drawn from q(z|x), and of KL(q(z|x) || N(0, 1))."""
        mu, log_v = self.net.encode(x)
        z = mu if self.plain else mu + (log_v / 2).exp() * torch.randn_like(mu)
        logits = self.net.decode(z)
        reconstruction = binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
        return reconstruction, kl_to_standard_normal(mu, log_v).sum(1).mean()

    def evaluate(self) -> dict[str, float]:
        reconstruction, kl = (term.item() for term in self.terms(self.test_inputs))
        noise = torch.randn(SAMPLES, self.net.latent, device=self.device)
        values = {
            "reconstruction": reconstruction,
            "fid": self._fid(noise),
            "fitted_fid": self._fid(self._fitted(noise)),
        }
        return values if self.plain else values | {"kl": kl, "elbo": -reconstruction - kl}

    def _fid(self, z: Tensor) -> float:
        return frechet_distance(Gaussian.of(self.extractor.features(self._drawn(z))), self.real)

    def _drawn(self, z: Tensor) -> Tensor:
        """Codes (N, latent) -> pictures (N, C, H, W) in 0..1: the means of p(x|z)."""
        return torch.sigmoid(self.net.decode(z))

    def _fitted(self, noise: Tensor) -> Tensor:
        """Noise (N, latent) of N(0, 1) -> codes as training codes lie: the same mean and covariance."""
        codes = self.net.encode(self.inputs[:CODES])[0]
        values, vectors = torch.linalg.eigh(codes.T.cov(correction=0).view(codes.shape[1], -1))
        return codes.mean(0) + (noise * values.clamp(min=0).sqrt()) @ vectors.T

    def pictures(self) -> Iterator[Picture]:
        if self.net.latent == 2:
            yield Picture("plane", self._plane())
        drawn = self._drawn(self.shown_noise)
        yield Picture("samples", montage(drawn, columns=SHOWN, title="drawn from noise"))
        x = self.test_inputs[:SHOWN]
        pairs = torch.cat([x, self._drawn(self.net.encode(x)[0])])
        yield Picture("pairs", montage(pairs, columns=SHOWN, title="above: given, below: rebuilt"))

    def _plane(self) -> dict:
        """Codes on a grid, decoded: evenly spaced in the probability of N(0, 1), the second value growing upwards."""
        share = torch.linspace(1 - REACH, REACH, SIDE, device=self.device)
        ticks = torch.special.ndtri(share)
        z = torch.cartesian_prod(ticks.flip(0), ticks).flip(1)  # (SIDE^2, 2), row by row from the top
        sheet = montage(self._drawn(z), columns=SIDE, title="the plane of codes, decoded")
        return sheet | {"rows": 1, "columns": 1}  # one picture: a part of a plane would mislead

    def sample(self, count: int) -> Tensor:
        """Returns `count` new pictures (count, C, H, W) in 0..1, their codes drawn from N(0, 1)."""
        return self._drawn(torch.randn(count, self.net.latent, device=self.device))
