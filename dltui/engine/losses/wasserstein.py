"""The losses of a Wasserstein GAN (Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875)."""

from torch import Tensor

TASKS = ("gan",)


def build() -> "Wasserstein":
    """The critic minimises D(G(z)) - D(x), the generator -D(G(z)): of a critic whose slope is bounded, a distance."""
    return Wasserstein()


class Wasserstein:
    """See contracts.loss.AdversarialLoss. There is no logarithm: the critic gives a value, and no probability."""

    critic = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """values (B, 1) of D(x) and D(G(z)) -> scalar: minus the estimated distance."""
        return fake.mean() - real.mean()

    def generator(self, fake: Tensor) -> Tensor:
        """values (B, 1) of D(G(z)) -> scalar."""
        return -fake.mean()
