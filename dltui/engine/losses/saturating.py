"""The minimax losses of a GAN (Goodfellow et al. 2014, arXiv:1406.2661, equation 1)."""

from torch import Tensor
from torch.nn.functional import logsigmoid

from dltui.engine.losses.non_saturating import discriminator_loss

TASKS = ("gan",)


def build() -> "Saturating":
    """The generator minimises log(1 - D(G(z))): it has hardly a gradient while the discriminator is far ahead."""
    return Saturating()


class Saturating:
    """See contracts.loss.AdversarialLoss."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """logits (B, 1) of D(x) and D(G(z)) -> scalar."""
        return discriminator_loss(real, fake)

    def generator(self, fake: Tensor) -> Tensor:
        """logits (B, 1) of D(G(z)) -> scalar."""
        return logsigmoid(-fake).mean()
