"""How near the codes of an autoencoder lie to N(0, 1), from which new codes are drawn (Kingma and Welling 2014,
arXiv:1312.6114).
"""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.metrics.matching import matching_distance
from dltui.recipes.metric import Metric
from dltui.runs.payload_parts import Path
from dltui.runs.payloads import Scatter

TASKS = ("autoencode",)
METRICS = {
    "prior_kl": Metric(
        "KL divergence of a Gaussian fitted to the codes of test pictures from N(0, I)",
        better="lower", range=(0, None), unit="nats", rows="test",
    ),
    "farthest_code": Metric("greatest distance of the code of a test picture from 0", range=(0, None), rows="test"),
    "sample_distance": Metric(
        "mean distance of decoded draws of N(0, 1) from the test pictures that they are matched with most cheaply",
        better="lower", range=(0, None), rows="test",
    ),
}  # fmt: skip
POINTS = 400  # codes, and samples, that are looked at
RADII = (1, 2)  # of the circles, in standard deviations of N(0, 1)
SEED = 0  # of the noise: the same each time


def build() -> Callable[[Task], "CodePrior"]:
    """For the model vae, variational or not, and data with classes."""
    return CodePrior


class CodePrior:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task):
        self.task, self.rows = task, task.rows.labelled()

    def codes(self) -> Tensor:
        """Of the test pictures (N, latent), drawn from their clouds where the net is variational."""
        return self.task.net.drawn(*self.task.net.encode(self.rows.test.inputs))

    def evaluate(self) -> dict[str, float]:
        codes, real = self.codes(), self.rows.test.inputs[:POINTS]
        drawn = torch.randn(len(real), codes.shape[1], generator=torch.Generator().manual_seed(SEED)).to(codes)
        return {
            "prior_kl": kl_of_fit(codes),
            "farthest_code": codes.norm(dim=1).max().item(),
            "sample_distance": matching_distance(real, self.task.net.decode(drawn)),
        }

    def pictures(self) -> Iterator[Picture]:
        """The first two numbers of each code, and circles that hold 39 and 86 percent of N(0, 1) of two numbers."""
        codes, angle = self.codes()[:POINTS].cpu(), torch.linspace(0, 2 * math.pi, 60)
        circles = [
            Path(
                x=(r * angle.cos()).numpy(),
                y=(r * angle.sin()).numpy(),
                name=f"{r} deviation{'s' * (r > 1)} of N(0, 1)",
            )
            for r in RADII
        ]
        yield Picture("codes", Scatter(
            x=codes[:, 0].numpy(), y=codes[:, 1].numpy(), label=self.rows.test.targets[:POINTS].cpu().numpy(),
            classes=list(self.rows.classes), paths=circles, x_title="code 1", y_title="code 2",
        ))  # fmt: skip
        if not self.task.samples_first:
            yield from self.task.of_samples()


def kl_of_fit(codes: Tensor) -> float:
    """codes (N, d) -> KL(N(mean, covariance) || N(0, I)) in nats: (tr S + |mu|^2 - d - log det S) / 2."""
    codes = codes.double()
    mu, S = codes.mean(0), codes.T.cov().view(codes.shape[1], -1)
    return ((S.trace() + mu.square().sum() - len(mu) - S.logdet()) / 2).item()
