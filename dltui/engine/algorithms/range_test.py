"""The learning-rate range test (Smith 2017, "Cyclical learning rates ...", arXiv:1506.01186, section 3.3)."""

import torch
from torch import Tensor

BETA = 0.9  # share of the old mean that is kept at a step
WORSE = 4.0  # times the least loss: the test is over


def rates(lowest: float, highest: float, steps: int) -> Tensor:
    """(steps,): from the lowest rate to the highest, each the same factor above the one before."""
    return torch.logspace(torch.tensor(lowest).log10(), torch.tensor(highest).log10(), steps, dtype=torch.float64)


def smoothed(losses: Tensor, beta: float = BETA) -> Tensor:
    """(T,) -> (T,): the running mean m' = beta m + (1 - beta) loss, corrected for having begun at 0."""
    m, means = 0.0, []
    for t, loss in enumerate(losses.tolist(), 1):
        m = beta * m + (1 - beta) * loss
        means.append(m / (1 - beta**t))
    return torch.tensor(means, dtype=torch.float64)


def is_over(means: Tensor) -> bool:
    """Whether the newest of the smoothed losses (T,) has left the least far below, or is no number."""
    return not bool(means[-1] <= WORSE * means.min())


def suggestion(of: Tensor, means: Tensor, beta: float = BETA) -> int:
    """Returns which of the rates (T,) to take: where the loss falls steepest over log(rate).

    The smoothed loss (T,) is read before its lowest point: what falls after it comes back from somewhere worse. It
    tells of beta / (1 - beta) steps ago, and the suggestion goes back so far.
    """
    lowest = max(2, int(means.argmin()) + 1)
    slopes = torch.gradient(means[:lowest], spacing=(of[:lowest].log(),))[0]
    return max(0, int(slopes.argmin()) - round(beta / (1 - beta)))
