"""DANN: a classifier learns to tell the domains apart by the embeddings, and the embeddings learn to prevent it (Ganin
et al. 2016, "Domain-adversarial training of neural networks", arXiv:1505.07818)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

TASKS = ("adapt",)
STEEPNESS = 10.0  # gamma of the paper


def build(*, weight: float = 0.5, ramp: int = 350, hidden: int = 64, speed: float = 3.0) -> nn.Module:
    """A domain classifier behind a gradient reversal layer.

    weight: of the reversed gradient beside that of the cross-entropy, at least 0.
    ramp: steps in which the reversed gradient grows from nothing to its full weight, at least 1.
    hidden: units of the domain classifier's hidden layer, at least 1.
    speed: how many times faster than the net the domain classifier learns, by a greater loss, above 0.
    """
    return DomainAdversarial(weight, ramp, hidden, speed)


class DomainAdversarial(nn.Module):
    """Embeddings of the source (B, d) and of the target (B, d) -> scalar: the domain classifier's cross-entropy."""

    def __init__(self, weight: float, ramp: int, hidden: int, speed: float):
        super().__init__()
        self.weight, self.ramp, self.hidden, self.speed = weight, ramp, hidden, speed
        self.classifier: nn.Module = nn.Identity()
        self.register_buffer("step", torch.zeros(()))  # of the device: no step waits to read it

    def prepare(self, embedding: Tensor) -> None:
        """Makes the classifier for embeddings such as (B, d)."""
        layers = nn.Linear(embedding.shape[1], self.hidden), nn.ReLU(), nn.Linear(self.hidden, 1)
        self.classifier = nn.Sequential(*layers)
        self.to(embedding.device)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        strength = self.weight * strength_at(self.step / self.ramp) / self.speed
        logits = self.classifier(reverse_gradient(torch.cat([source, target]), strength))[:, 0]  # (2 B,)
        domain = torch.cat([torch.ones_like(logits[: len(source)]), torch.zeros_like(logits[len(source) :])])
        self.step.add_(1)
        return self.speed * binary_cross_entropy_with_logits(logits, domain)


def strength_at(p: Tensor) -> Tensor:
    """lambda = 2 / (1 + exp(-10 p)) - 1: 0 at the start, p = 0, when the domain classifier knows nothing; then 1."""
    return 2 / (1 + torch.exp(-STEEPNESS * p)) - 1


def reverse_gradient(x: Tensor, strength: Tensor) -> Tensor:
    """Returns x; on the way back the gradient is multiplied by -strength."""
    return ReverseGradient.apply(x, strength)


class ReverseGradient(torch.autograd.Function):
    """Forward x, backward -strength * gradient."""

    @staticmethod
    def forward(context, x: Tensor, strength: Tensor) -> Tensor:
        context.save_for_backward(strength)
        return x.view_as(x)

    @staticmethod
    def backward(context, gradient: Tensor) -> tuple[Tensor, None]:
        (strength,) = context.saved_tensors
        return -strength * gradient, None
