"""What the net that judges a GAN says of the distance to the data, beside the exact one (Arjovsky et al. 2017,
arXiv:1701.07875, figures 3 and 4).
"""

import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.metrics.matching import matching_distance
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars

TASKS = ("gan",)
METRICS = {
    "distance": Metric(
        "exact Wasserstein-1 distance of samples from as many test rows: their cheapest matching",
        better="lower", range=(0, None), progress=True, rows="test",
    ),
    "estimate": Metric(
        "what the critic says of it, mean D(x) - mean D(G(z)); a discriminator says log 2 - loss/2, the JS divergence",
        rows="test",
    ),
    "rank_correlation": Metric(
        "Spearman's correlation of estimate and distance, over the evaluations after training began",
        better="higher", range=(-1, 1), rows="test",
    ),
    "estimate_error": Metric(
        "sum of |estimate - distance| over that of distance, over the evaluations after training began",
        better="lower", range=(0, None), rows="test",
    ),
    "critic_slope": Metric("mean |dD/dx| at random places between test rows and samples", rows="test"),
    "at_bounds": Metric(
        "share of the weights of D within a hundredth of the largest magnitude, mean of the evaluations after training"
        " began", range=(0, 1), rows="train",
    ),
}  # fmt: skip
MOST = 400  # evaluations that are remembered
SEED = 0  # of the noise that samples are made of: the same each time
BARS = 11  # of the histogram
NEAR = 0.99  # of the largest weight


def build(*, samples: int = 1000) -> Callable[[Task], "CriticProbe"]:
    """Matches samples with test rows at each evaluation, and keeps what the net said.

    samples: samples and test rows that are matched, at least 10, at most 2000.
    """
    return partial(CriticProbe, samples=samples)


class CriticProbe(nn.Module):
    """See contracts.probe.Probe. `history` (4, MOST) holds step, distance, estimate and the share of the weights at
    their bounds of the last evaluations."""

    def __init__(self, task: Task, samples: int):
        super().__init__()
        self.task, self.count = task, min(samples, len(task.rows.test))
        self.register_buffer("steps", torch.tensor(0))
        self.register_buffer("history", torch.full((4, MOST), torch.nan, dtype=torch.float64))

    def after_step(self, step: int) -> None:
        self.steps.fill_(step)

    def evaluate(self) -> dict[str, float]:
        task, labels = self.task, self.task.turns(self.count)
        made = task.sample(self.count, torch.Generator(task.device).manual_seed(SEED))
        real, fake = task.scores(self.count)
        exact = matching_distance(task.rows.test.inputs[: self.count], made)
        values = {"distance": exact, "estimate": estimate(task, real, fake)}
        self._remember(values)
        steps, exact, said, outside = self.seen[:, self.seen[0] > 0]  # before training D knows nothing
        if len(steps) > 1:
            values["rank_correlation"] = spearman(exact, said)
            values["estimate_error"] = ((said - exact).abs().sum() / exact.sum()).item()
        if len(steps):
            values["at_bounds"] = outside.mean().item()
        return values | {"critic_slope": slopes(task, made, labels).mean().item()}

    def _remember(self, values: dict[str, float]) -> None:
        if self.steps == self.history[0, -1]:
            return
        weights = self._weights().abs()
        outside = (weights >= NEAR * weights.max()).float().mean().item()
        new = torch.tensor([float(self.steps), values["distance"], values["estimate"], outside], dtype=torch.float64)
        self.history.copy_(torch.cat([self.history[:, 1:], new[:, None].to(self.history)], 1))

    @property
    def seen(self) -> Tensor:
        """Steps, distances, estimates and shares (4, E) of the evaluations so far, on the host."""
        history = self.history.cpu()
        return history[:, ~history[0].isnan()]

    def _weights(self) -> Tensor:
        return torch.cat([weight.detach().flatten() for weight in self.task.D.parameters()])

    def pictures(self) -> Iterator[Picture]:
        """The estimate beside the exact distance, by step; then samples, where they are not first; the weights of D."""
        steps, exact, said, _ = self.seen
        if len(steps):
            curves = {"exact distance": (steps, exact), "D's estimate": (steps, said)}
            yield Picture("distance and estimate", lines(curves, x_title="step", y_title="distance"))
        if not self.task.samples_first:
            yield from self.task.of_samples()
        weights = self._weights()
        most = weights.abs().max().item()
        shares = torch.histc(weights, BARS, -most, most).cpu() / len(weights)
        middles = torch.linspace(-most, most, 2 * BARS + 1)[1::2].tolist()
        labels = [f"{middle:.2g}" for middle in middles]
        yield Picture("weights of D", Bars(labels=labels, values=shares.numpy(), title="share of the weights by value"))


def estimate(task: Task, real: Tensor, fake: Tensor) -> float:
    """What D says of real (N, 1) and generated rows (M, 1) -> its estimate of how far apart they are.

    Of a discriminator this is log 2 + E log D(x) / 2 + E log(1 - D(G(z))) / 2: where D is the best there is, the
    Jensen-Shannon divergence (Goodfellow et al. 2014, arXiv:1406.2661, theorem 1).
    """
    if task.of_critic:
        return (real.mean() - fake.mean()).item()
    return (math.log(2) + (logsigmoid(real).mean() + logsigmoid(-fake).mean()) / 2).item()


def spearman(x: Tensor, y: Tensor) -> float:
    """x, y (N,) -> the correlation of their ranks; 0 where one of them is constant."""
    from scipy.stats import spearmanr  # 0.5 s

    return 0.0 if len(x.unique()) == 1 or len(y.unique()) == 1 else float(spearmanr(x, y).statistic)


def slopes(task: Task, made: Tensor, labels: Tensor) -> Tensor:
    """|dD/dx| (N,) halfway between test rows and samples (N, ...) and at other shares of the way, evenly spread."""
    real = task.rows.test.inputs[: len(made)]
    share = torch.linspace(0, 1, len(made), device=made.device).view(-1, *[1] * (made.dim() - 1))
    places = torch.lerp(real, made, share)
    with torch.enable_grad():
        places = (places if task.of_plane else places * 2 - 1).detach().requires_grad_()
        (slope,) = torch.autograd.grad(task.scored(places, labels).sum(), places)
    return slope.flatten(1).norm(dim=1)
