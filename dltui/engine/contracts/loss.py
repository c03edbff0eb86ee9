"""What `[loss]`, `[regularizer]` and `[augment]` name; each says in TASKS which tasks it fits."""

from typing import Protocol

from torch import Tensor, nn


class ClassLoss(Protocol):
    """A loss of a classifier; `build(**options)` makes it. Its module may have `facts_for(role, facts)`, as a task's:
    how many outputs the net is to have."""

    binary: bool  # may be left out: whether there is one logit for two classes, and a threshold decides
    multi_label: bool  # may be left out: whether a row may have any number of classes, targets (B, classes) of 0, 1

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (B, outputs), targets (B,) int64 -> scalar, the mean over the rows."""

    def probabilities(self, logits: Tensor) -> Tensor:
        """logits (B, outputs) -> probabilities (B, classes)."""


class Regularizer(Protocol):
    """What weights cost besides the error; `build(**options)` makes it."""

    def __call__(self, net: nn.Module) -> Tensor | float:
        """Returns what is added to the loss, a scalar."""


class Augment(Protocol):
    """Changes of training inputs that keep their targets; `build(**options)` makes it."""

    def __call__(self, inputs: Tensor) -> Tensor:
        """inputs (B, ...) -> inputs (B, ...), changed by draws made anew at every call."""


class AdversarialLoss(Protocol):
    """The losses of a GAN's two nets by the discriminator's logits; `build(**options)` makes it."""

    critic: bool  # may be left out: whether the discriminator is one, whose values are no logits

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """logits (B, 1) of real and of generated rows -> scalar, the mean over the rows."""

    def generator(self, fake: Tensor) -> Tensor:
        """logits (B, 1) of generated rows -> scalar, the mean over the rows."""


class AdversarialRegularizer(Protocol):
    """What a discriminator costs besides its loss; `build(**options)` makes it. It may have two methods more:
    `at(real, fake)`, both (B, ...), which returns the rows (B, ...) that it looks at in the place of the real ones, and
    `keep_bounds(net)`, which keeps the weights of the discriminator within bounds, before each loss."""

    def __call__(self, logits: Tensor, inputs: Tensor) -> Tensor | float:
        """logits (B, 1) of real inputs (B, ...), which require gradients -> what is added to the loss, a scalar."""


class CodeRegularizer(Protocol):
    """What the code of an autoencoder costs besides the error; `build(**options)` makes it."""

    def __call__(self, net: nn.Module, inputs: Tensor) -> Tensor | float:
        """A net as contracts.models.Autoencoder says, inputs (B, ...) -> what is added to the loss, a scalar."""


class PixelLoss(Protocol):
    """A loss of a class for every pixel; `build(**options)` makes it."""

    def pixel_weights(self, targets: Tensor) -> Tensor:
        """targets (N, H, W) int64 -> what each pixel weighs (N, H, W) float32; asked once for all training rows.

        May be left out: then no weights are given.
        """

    def __call__(self, logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        """logits (B, classes, H, W), targets (B, H, W) int64, weights (B, H, W) -> scalar, the mean over all pixels."""


class RestorationLoss(Protocol):
    """How far pictures are from those that they are to be; `build(**options)` makes it."""

    def __call__(self, pictures: Tensor, targets: Tensor) -> Tensor:
        """pictures and targets (B, C, H, W) in 0..1 -> scalar, the mean over the pictures."""


class TranscriptionLoss(Protocol):
    """A sequence for a row of frames, of which nobody says which frame is which symbol; `build(**options)` makes it."""

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (B, F, symbols), targets (B, T) int64, 0 behind the last symbol -> scalar, the mean of a symbol."""

    def decode(self, logits: Tensor) -> Tensor:
        """logits (B, F, symbols) -> symbols (B, F), 0 behind the last."""


class PretextLoss(Protocol):
    """A question that a picture answers by itself; `build(**options)` makes it. Its module may have
    `facts_for(role, facts)`, as a ClassLoss's; facts hold the options that the recipe gives the loss, too."""

    together: bool  # may be left out: whether a question is answered by the others, so that `shown` gets all of them

    def seen(self, pictures: Tensor) -> Tensor:
        """pictures (N, C, H, W) -> what of them the net is ever shown (N, C, H, W). May be left out: all of it."""

    def saturation(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """outputs (M, ...), answers (M, ...) -> how far from grey what is painted lies, and the truth does (2,). May be
        left out: where nothing is painted."""

    def pose(self, pictures: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """pictures (B, C, H, W) in 0..1, classes (B,), which only a supervised reference looks at -> questions (M, ...)
        for the net, and answers (M, ...), drawn anew at every call; M is B, or some questions for each picture."""

    def __call__(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """outputs (M, ...) of the net, answers (M, ...) -> scalar, the mean over the questions."""

    def scores(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """outputs (M, ...), answers (M, ...) -> how right each output is, in 0..1 (M,)."""

    def shown(self, questions: Tensor, outputs: Tensor, answers: Tensor) -> dict[str, Tensor]:
        """-> rows of pictures by their titles (M, C, H, W): what was asked, what the net makes of it; {} for none."""
