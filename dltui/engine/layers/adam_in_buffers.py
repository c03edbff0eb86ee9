"""Adam for what an algorithm trains by itself (Kingma and Ba 2015): its state lies in buffers, so it resumes."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from dltui.engine.contracts.counter import Counter

BETAS = (0.9, 0.999)
EPSILON = 1e-8


class AdamInBuffers(nn.Module):
    """Moves `weights`, which are saved by whoever holds them: here are only the moments of the gradient."""

    def __init__(self, weights: Iterable[Tensor], lr: float, betas: tuple[float, float] = BETAS):
        super().__init__()
        self.moved = list(weights)
        self.lr, self.betas = lr, betas
        count = sum(weight.numel() for weight in self.moved)
        for name in ("m", "v"):
            self.register_buffer(name, torch.zeros(count, device=self.moved[0].device))
        self.steps = Counter(self, "taken")

    def step(self, loss: Tensor) -> None:
        """Takes one step down the gradient of a scalar; weights that it does not depend on get none."""
        k = int(self.steps) + 1
        gradients = torch.autograd.grad(loss, self.moved, materialize_grads=True)
        g = torch.cat([each.flatten() for each in gradients])
        self.m = torch.lerp(g, self.m, self.betas[0])
        self.v = torch.lerp(g.square(), self.v, self.betas[1])
        m, v = self.m / (1 - self.betas[0] ** k), self.v / (1 - self.betas[1] ** k)
        change = (self.lr * m / (v.sqrt() + EPSILON)).split([weight.numel() for weight in self.moved])
        with torch.no_grad():
            for weight, part in zip(self.moved, change, strict=True):
                weight -= part.view_as(weight)
        self.steps.set(k)
