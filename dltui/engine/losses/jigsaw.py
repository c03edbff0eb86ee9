"""In which order were the pieces before they were shuffled? (Noroozi and Favaro 2016, arXiv:1603.09246)."""

from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from dltui.engine.losses import patches

TASKS = ("pretext",)
ORDERS = 24  # of so many the net tells which it was; four pieces have no more
DRAWN = 500  # orders among which the next one is looked for


def build(*, side: int = 3, gap: int = 1, jitter: int = 1) -> "Jigsaw":
    """A picture is cut into pieces, which are shuffled in one of 24 orders; the answer is the order.

    side: pieces each way, at least 2, at most 5.
    gap: pixels between two pieces, at least 0; 0 lets lines run on from one piece into the other.
    jitter: pixels by which each piece is moved at most, each way, at least 0.
    """
    return Jigsaw(side, gap, jitter)


class Jigsaw:
    """See contracts.loss.PretextLoss."""

    def __init__(self, side: int, gap: int, jitter: int):
        self.side, self.gap, self.jitter = side, gap, jitter

    def pose(self, pictures: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, S, S) -> shuffled pieces (B, side^2, C, p, p), and the number of their order (B,)."""
        size = (pictures.shape[2] - (self.side - 1) * self.gap - 2 * self.jitter) // self.side
        pieces = patches.cut_grid(pictures, self.side, size, self.gap, self.jitter)
        answers = torch.randint(ORDERS, (len(pictures),), device=pictures.device)
        return in_order(pieces, orders(self.side**2, pictures.device)[answers]), answers

    def __call__(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """outputs (M, 24), answers (M,) -> scalar."""
        return cross_entropy(outputs, answers)

    def scores(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """-> 1 where the order is recognised (M,)."""
        return (outputs.argmax(1) == answers).float()

    def shown(self, questions: Tensor, outputs: Tensor, answers: Tensor) -> dict[str, Tensor]:
        """-> the pieces as shuffled, and put back in the order that the net predicts."""
        back = orders(self.side**2, questions.device)[outputs.argmax(1)].argsort(1)  # (M, side^2)
        solved = in_order(questions, back)
        return {name: patches.grid(of, self.side, 1) for name, of in (("shuffled", questions), ("put back", solved))}


def in_order(pieces: Tensor, order: Tensor) -> Tensor:
    """pieces (B, P, C, p, p), order (B, P) int64: which of them stands at each place -> (B, P, C, p, p)."""
    return pieces[torch.arange(len(pieces), device=pieces.device)[:, None], order]


@cache
def orders(pieces: int, device: torch.device) -> Tensor:
    """ORDERS orders (ORDERS, pieces) int64, far from each other: each next one is of those drawn the one that has the
    most pieces elsewhere than in the nearest so far. The same every time."""
    generator = torch.Generator().manual_seed(0)
    found = torch.randperm(pieces, generator=generator)[None]
    while len(found) < ORDERS:
        drawn = torch.stack([torch.randperm(pieces, generator=generator) for _ in range(DRAWN)])
        nearest = (drawn[:, None] != found).sum(2).amin(1)  # (DRAWN,) pieces that stand elsewhere
        found = torch.cat([found, drawn[nearest.argmax()][None]])
    return found.to(device)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """All pieces, and a logit for each order."""
    return {"outputs": ORDERS, "pieces": facts.get("side", 3) ** 2}
