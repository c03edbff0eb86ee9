"""Connectionist temporal classification: all ways to place the symbols on the frames count (Graves et al. 2006)."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, ctc_loss

from dltui.engine.layers.ctc import BLANK, greedy

TASKS = ("transcribe",)


def build(*, alignment: Literal["any", "even"] = "any") -> "CTC":
    """Minus the log-probability of the symbols, by a net that gives a symbol or a blank for each frame.

    alignment: any, the probabilities of all paths that stand for the symbols are summed; even, only the path counts
        that gives each symbol an equal share of the frames, as if it were known where each one lies.
    """
    return CTC(alignment)


class CTC:
    """See contracts.loss.TranscriptionLoss."""

    def __init__(self, alignment: str):
        self.alignment = alignment

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (B, F, symbols), targets (B, T) int64, BLANK behind the last -> scalar, the mean of a symbol."""
        lengths = (targets != BLANK).sum(1)  # (B,)
        B, F, _ = logits.shape
        if self.alignment == "even":
            return cross_entropy(logits.flatten(0, 1), evenly_spread(targets, lengths, F).flatten())
        frames = torch.full((B,), F, device=logits.device)
        log_p = logits.float().log_softmax(2).transpose(0, 1)  # (F, B, symbols)
        return ctc_loss(log_p, targets, frames, lengths, blank=BLANK, zero_infinity=True)

    def decode(self, logits: Tensor) -> Tensor:
        """logits (B, F, symbols) -> symbols (B, F) of the likeliest path, BLANK behind the last."""
        return greedy(logits)


def evenly_spread(targets: Tensor, lengths: Tensor, frames: int) -> Tensor:
    """targets (B, T), lengths (B,) -> the path (B, frames) with equal shares; the last frame of each share is BLANK."""
    at = torch.arange(frames + 1, device=targets.device) * lengths[:, None] // frames  # (B, F + 1)
    ends = at[:, :-1] != at[:, 1:]
    symbols = targets.gather(1, at[:, :-1].clamp(max=targets.shape[1] - 1))
    return symbols.masked_fill(ends, BLANK)
