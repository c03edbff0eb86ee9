"""Which colour had it? A grey picture is to be painted as it was (Zhang, Isola, Efros 2016, arXiv:1603.08511).

A picture is parted into its luma Y = 0.299 R + 0.587 G + 0.114 B, which the net sees, and two numbers of colour, its
chroma B - Y and R - Y, which it predicts for each cell of a coarse grid.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, cross_entropy, interpolate, mse_loss

from dltui.errors import DltuiError, ExitStatus

TASKS = ("pretext",)
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
GRID = 8  # cells each way: the eye sees colour less sharply than light
REACH = 0.6  # chroma of the outermost classes
SIDE = 7  # classes of colour each way; the middle one is grey
UNIFORM = 0.5  # a class weighs 1 / ((1 - UNIFORM) p + UNIFORM / classes): rare colours count for more
TEMPERATURE = 0.38  # a colour is the mean of the classes after their probabilities were sharpened by this


def build(*, by: Literal["classes", "l2"] = "classes") -> "Colorization":
    """The question is the picture in grey, the answer its colours.

    by: classes, a cross-entropy of the class of each colour, rare ones weighed up; l2, the squared error of chroma.
    """
    return Colorization(by)


class Colorization:
    """See contracts.loss.PretextLoss."""

    def __init__(self, by: str):
        self.by = by

    def seen(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) -> the same in grey."""
        return luma(pictures).expand_as(pictures)

    def pose(self, pictures: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) -> the pictures in grey, and their chroma (B, 2, GRID, GRID).

        Raises DltuiError (2) for pictures that are grey already.
        """
        if pictures.shape[1] != 3:
            raise DltuiError(
                f"Colorization needs pictures of 3 channels; these have {pictures.shape[1]}.",
                "Take data in colour: data.kind=cifar10 data.own_hues=true",
                ExitStatus.USAGE,
            )
        return self.seen(pictures), adaptive_avg_pool2d(chroma(pictures), GRID)

    def __call__(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """outputs (M, c GRID^2), answers (M, 2, GRID, GRID) -> scalar, the mean over the cells."""
        if self.by == "l2":
            return mse_loss(self.painted(outputs), answers)
        known = nearest_class(answers)
        return cross_entropy(outputs.unflatten(1, (-1, GRID, GRID)), known, rarity(known))

    def painted(self, outputs: Tensor) -> Tensor:
        """outputs (M, c GRID^2) -> chroma (M, 2, GRID, GRID)."""
        cells = outputs.unflatten(1, (-1, GRID, GRID))  # (M, c, GRID, GRID)
        if self.by == "l2":
            return cells * (REACH / SIDE)  # of the size of chroma
        return torch.einsum("mqhw,qc->mchw", (cells / TEMPERATURE).softmax(1), colours(outputs.device))

    def scores(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """-> the share of the squared error of a picture in the mean colour of all that is gone (M,); 0 where the net
        does worse."""
        error = (self.painted(outputs) - answers).square().sum((1, 2, 3))
        of_mean = (answers.mean((0, 2, 3), keepdim=True) - answers).square().sum((1, 2, 3))
        return (1 - error / of_mean.clamp(min=1e-6)).clamp(min=0)

    def saturation(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """-> how far what is painted lies from grey, and how far the truth does (2,), on average."""
        return torch.stack([cells.norm(dim=1).mean() for cells in (self.painted(outputs), answers)])

    def shown(self, questions: Tensor, outputs: Tensor, answers: Tensor) -> dict[str, Tensor]:
        """-> the pictures in grey, painted by the net, and in their own colours."""
        painted, truth = (coloured(questions, cells) for cells in (self.painted(outputs), answers))
        return {"grey": questions, "net": painted, "truth": truth}


def luma(pictures: Tensor) -> Tensor:
    """(B, 3, H, W) -> Y (B, 1, H, W)."""
    return torch.einsum("bchw,c->bhw", pictures, pictures.new_tensor(LUMA))[:, None]


def chroma(pictures: Tensor) -> Tensor:
    """(B, 3, H, W) -> B - Y and R - Y (B, 2, H, W)."""
    return pictures[:, [2, 0]] - luma(pictures)


def coloured(grey: Tensor, cells: Tensor) -> Tensor:
    """Grey pictures (B, 3, H, W), chroma (B, 2, h, w) -> the pictures in these colours, in 0..1."""
    blue, red = interpolate(cells, grey.shape[2:], mode="bilinear").unbind(1)  # (B, H, W) each
    green = -(LUMA[0] * red + LUMA[2] * blue) / LUMA[1]  # so that Y stays what it is
    return (grey + torch.stack([red, green, blue], 1)).clamp(0, 1)


def colours(device: torch.device) -> Tensor:
    """The chroma of each class (SIDE^2, 2)."""
    ticks = torch.linspace(-REACH, REACH, SIDE, device=device)
    return torch.cartesian_prod(ticks, ticks)


def nearest_class(cells: Tensor) -> Tensor:
    """chroma (M, 2, h, w) -> the number of the nearest class (M, h, w) int64."""
    steps = ((cells + REACH) * ((SIDE - 1) / (2 * REACH))).round().long().clamp(0, SIDE - 1)
    return steps[:, 0] * SIDE + steps[:, 1]


def rarity(known: Tensor) -> Tensor:
    """Numbers of classes (M, h, w) -> what each class weighs (SIDE^2,), as often as it is met in these."""
    share = torch.zeros(SIDE**2, device=known.device).index_add_(
        0, known.flatten(), torch.full((known.numel(),), 1 / known.numel(), device=known.device)
    )
    return 1 / ((1 - UNIFORM) * share + UNIFORM / SIDE**2)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """A logit for each class of colour, or two numbers of chroma, for each cell."""
    return {"outputs": GRID**2 * (2 if facts.get("by") == "l2" else SIDE**2)}
