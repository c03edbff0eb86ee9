"""Evaluation and pictures set apart from training: it goes on as if nothing had been."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def evaluation_mode(nets: Iterable[nn.Module], seed: int, device: torch.device) -> Iterator[None]:
    """Nets in evaluation mode, no gradients, random numbers of its own, the same each time."""
    nets = list(nets)
    with torch.random.fork_rng([device] if device.type == "cuda" else []), torch.no_grad():
        torch.manual_seed(seed)
        for net in nets:
            net.eval()
        try:
            yield
        finally:
            for net in nets:
                net.train()
