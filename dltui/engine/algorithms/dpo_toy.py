"""Direct preference optimization of a policy over few answers ("DPO", Rafailov et al. 2023, arXiv:2305.18290), beside
the optimum of reward with a KL penalty: pi* = pi_ref exp(r / beta) / Z.

Y answers, all of which are summed over, so that rewards and KL are exact; K values of beta are trained side by side.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines

NEEDS_DATA = False
METRICS = {
    "loss": Metric("mean loss of a batch of new pairs over all beta", better="lower", progress=True, rows="train"),
    "preferred": Metric(
        "chance that an answer of the policy is preferred to one of the reference, at the chosen beta",
        better="higher",
        range=(0, 1),
    ),
    "kl": Metric("KL(policy || reference) at the chosen beta", better="lower", range=(0, None), unit="nats"),
    "optimum_error": Metric("greatest KL(policy || pi*) of all beta", better="lower", range=(0, None), unit="nats"),
    "optimum_preferred": Metric("what pi* has in place of preferred", range=(0, 1)),
    "optimum_kl": Metric("KL(pi* || reference) at the chosen beta", range=(0, None), unit="nats"),
}
BETAS = (0.5, 0.7, 1.0, 1.5, 2.5, 5.0)
FRONTIER = torch.logspace(1.5, -0.6, 40)  # beta of the curve of the optimum


def build(
    *,
    loss: Literal["dpo", "no_reference", "likelihood"] = "dpo",
    beta: float = 0.7,
    answers: int = 64,
    spread: float = 2.0,
    batch: int = 512,
    lr: float = 0.05,
) -> Callable[[Context], "Preferences"]:
    """Each step draws pairs of answers from the reference, labels which is preferred, and trains on them.

    loss: dpo; no_reference, the same without the reference; likelihood, of the preferred answers alone.
    beta: weight of the KL penalty at which it is measured, above 0; 0.5 to 5 are trained beside it.
    answers: that the policy chooses from, at least 3, at most 200.
    spread: standard deviation of the hidden rewards, above 0.
    batch: pairs of a step, at least 1.
    lr: learning rate of Adam at the beginning, above 0; at the end of the run it is a fiftieth.
    """
    return lambda context: Preferences(loss, beta, answers, spread, batch, lr, context.steps)


def normal(count: int) -> Tensor:
    """(count,) quantiles of the standard normal distribution, in random order: every seed has the same numbers."""
    levels = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    return torch.special.ndtri(levels).float()[torch.randperm(count)]


def optimum(log_ref: Tensor, reward: Tensor, beta: Tensor) -> Tensor:
    """log pi* (K, Y) of betas (K,)."""
    return (log_ref + reward / beta[:, None]).log_softmax(1)


def kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    """KL(p || q) of log probabilities (..., Y) -> (...)."""
    return (log_p.exp() * (log_p - log_q)).sum(-1)


class Preferences(nn.Module):
    """A policy is a table: logits (K, Y). Hidden rewards (Y,) label the pairs (Bradley and Terry 1952)."""

    done = False

    def __init__(self, loss: str, beta: float, answers: int, spread: float, batch: int, lr: float, steps: int):
        super().__init__()
        self.loss, self.batch, self.lr, self.steps = loss, batch, lr, steps
        self.betas = torch.tensor(sorted({*BETAS, beta}))
        self.chosen = int((self.betas - beta).abs().argmin())
        self.register_buffer("reward", spread * normal(answers))
        self.register_buffer("log_ref", normal(answers).log_softmax(0))
        self.logits = nn.Parameter(self.log_ref.repeat(len(self.betas), 1))
        self.adam = AdamInBuffers([self.logits], lr)

    @property
    def log_p(self) -> Tensor:
        return self.logits.log_softmax(1)

    @property
    def log_best(self) -> Tensor:
        return optimum(self.log_ref, self.reward, self.betas)

    def pairs(self, count: int) -> tuple[Tensor, Tensor]:
        """Preferred and other answers (count,): P(y1 is preferred) = sigmoid(r1 - r2)."""
        first, second = self.log_ref.exp().multinomial(2 * count, replacement=True).view(2, count)
        wins = torch.rand(count) < torch.sigmoid(self.reward[first] - self.reward[second])
        return torch.where(wins, first, second), torch.where(wins, second, first)

    def losses(self, preferred: Tensor, other: Tensor) -> Tensor:
        """(K,): of answers (B,)."""
        log_p = self.log_p
        if self.loss == "likelihood":
            return -log_p[:, preferred].mean(1)
        implicit = self.betas[:, None] * (log_p - (self.log_ref if self.loss == "dpo" else 0))  # (K, Y) rewards
        return -logsigmoid(implicit[:, preferred] - implicit[:, other]).mean(1)

    def step(self) -> dict[str, float]:
        """One step of the policies of all beta, each by its own loss."""
        self.adam.lr = self.lr * max(0.02, 1 - int(self.adam.steps) / self.steps)
        pairs = self.pairs(self.batch)
        with torch.enable_grad():
            losses = self.losses(*pairs)
            self.adam.step(losses.sum())
        return {"loss": losses.mean().item()}

    def preferred(self, log_p: Tensor) -> Tensor:
        """(K, Y) -> (K,): chance that y of the policy is preferred to y' of the reference."""
        wins = torch.sigmoid(self.reward[:, None] - self.reward)  # (Y, Y)
        return log_p.exp() @ wins @ self.log_ref.exp()

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        policy, best = self.log_p, self.log_best
        return {
            "preferred": self.preferred(policy)[self.chosen].item(),
            "kl": kl(policy, self.log_ref)[self.chosen].item(),
            "optimum_error": kl(policy, best).max().item(),
            "optimum_preferred": self.preferred(best)[self.chosen].item(),
            "optimum_kl": kl(best, self.log_ref)[self.chosen].item(),
        }

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """Mean reward against KL, a point for each beta; and the answers' probabilities, the best answer last."""
        policy, frontier = self.log_p, optimum(self.log_ref, self.reward, FRONTIER)
        curves = {
            name: (kl(log_p, self.log_ref), log_p.exp() @ self.reward)
            for name, log_p in (("best possible", frontier), ("policies", policy))
        }
        yield Picture("reward against KL", lines(curves, x_title="KL to the reference, nats", y_title="mean reward"))
        yield Picture("answers", self._answers(policy[self.chosen], self.log_best[self.chosen]))

    def _answers(self, policy: Tensor, best: Tensor) -> Lines:
        order, places = self.reward.argsort(), np.arange(len(self.reward)) + 1
        named = {"reference": self.log_ref, "pi*": best, "policy": policy}
        curves = {name: (places, log_p.exp()[order]) for name, log_p in named.items()}
        return lines(curves, x_title="answer, by its reward", y_title="probability")
