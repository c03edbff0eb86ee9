"""Generative adversarial training (Goodfellow et al. 2014, arXiv:1406.2661)."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.metrics.fid_features import FIDFeatureExtractor
from dltui.engine.metrics.frechet import Gaussian, frechet_distance
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

MODELS = ("generator", "discriminator")
METRICS = {
    "discriminator": Metric("loss of the discriminator on a batch"),
    "generator": Metric("loss of the generator on a batch"),
    "fid": Metric(
        "Frechet distance between features of samples and of test pictures, by a small classifier trained here",
        better="lower",
    ),
    "real_score": Metric("mean D(x) on test pictures", better="higher", range=(0, 1)),
    "fake_score": Metric("mean D(G(z))", better="higher", range=(0, 1)),
}
SAMPLES = 2000  # for the judgement
SHOWN = 60


def build(*, loss: Literal["non_saturating", "saturating"] = "non_saturating", average: float = 0.998) -> Callable:
    """Returns (data, nets, device) -> Gan.

    loss: what the generator lowers: non_saturating, -log D(G(z)); saturating, log(1 - D(G(z))).
    average: share of the old weights kept each step in the averaged generator that draws what is seen and judged
        (Yazici et al. 2019, arXiv:1806.04498), at least 0, below 1; 0 draws with the newest weights.
    """
    return partial(Gan, loss=loss, average=average)


class Gan:
    """A generator G with `latent`: z (B, latent) -> pictures in -1..1, and a discriminator D: -> logit (B, 1)."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, loss: str, average: float):
        self.G, self.D, self.saturating = nets["generator"], nets["discriminator"], loss == "saturating"
        self.G_mean = AveragedModel(self.G, multi_avg_fn=get_ema_multi_avg_fn(average), use_buffers=True)
        nets["average"] = self.G_mean.requires_grad_(False)
        self.device, self.classes = device, data.classes
        self.inputs = as_floats(data.train.inputs).to(device) * 2 - 1
        self.test_inputs = as_floats(data.test.inputs).to(device) * 2 - 1
        self.rows = len(self.inputs)
        self.data = data
        self.shown_noise = torch.randn(SHOWN, self.G.latent).to(device)

    @cached_property
    def extractor(self) -> FIDFeatureExtractor:
        """Made when it is first asked: training one takes seconds, and whoever only looks at the layers needs none."""
        return FIDFeatureExtractor(self.data, self.device)

    @cached_property
    def real(self) -> Gaussian:
        """The features of the test pictures."""
        return Gaussian.of(self.extractor.features((self.test_inputs + 1) / 2))

    def objectives(self) -> list[Objective]:
        return [
            Objective("discriminator", "discriminator", self.discriminator_loss),
            Objective("generator", "generator", self.generator_loss),
        ]

    def discriminator_loss(self, rows: Tensor) -> Tensor:
        """-log D(x) - log(1 - D(G(z))), the mean over x and z."""
        x = self.inputs[rows]
        with torch.no_grad():
            fakes = self.G(self._noise(len(rows)))
        return -(logsigmoid(self.D(x)) + logsigmoid(-self.D(fakes))).mean()

    def generator_loss(self, rows: Tensor) -> Tensor:
        logits = self.D(self.G(self._noise(len(rows))))
        return logsigmoid(-logits).mean() if self.saturating else -logsigmoid(logits).mean()

    def after_step(self) -> None:
        self.G_mean.update_parameters(self.G)

    def _noise(self, count: int) -> Tensor:
        return torch.randn(count, self.G.latent, device=self.device)

    def evaluate(self) -> dict[str, float]:
        fakes = self.G_mean(self._noise(SAMPLES))
        return {
            "fid": frechet_distance(Gaussian.of(self.extractor.features((fakes + 1) / 2)), self.real),
            "real_score": torch.sigmoid(self.D(self.test_inputs)).mean().item(),
            "fake_score": torch.sigmoid(self.D(fakes)).mean().item(),
        }

    def pictures(self) -> Iterator[Picture]:
        samples = (self.G_mean(self.shown_noise) + 1) / 2
        yield Picture("samples", montage(samples, columns=10))
        labels = self.extractor.predict((self.G_mean(self._noise(500)) + 1) / 2)
        shares = labels.bincount(minlength=len(self.classes)).float() / len(labels)
        yield Picture(
            "classes drawn",
            {
                "type": "bars",
                "labels": list(self.classes),
                "values": shares.cpu().numpy(),
                "title": "share of samples that the judge takes for each class",
            },
        )

    def sample(self, count: int) -> Tensor:
        """Returns `count` new pictures (count, C, H, W) in 0..1."""
        return (self.G_mean(self._noise(count)) + 1) / 2


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The discriminator answers with one logit."""
    return {"outputs": 1} if role == "discriminator" else {}
