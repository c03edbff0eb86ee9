"""The losses of a GAN by its discriminator's logits (Goodfellow et al. 2014, arXiv:1406.2661)."""

from torch import Tensor
from torch.nn.functional import logsigmoid

TASKS = ("gan",)


def build() -> "NonSaturating":
    """The generator minimises -log D(G(z)): it has a gradient while the discriminator is far ahead, too."""
    return NonSaturating()


class NonSaturating:
    """See contracts.loss.AdversarialLoss."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """logits (B, 1) of D(x) and D(G(z)) -> scalar."""
        return discriminator_loss(real, fake)

    def generator(self, fake: Tensor) -> Tensor:
        """logits (B, 1) of D(G(z)) -> scalar."""
        return -logsigmoid(fake).mean()


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """logits (B, 1) both -> -log D(x) - log(1 - D(G(z))), the mean over the rows."""
    return -(logsigmoid(real) + logsigmoid(-fake)).mean()
