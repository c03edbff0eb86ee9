"""Which way was the picture turned? (Gidaris, Singh, Komodakis 2018, arXiv:1803.07728)."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

TASKS = ("pretext",)
TURNS = 4  # quarter turns: a resampled turn, by 45 degrees, would be known by its blur


def build(*, light: float = 0.0) -> "Rotation":
    """Each picture is seen turned counter-clockwise by 0, 90, 180 and 270 degrees; the answer is the turn.

    light: how much brighter every picture is made at its top than at its bottom, before it is turned, at least 0, at
        most 1: a shortcut, as it tells the turn whatever is in the picture.
    """
    return Rotation(light)


class Rotation:
    """See contracts.loss.PretextLoss."""

    def __init__(self, light: float):
        self.light = light

    def pose(self, pictures: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, H, W) -> all four turns of each (4 B, C, H, W), and their numbers (4 B,); height is to be width."""
        lit = lit_from_above(pictures, self.light) if self.light else pictures
        turns = torch.arange(TURNS, device=pictures.device).repeat(len(pictures))
        return torch.stack([torch.rot90(lit, turn, (2, 3)) for turn in range(TURNS)], 1).flatten(0, 1), turns

    def __call__(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """outputs (M, 4), answers (M,) -> scalar."""
        return cross_entropy(outputs, answers)

    def scores(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """-> 1 where the turn is recognised (M,)."""
        return (outputs.argmax(1) == answers).float()

    def shown(self, questions: Tensor, outputs: Tensor, answers: Tensor) -> dict[str, Tensor]:
        """-> the turned pictures, and turned back by as much as the net believes: upright where it is right."""
        turned_back = [
            torch.rot90(picture, -turn, (1, 2))
            for picture, turn in zip(questions, outputs.argmax(1).tolist(), strict=True)
        ]
        return {"turned": questions, "turned back": torch.stack(turned_back)}


def lit_from_above(pictures: Tensor, light: float) -> Tensor:
    """pictures (B, C, H, W) -> with `light` added to the first row of pixels, falling to nothing at the last."""
    slope = torch.linspace(light, 0, pictures.shape[2], device=pictures.device)[:, None]
    return (pictures + slope).clamp(max=1)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """A logit for each turn."""
    return {"outputs": TURNS}
