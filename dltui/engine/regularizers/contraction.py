"""The penalty of a contractive autoencoder: the squared norm of the code's Jacobian (Rifai et al. 2011, "Contractive
auto-encoders: explicit invariance during feature extraction").
"""

from torch import Tensor, nn

from dltui.errors import DltuiError, ExitStatus

TASKS = ("autoencode",)
LIVE = ("weight",)


def build(*, weight: float = 0.1) -> "Contraction":
    """A small change of a picture is to change its code little: the loss grows with weight |dh/dx|^2.

    weight: of the penalty, at least 0; 0 leaves the autoencoder as it is. It is for codes h = sigmoid(W x + b), the
        model tied_autoencoder.
    """
    return Contraction(weight)


class Contraction:
    """See contracts.loss.CodeRegularizer."""

    def __init__(self, weight: float):
        self.weight = weight

    def __call__(self, net: nn.Module, inputs: Tensor) -> Tensor | float:
        """inputs (B, ...) -> scalar: the mean over the rows."""
        if not self.weight:
            return 0.0
        if not hasattr(net, "W"):
            raise DltuiError(
                "regularizer contraction knows the Jacobian of one sigmoid layer, and the net has another encoder.",
                "Take model.kind=tied_autoencoder.",
                ExitStatus.USAGE,
            )
        return self.weight * squared_norm(net.embed(inputs), net.W).mean()


def squared_norm(h: Tensor, W: Tensor) -> Tensor:
    """Codes h = sigmoid(W x + b) (B, latent), W (latent, D) -> |dh/dx|^2 (B,), Frobenius: no derivative is needed.

    dh_j/dx_i = h_j (1 - h_j) W_ji, so it is the sum over j of (h_j (1 - h_j))^2 times the sum over i of W_ji^2.
    """
    return (h * (1 - h)).square() @ W.square().sum(1)
