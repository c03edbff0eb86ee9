"""Ensembles: the members' probabilities averaged (Hansen and Salamon 1990; bootstrap rows: Breiman 1996, "Bagging")."""

from itertools import combinations

import torch
from torch import Tensor

MOST_TEAMS = 200  # of one size that are looked at


def averaged(logits: Tensor) -> Tensor:
    """logits (K, N, classes) of K members -> probabilities (N, classes): the mean of theirs."""
    return logits.softmax(-1).mean(0)


def accuracies(logits: Tensor, targets: Tensor) -> Tensor:
    """Returns the share of rows that each member classifies rightly, (K,)."""
    return (logits.argmax(-1) == targets).float().mean(-1)


def bootstrap(members: int, rows: int) -> Tensor:
    """Returns row numbers (members, rows): for each member as many as there are, drawn with repetition."""
    return torch.randint(rows, (members, rows))


def by_size(logits: Tensor, targets: Tensor) -> Tensor:
    """Returns the mean accuracy of all teams of 1, 2 .. K members, (K,); of MOST_TEAMS where there are more."""
    probabilities, found = logits.softmax(-1), []
    for size in range(1, len(logits) + 1):
        teams = [team for team, _ in zip(combinations(range(len(logits)), size), range(MOST_TEAMS), strict=False)]
        answers = torch.stack([probabilities[list(team)].mean(0).argmax(-1) for team in teams])  # (teams, N)
        found.append((answers == targets).float().mean())
    return torch.stack(found)
