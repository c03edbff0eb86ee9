"""Kullback-Leibler divergence of a normal distribution from the standard one (Kingma and Welling 2014, appendix B)."""

from torch import Tensor


def kl_to_standard_normal(mu: Tensor, log_v: Tensor) -> Tensor:
    """Returns KL(N(mu, v) || N(0, 1)) in nats, component by component: (v - log v - 1 + mu^2)/2, never below 0."""
    return (log_v.exp() - log_v - 1 + mu.square()) / 2
