"""Early stopping: train until the validation loss has not fallen for a while, and return the best weights
(Goodfellow, Bengio, Courville 2016, "Deep Learning", algorithm 7.1; Prechelt 1998, "Early stopping - but when?")."""

import copy
import math

import torch
from torch import nn


class EarlyStopping(nn.Module):
    """The book's theta* (`best`), i* (`best_step`) and v, as buffers; p is the patience, in steps."""

    def __init__(self, net: nn.Module, patience: int):
        super().__init__()
        self.patience = patience
        self.best = copy.deepcopy(net).requires_grad_(False)
        self.register_buffer("v", torch.tensor(math.inf, dtype=torch.float64))
        self.register_buffer("best_step", torch.tensor(0))
        self.register_buffer("stopped_step", torch.tensor(0))  # 0: it has not stopped

    def update(self, step: int, loss: float, net: nn.Module) -> bool:
        """Takes the validation loss of `net` at `step`. Returns whether to stop; from then on nothing is taken."""
        if self.stopped_step > 0:
            return True
        if loss < self.v:
            self.v.fill_(loss)
            self.best_step.fill_(step)
            self.best.load_state_dict(net.state_dict())
        elif step - self.best_step >= self.patience:
            self.stopped_step.fill_(step)
        return bool(self.stopped_step > 0)
