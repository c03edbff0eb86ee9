"""Optimizers' updates for many learners at once: a row of W a learner, each row with its own rate and other options.

They are torch's own, written for rows. What an optimizer remembers is kept under torch's names in the optimizers of the
learners, as views of what is kept here: a checkpoint does not tell one from the other.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

Columns = Sequence[Tensor]  # an option of every learner each, (V, 1) float64


class Rule(NamedTuple):
    """How an optimizer updates: `step(W, g, moments, t, *options)` changes W and the moments, all (V, N), t (V, 1)."""

    moments: tuple[str, ...]
    options: Callable[[dict], tuple[float, ...]]  # an optimizer's group of parameters -> its options
    step: Callable[..., None]


def sgd(W: Tensor, g: Tensor, moments: Sequence[Tensor], t: Tensor, *options: Tensor) -> None:
    """v' = rho v + g; w' = w - alpha v', or with Nesterov w - alpha (g + rho v'). Without momentum v stays 0."""
    (v,) = moments
    lr, rho, decay, nesterov = (option.float() for option in options)
    g = g + decay * W
    v.mul_(rho).add_(g)
    W.sub_(lr * torch.where(nesterov > 0, g + rho * v, v))
    v.mul_(rho > 0)


def adam(W: Tensor, g: Tensor, moments: Sequence[Tensor], t: Tensor, *options: Tensor) -> None:
    """w' = w - lr m^ / (sqrt(v^) + eps) (Kingma and Ba 2015, algorithm 1)."""
    m, v = moments
    lr, beta1, beta2, eps, decay = options
    m_scale = (lr / (1 - beta1**t)).float()  # in float64 until here: 1 - 0.999 has three digits left in float32
    v_scale = (1 - beta2**t).rsqrt().float()
    g = g + decay.float() * W
    m.lerp_(g, (1 - beta1).float())
    v.lerp_(g * g, (1 - beta2).float())
    W.sub_(m_scale * m / (v.sqrt() * v_scale + eps.float()))


RULES: dict[type, Rule] = {
    torch.optim.SGD: Rule(
        ("momentum_buffer",),
        lambda group: (group["lr"], group["momentum"], group["weight_decay"], float(group["nesterov"])),
        sgd,
    ),
    torch.optim.Adam: Rule(
        ("exp_avg", "exp_avg_sq"),
        lambda group: (group["lr"], *group["betas"], group["eps"], group["weight_decay"]),
        adam,
    ),
}


class StackedUpdate:
    """The update of W (V, N) by the rule of V optimizers of one kind."""

    def __init__(self, W: Tensor, optimizers: Sequence[torch.optim.Optimizer]):
        self.W, self.optimizers = W, optimizers
        self.rule = RULES[type(optimizers[0])]
        self.moments = {name: torch.zeros_like(W) for name in self.rule.moments}
        self.t = torch.zeros(len(W), 1, device=W.device)  # steps taken
        self._given: list[tuple] = []
        self._columns: Columns = ()

    def take_over(self, learner: int, moment: str, parts: Iterable[tuple[nn.Parameter, Tensor]]) -> None:
        """Makes a moment of one learner's parameters views of what is kept here: [(parameter, (V, *shape))]."""
        remembered = self.optimizers[learner].state
        for parameter, part in parts:
            before = remembered[parameter].get(moment)
            if before is not None:
                part[learner].copy_(before)
            remembered[parameter][moment] = part[learner]
            if "step" in remembered[parameter]:
                self.t[learner] = remembered[parameter]["step"]
            if self.rule.step is adam:
                remembered[parameter]["step"] = self.t[learner, 0]

    def __call__(self, g: Tensor, taken: Tensor | None = None) -> None:
        """Updates by gradients g (V, N). taken (V,): whether a learner is to be updated, None where all are."""
        kept = [self.W, self.t, *self.moments.values()]
        before = [tensor.clone() for tensor in kept] if taken is not None else []
        self.t.add_(1)
        self.rule.step(self.W, g, list(self.moments.values()), self.t.double(), *self._options())
        for tensor, old in zip(kept, before, strict=False):
            tensor.copy_(torch.where(taken[:, None], tensor, old))

    def _options(self) -> Columns:
        """The options of every learner as they stand now: a person may have turned them."""
        given = [self.rule.options(optimizer.param_groups[0]) for optimizer in self.optimizers]
        if given != self._given:
            self._given = given
            self._columns = torch.tensor(given, dtype=torch.float64, device=self.W.device)[:, :, None].unbind(1)
        return self._columns
