"""Where does the second patch lie, seen from the first? (Doersch, Gupta, Efros 2015, arXiv:1505.05192)."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from dltui.engine.losses import patches

TASKS = ("pretext",)
SIDE, MIDDLE = 3, 4  # patches lie in a grid of 3 x 3; the middle one is the fifth
PLACES = 8  # where a neighbour can lie, row by row


def build(*, patch: int = 7, gap: int = 2, jitter: int = 1) -> "RelativePosition":
    """A picture's middle patch and one of its eight neighbours are seen; the answer is where the neighbour lies.

    patch: height and width of a patch in pixels, at least 3.
    gap: pixels between two patches, at least 0; 0 lets lines run on from one patch into the other.
    jitter: pixels by which each patch is moved at random at most, each way, at least 0.
    """
    return RelativePosition(patch, gap, jitter)


class RelativePosition:
    """See contracts.loss.PretextLoss."""

    def __init__(self, patch: int, gap: int, jitter: int):
        self.patch, self.gap, self.jitter = patch, gap, jitter

    def pose(self, pictures: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, S, S) -> the middle patch with each of its neighbours (8 B, 2, C, p, p), and its place (8 B,)."""
        nine = patches.cut_grid(pictures, SIDE, self.patch, self.gap, self.jitter)  # (B, 9, C, p, p)
        middle = nine[:, MIDDLE, None].expand(-1, PLACES, -1, -1, -1)
        neighbours = torch.cat([nine[:, :MIDDLE], nine[:, MIDDLE + 1 :]], 1)
        pairs = torch.stack([middle, neighbours], 2)  # (B, 8, 2, C, p, p)
        return pairs.flatten(0, 1), torch.arange(PLACES, device=pictures.device).repeat(len(pictures))

    def __call__(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """outputs (M, 8), answers (M,) -> scalar."""
        return cross_entropy(outputs, answers)

    def scores(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """-> 1 where the place is recognised (M,)."""
        return (outputs.argmax(1) == answers).float()

    def shown(self, questions: Tensor, outputs: Tensor, answers: Tensor) -> dict[str, Tensor]:
        """-> the neighbour where it lies, and at all eight places, each time as bright as its probability."""
        truth = one_hot(answers, PLACES).to(questions)
        return {"true place": self._placed(questions, truth), "predicted": self._placed(questions, outputs.softmax(1))}

    def _placed(self, questions: Tensor, shares: Tensor) -> Tensor:
        """questions (M, 2, C, p, p), shares (M, 8) -> pictures (M, C, H, W): the middle, the neighbour around it."""
        around = questions[:, 1, None] * shares[:, :, None, None, None]  # (M, 8, C, p, p)
        nine = torch.cat([around[:, :MIDDLE], questions[:, :1], around[:, MIDDLE:]], 1)
        return patches.grid(nine, SIDE, self.gap)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """Two patches, and a logit for each place."""
    return {"outputs": PLACES, "pieces": 2}
