"""How much gradient a GAN's generator gets from the saturating and the non-saturating loss of the same discriminator
(Goodfellow et al. 2014, arXiv:1406.2661, section 3).
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.losses.non_saturating import NonSaturating
from dltui.engine.losses.saturating import Saturating
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric

TASKS = ("gan",)
METRICS = {
    "generator_gradient": Metric(
        "norm of the gradient that the generator gets from its own loss", range=(0, None), log=True
    ),
    "weakest_gradient": Metric(
        "the least generator_gradient of the evaluations after training began", range=(0, None), log=True
    ),
    "gradient_ratio": Metric(
        "norm of the generator's gradient by -log D(G(z)) over that by log(1 - D(G(z))), of the same two nets",
        range=(0, None), log=True,
    ),
    "formula_error": Metric(
        "largest |r / ((1 - D) / D) - 1| of the samples, r the ratio of both losses' gradients at a sample's logit",
        better="lower", range=(0, None), check=True,
    ),
    "logit_size": Metric(
        "mean |logit| of test rows and samples: how sure the discriminator is", range=(0, None), rows="test"
    ),
    "judged_rightly": Metric(
        "share of test rows and samples that the discriminator takes for what they are",
        better="higher", range=(0, 1), progress=True, rows="test",
    ),
    "surest": Metric("the greatest logit_size of the evaluations so far", range=(0, None), rows="test"),
}  # fmt: skip
SAMPLES = 500
SEED = 0  # of the noise that samples are made of: the same each time
MOST = 400  # evaluations that are remembered


def build() -> Callable[[Task], "GeneratorGradient"]:
    """For a GAN with a discriminator; the losses of a critic have no logarithm."""
    return GeneratorGradient


class GeneratorGradient(nn.Module):
    """See contracts.probe.Probe. `history` (3, MOST) holds step and both norms of the last evaluations."""

    def __init__(self, task: Task):
        super().__init__()
        self.task = task
        self.register_buffer("steps", torch.tensor(0))
        self.register_buffer("history", torch.full((3, MOST), torch.nan, dtype=torch.float64))
        self.register_buffer("weakest", torch.tensor(torch.inf))
        self.register_buffer("surest", torch.tensor(0.0))

    def after_step(self, step: int) -> None:
        self.steps.fill_(step)

    def evaluate(self) -> dict[str, float]:
        saturating, non_saturating, own = (
            self.norm(loss) for loss in (Saturating(), NonSaturating(), self.task.criterion)
        )
        if self.steps != self.history[0, -1]:
            if self.steps:
                self.weakest.copy_(torch.tensor(own).minimum(self.weakest.cpu()))
            new = torch.tensor([float(self.steps), saturating, non_saturating], dtype=torch.float64)
            self.history.copy_(torch.cat([self.history[:, 1:], new[:, None].to(self.history)], 1))
        real, fake = self.task.scores(SAMPLES)
        size = torch.cat([real, fake]).abs().mean()
        self.surest.copy_(torch.maximum(self.surest, size))
        values = {
            "generator_gradient": own,
            "gradient_ratio": non_saturating / max(saturating, 1e-30),
            "formula_error": formula_error(fake),
            "logit_size": size.item(),
            "judged_rightly": torch.cat([real > 0, fake < 0]).float().mean().item(),
            "surest": self.surest.item(),
        }
        return values | ({"weakest_gradient": self.weakest.item()} if self.steps else {})

    def norm(self, loss: NonSaturating) -> float:
        """The norm of the gradient of a loss in all weights of the generator, by the same noise each time."""
        task = self.task
        z = torch.randn(SAMPLES, task.G.latent, generator=torch.Generator().manual_seed(SEED)).to(task.device)
        labels = task.turns(SAMPLES)
        weights = list(task.G.parameters())
        with torch.enable_grad():
            value = loss.generator(task.scored(task.drawn(z, labels), labels))
            gradients = torch.autograd.grad(value, weights, materialize_grads=True)
        return torch.stack([gradient.norm() for gradient in gradients]).norm().item()

    def pictures(self) -> Iterator[Picture]:
        history = self.history.cpu()
        steps, saturating, non_saturating = history[:, ~history[0].isnan()]
        if len(steps):
            curves = {"by -log D(G(z))": (steps, non_saturating), "by log(1 - D(G(z)))": (steps, saturating)}
            yield Picture(
                "gradients of the generator", lines(curves, x_title="step", y_title="norm of the gradient", log_y=True)
            )
        if not self.task.samples_first:
            yield from self.task.of_samples()


def formula_error(logits: Tensor) -> float:
    """logits (N, 1) of samples -> how far the ratio of both losses' gradients is from (1 - D) / D, at most."""
    logits = logits.detach().double()
    by = []
    for loss in (NonSaturating(), Saturating()):
        with torch.enable_grad():
            here = logits.clone().requires_grad_()
            (slope,) = torch.autograd.grad(loss.generator(here) * len(here), here)
        by.append(slope)
    D = logits.sigmoid()
    return (by[0] / by[1] / ((1 - D) / D) - 1).abs().max().item()
