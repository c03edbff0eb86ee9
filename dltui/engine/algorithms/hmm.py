"""Hidden Markov models: Viterbi, forward-backward and Baum-Welch (Rabiner 1989, doi:10.1109/5.18626).

x (S, T): series, K: hidden states, pi (K,): of the first moment, A (K, K): from a state (row) to the next, mu and sd
(K,): of the normal distribution of what each state emits, b (S, T, K): log-density of each x in each state.
"""

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.viterbi import viterbi
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter

NEEDS_DATA = False
METRICS = {
    "accuracy": Metric("share of hidden states that Viterbi's path has right, test series", "higher", (0, 1), "test"),
    "posterior_accuracy": Metric(
        "share right by the most probable state of each moment, given the whole series",
        better="higher", range=(0, 1), rows="test", axis="accuracy",
    ),
    "frame_accuracy": Metric(
        "share right where each moment is judged by itself", better="higher", range=(0, 1), rows="test", axis="accuracy"
    ),
    "log_likelihood": Metric("log-likelihood of a moment of the training series", better="higher", rows="train"),
    "falls": Metric("steps after which the likelihood was lower than before", better="lower", whole=True),
    "path_error": Metric("log-probability that Viterbi's path lacks to the best of all paths", "lower", check=True),
    "likelihood_error": Metric(
        "difference of the forward pass from the sum over all paths", better="lower", check=True, axis="path_error"
    ),
}  # fmt: skip
K, SERIES, T = 3, 20, 200
SHORT = 8  # moments of the series whose K^SHORT paths are all tried
ROUNDING = 1e-9
LEAST = 0.05  # a standard deviation may fall to
STATES = ("state 1", "state 2", "state 3")


def build(
    *, learn: bool = True, transitions: bool = True, stay: float = 0.95, apart: float = 2.0
) -> Callable[[Context], "HMM"]:
    """Each step of Baum-Welch fits all parameters to the training series, from a rough start and without labels.

    learn: false takes the parameters by which the series were made.
    transitions: whether what follows what is used; false takes the states of a series as independent.
    stay: probability that the hidden state stays, at least 0.34, at most 0.99.
    apart: distance of neighbouring states' means, in standard deviations, above 0, at most 8.
    """
    return lambda context: HMM(learn, transitions, stay, apart)


class Model(NamedTuple):
    """The parameters."""

    pi: Tensor
    A: Tensor
    mu: Tensor
    sd: Tensor


def true_model(stay: float, apart: float) -> Model:
    """States that last, and that differ in nothing but their mean."""
    A = torch.full((K, K), (1 - stay) / (K - 1), dtype=torch.float64).fill_diagonal_(stay)
    mu = apart * (torch.arange(K, dtype=torch.float64) - (K - 1) / 2)
    return Model(torch.full((K,), 1 / K, dtype=torch.float64), A, mu, torch.ones(K, dtype=torch.float64))


def drawn(model: Model, count: int) -> tuple[Tensor, Tensor]:
    """Draws `count` series x (S, T), and their hidden states (S, T) int64."""
    z = [torch.multinomial(model.pi, count, replacement=True)]
    for _ in range(T - 1):
        z.append(torch.multinomial(model.A[z[-1]], 1)[:, 0])
    states = torch.stack(z, 1)
    return model.mu[states] + model.sd[states] * torch.randn(count, T, dtype=torch.float64), states


def emissions(x: Tensor, model: Model) -> Tensor:
    """b (S, T, K)."""
    away = (x[..., None] - model.mu) / model.sd
    return -0.5 * away.square() - model.sd.log() - 0.5 * math.log(2 * math.pi)


def best_path(b: Tensor, model: Model) -> tuple[Tensor, Tensor]:
    """Returns the most probable path (S, T) int64, and its log-probability together with the series, (S,)."""
    return viterbi(model.pi.log(), model.A.log(), b)


def forward(b: Tensor, model: Model) -> Tensor:
    """alpha (S, T, K): log p(x up to t, state at t)."""
    A, alpha = model.A.log(), [model.pi.log() + b[:, 0]]
    for t in range(1, b.shape[1]):
        alpha.append(torch.logsumexp(alpha[-1][:, :, None] + A, 1) + b[:, t])
    return torch.stack(alpha, 1)


def backward(b: Tensor, model: Model) -> Tensor:
    """beta (S, T, K): log p(x after t | state at t)."""
    A, beta = model.A.log(), [torch.zeros_like(b[:, 0])]
    for t in range(b.shape[1] - 1, 0, -1):
        beta.append(torch.logsumexp(A + (b[:, t] + beta[-1])[:, None], 2))
    return torch.stack(beta[::-1], 1)


def posterior(b: Tensor, model: Model) -> tuple[Tensor, Tensor]:
    """Returns gamma (S, T, K), the probability of each state given the whole series, and log p(x) (S,)."""
    both = forward(b, model) + backward(b, model)
    likelihood = torch.logsumexp(both[:, 0], 1)
    return (both - likelihood[:, None, None]).exp(), likelihood


def baum_welch(x: Tensor, model: Model, *, transitions: bool) -> Model:
    """One step of EM: states are guessed by the model (E), then each parameter is the mean of what was guessed (M)."""
    b = emissions(x, model)
    alpha, beta = forward(b, model), backward(b, model)
    likelihood = torch.logsumexp(alpha[:, -1], 1)[:, None, None]
    gamma = (alpha + beta - likelihood).exp()  # (S, T, K)
    ahead = (b + beta)[:, 1:, None]  # (S, T - 1, 1, K)
    xi = (alpha[:, :-1, :, None] + model.A.log() + ahead - likelihood[..., None]).exp().sum((0, 1))  # (K, K)
    weight = gamma.sum((0, 1))
    mu = (gamma * x[..., None]).sum((0, 1)) / weight
    variance = (gamma * (x[..., None] - mu).square()).sum((0, 1)) / weight
    A = xi / xi.sum(1, keepdim=True) if transitions else model.A
    return Model(gamma[:, 0].mean(0), A, mu, variance.sqrt().clamp(min=LEAST))


def of_all_paths(b: Tensor, model: Model) -> Tensor:
    """log p(path, series) of every path, b (1, T, K) -> (K^T,)."""
    paths = torch.tensor(list(product(range(K), repeat=b.shape[1])))  # (K^T, T)
    moves = model.A.log()[paths[:, :-1], paths[:, 1:]].sum(1)
    emitted = b[0].expand(len(paths), -1, -1).gather(2, paths[..., None])[..., 0].sum(1)
    return model.pi.log()[paths[:, 0]] + moves + emitted


class HMM(nn.Module):
    """A model of training series, judged by the hidden states of test series that were drawn with them."""

    def __init__(self, learn: bool, transitions: bool, stay: float, apart: float):
        super().__init__()
        self.learn, self.transitions = learn, transitions
        truth = true_model(stay, apart)
        train, _ = drawn(truth, SERIES)
        test, states = drawn(truth, SERIES)
        for name, part in {"x": train, "test": test, "states": states}.items():
            self.register_buffer(name, part)
        first = self._rough() if learn else truth
        if not transitions:
            first = first._replace(A=torch.full_like(first.A, 1 / K))
        for name, part in first._asdict().items():
            self.register_buffer(name, part)
        self.register_buffer("log_likelihood", self._likelihood())
        self.steps, self.falls = Counter(self, "taken"), Counter(self, "fallen")

    def _rough(self) -> Model:
        """All that is read off the series as they stand: means at their quantiles, one spread, no order in time."""
        mu = torch.quantile(self.x, (torch.arange(K, dtype=torch.float64) + 0.5) / K)
        even = torch.full((K, K), 1 / K, dtype=torch.float64)
        return Model(even[0], even, mu, self.x.std().expand(K).clone())

    @property
    def model(self) -> Model:
        """The parameters of now, in the order of their means, so that states have the same numbers as the true ones."""
        order = self.mu.argsort()
        return Model(self.pi[order], self.A[order][:, order], self.mu[order], self.sd[order])

    def _likelihood(self) -> Tensor:
        return torch.logsumexp(forward(emissions(self.x, self.model), self.model)[:, -1], 1).mean() / T

    def step(self) -> None:
        """Baum-Welch, once; nothing where the parameters are the true ones."""
        if self.learn:
            self.pi, self.A, self.mu, self.sd = baum_welch(self.x, self.model, transitions=self.transitions)
            now = self._likelihood()
            self.falls.set(int(self.falls) + bool(now < self.log_likelihood - ROUNDING))
            self.log_likelihood = now
        self.steps.set(int(self.steps) + 1)

    @property
    def done(self) -> bool:
        """Whether there is nothing to learn."""
        return not self.learn and int(self.steps) > 0

    def evaluate(self) -> dict[str, float]:
        """How many states are right, and how far the passes are from sums over all paths of a short series."""
        model, b = self.model, emissions(self.test, self.model)
        right = {
            "accuracy": best_path(b, model)[0],
            "posterior_accuracy": posterior(b, model)[0].argmax(2),
            "frame_accuracy": b.argmax(2),
        }
        short = b[:1, :SHORT]
        every = of_all_paths(short, model)
        likelihood = torch.logsumexp(forward(short, model)[0, -1], 0)
        return {
            **{name: (found == self.states).double().mean().item() for name, found in right.items()},
            "log_likelihood": self.log_likelihood.item(),
            "falls": int(self.falls),
            "path_error": abs(every.max() - best_path(short, model)[1][0]).item(),
            "likelihood_error": abs(torch.logsumexp(every, 0) - likelihood).item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """The first test series: what is seen, coloured by the path, the paths, and how sure the states are."""
        model, b = self.model, emissions(self.test[:1], self.model)
        t, path = np.arange(T), best_path(b, model)[0][0]
        seen = Scatter(
            x=t, y=self.test[0].numpy(), label=path.numpy(), classes=list(STATES), x_title="time", y_title="x"
        )
        yield Picture("series", seen)
        rows = {"true": (self.states[0], 0.1), "Viterbi": (path, 0.0), "frame by frame": (b[0].argmax(1), -0.1)}
        curves = {name: (t, states + 1 + shift) for name, (states, shift) in rows.items()}
        yield Picture("paths", lines(curves, x_title="time", y_title="state"))
        gamma = posterior(b, model)[0][0].T  # (K, T)
        sure = {name: (t, row) for name, row in zip(STATES, gamma, strict=True)}
        yield Picture("posterior", lines(sure, x_title="time", y_title="probability given the whole series"))
