"""The most probable path through a trellis (Viterbi 1967, doi:10.1109/TIT.1967.1054010)."""

import torch
from torch import Tensor


def viterbi(start: Tensor, moves: Tensor, scores: Tensor, there: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Returns the path of the greatest score (S, T) int64, and its score (S,).

    start (K,): of the first state. moves (K, K): from a state (row) to the next. scores (S, T, K): of each state at
    each moment. there (S, T) bool: which moments there are, from the first on; behind them the last state is repeated.
    """
    best, came_from = start + scores[:, 0], []  # (S, K): of the best path that ends in each state
    stay = torch.arange(scores.shape[2], device=scores.device).expand_as(best)
    for t in range(1, scores.shape[1]):
        ahead, origin = (best[:, :, None] + moves).max(1)
        ahead = ahead + scores[:, t]
        if there is not None:
            here = there[:, t, None]
            ahead, origin = torch.where(here, ahead, best), torch.where(here, origin, stay)
        best = ahead
        came_from.append(origin)  # (S, K)
    score, last = best.max(1)
    path = [last]
    for origin in reversed(came_from):
        path.append(origin.gather(1, path[-1][:, None])[:, 0])
    return torch.stack(path[::-1], 1), score
