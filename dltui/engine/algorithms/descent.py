"""Descent by gradients, each method as its paper has it: a step is a function of the weights and what is remembered.

w: weights, g: gradient, alpha or mu: learning rate. In Adagrad and RMSProp eps^2 stands under the root; torch adds eps
to the root, which makes no difference where gradients are greater than eps.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

Gradient = Callable[[Tensor], Tensor]
State = dict[str, Tensor]
RHO = 0.9  # share of the old velocity that is kept
GAMMA = 0.9  # share of the old mean of squares that is kept
BETAS = (0.9, 0.999)  # the same for Adam's two means
DECAY = 0.01  # of AdamW
EPS = 1e-10  # of Adagrad and RMSProp


class Method(NamedTuple):
    """`step(w, gradient, state, alpha)` returns the next w and changes the state, which begins as zeros."""

    step: Callable[[Tensor, Gradient, State, float], Tensor]
    remembers: tuple[str, ...] = ()


def descend(w: Tensor, gradient: Gradient, s: State, alpha: float) -> Tensor:
    """Gradient descent (Cauchy 1847). With the gradient of a part of the rows: stochastic (Robbins and Monro 1951)."""
    return w - alpha * gradient(w)


def momentum(w: Tensor, gradient: Gradient, s: State, alpha: float) -> Tensor:
    """Polyak 1964: the velocity v keeps the directions that many gradients share."""
    s["v"] = RHO * s["v"] + gradient(w)
    return w - alpha * s["v"]


def nesterov(w: Tensor, gradient: Gradient, s: State, alpha: float) -> Tensor:
    """Nesterov 1983: the gradient is taken where the velocity will have carried w."""
    s["v"] = RHO * s["v"] - gradient(ahead(w, s["v"], alpha))
    return w + alpha * s["v"]


def ahead(w: Tensor, v: Tensor, alpha: float) -> Tensor:
    """Where Nesterov's velocity v will carry w; the weights that torch's implementation holds."""
    return w + alpha * RHO * v


def adagrad(w: Tensor, gradient: Gradient, s: State, mu: float, eps: float = EPS**2) -> Tensor:
    """Duchi, Hazan, Singer 2011: every weight has a rate of its own, the smaller the more it has been moved."""
    g = gradient(w)
    s["G"] = s["G"] + g**2
    return w - mu * g / torch.sqrt(s["G"] + eps)


def rmsprop(w: Tensor, gradient: Gradient, s: State, mu: float, eps: float = EPS**2) -> Tensor:
    """Hinton 2012: the same with a mean that forgets."""
    g = gradient(w)
    s["E"] = GAMMA * s["E"] + (1 - GAMMA) * g**2
    return w - mu * g / torch.sqrt(s["E"] + eps)


def adadelta(w: Tensor, gradient: Gradient, s: State, mu: float, eps: float = 1e-6) -> Tensor:
    """Zeiler 2012, arXiv:1212.5701: the mean of its own steps stands in the place of a rate; mu is 1."""
    g = gradient(w)
    s["E"] = GAMMA * s["E"] + (1 - GAMMA) * g**2
    dw = -torch.sqrt(s["D"] + eps) / torch.sqrt(s["E"] + eps) * g  # RMS[dw] before this step, RMS[g] with it
    s["D"] = GAMMA * s["D"] + (1 - GAMMA) * dw**2
    return w + mu * dw


def adam(w: Tensor, gradient: Gradient, s: State, mu: float, eps: float = 1e-8) -> Tensor:
    """Kingma and Ba 2015, arXiv:1412.6980: means of g and of g^2, both corrected for having begun at 0."""
    g, (g1, g2) = gradient(w), BETAS
    s["k"] = s["k"] + 1
    s["m"] = g1 * s["m"] + (1 - g1) * g
    s["b"] = g2 * s["b"] + (1 - g2) * g**2
    m, b = s["m"] / (1 - g1 ** s["k"]), s["b"] / (1 - g2 ** s["k"])
    return w - mu * m / (torch.sqrt(b) + eps)


def adamw(w: Tensor, gradient: Gradient, s: State, mu: float) -> Tensor:
    """Loshchilov and Hutter 2019, arXiv:1711.05101: the weights decay beside Adam's step, not through it."""
    return adam(w, gradient, s, mu) - mu * DECAY * w


METHODS = {
    "gd": Method(descend),
    "sgd": Method(descend),
    "momentum": Method(momentum, ("v",)),
    "nesterov": Method(nesterov, ("v",)),
    "adagrad": Method(adagrad, ("G",)),
    "rmsprop": Method(rmsprop, ("E",)),
    "adadelta": Method(adadelta, ("E", "D")),
    "adam": Method(adam, ("k", "m", "b")),
    "adamw": Method(adamw, ("k", "m", "b")),
}
