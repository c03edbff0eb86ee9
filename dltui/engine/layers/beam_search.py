"""Beam search: of all sequences that were begun, the few likeliest are gone on with (Lowerre 1976; Graves 2012,
arXiv:1211.3711)."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

# the last symbols (W,) int64 and the state (W, ...) before them -> log p of each next symbol (W, V), the state now
Step = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class Hypothesis(NamedTuple):
    """A sequence that is written, or begun."""

    symbols: tuple[int, ...]  # the end among them where it has come
    log_p: float
    finished: bool = False

    def score(self, alpha: float) -> float:
        """log p over length^alpha: 0 is log p itself, 1 the mean of a symbol; between them long ones lose less."""
        return self.log_p / max(1, len(self.symbols)) ** alpha


class Search(NamedTuple):
    """What was found, and how."""

    best: Hypothesis
    finished: list[Hypothesis]  # the best first
    beams: list[list[Hypothesis]]  # after each symbol: those kept, the best first, finished ones among them


def beam_search(
    step: Step, state: Tensor, first: int, end: int, *, width: int, length: int, alpha: float = 0.0
) -> Search:
    """Writes `length` symbols at most, and keeps the `width` likeliest sequences after each; width 1 is greedy.

    state (1, ...): before `first`, the symbol that is there already. Where none comes to its end, the best unfinished.
    """
    beam, beams, finished = [Hypothesis((), 0.0)], [], []
    last = torch.tensor([first], device=state.device)
    for _ in range(length):
        log_p, state = step(last, state)  # (W, V)
        before = torch.tensor([one.log_p for one in beam], dtype=log_p.dtype, device=log_p.device)
        totals, places = (before[:, None] + log_p).flatten().topk(min(width, log_p.numel()))
        rows, symbols = places // log_p.shape[1], places % log_p.shape[1]
        kept = [
            Hypothesis((*beam[row].symbols, symbol), total, symbol == end)
            for row, symbol, total in zip(rows.tolist(), symbols.tolist(), totals.tolist(), strict=True)
            if total > -torch.inf
        ]
        beams.append(kept)
        finished += [one for one in kept if one.finished]
        open_ = [place for place, one in enumerate(kept) if not one.finished]
        beam, last, state = [kept[place] for place in open_], symbols[open_], state[rows[open_]]
        if not beam or (alpha == 0 and finished and max(finished, key=_log_p).log_p >= beam[0].log_p):
            break  # a longer one is never likelier
    finished = sorted(finished or beam, key=lambda one: -one.score(alpha))
    return Search(finished[0], finished, beams)


def _log_p(one: Hypothesis) -> float:
    return one.log_p
