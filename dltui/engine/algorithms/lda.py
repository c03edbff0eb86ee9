"""Latent Dirichlet allocation by variational inference (Blei, Ng, Jordan 2003, jmlr.org/papers/v3/blei03a.html).

Text d has shares theta_d of k topics, topic j has probabilities beta_j of the words; q(theta_d) and q(beta_j) are
Dirichlet distributions with parameters gamma_d and lambda_j.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.generators.documents import TOPICS
from dltui.engine.layers.bags import counts
from dltui.engine.reading.sentences import SPECIAL
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Alignment, Spans, Table

METRICS = {
    "bound": Metric("lower bound of the log-likelihood of a word of the texts", better="higher"),
    "falls": Metric("steps so far after which the bound was lower than before", better="lower", whole=True),
    "topic_overlap": Metric(
        "share of the 10 likeliest words of each topic that belong to the true topic it is matched with",
        better="higher",
        range=(0, 1),
    ),
    "main_topic": Metric(
        "share of texts whose greatest topic is matched with their true main one", better="higher", range=(0, 1)
    ),
}
LIKELIEST = 10  # words of a topic that are compared and shown
STARTS, TRIED = 10, 20  # random starts, and the updates after which the one with the highest bound is kept
ROUNDING = 1e-9  # a fall of the bound that is no more than rounding
TINY = 1e-100  # no division by a product that has become 0
SHOWN, TEXTS = 3, 24  # texts that are coloured, and texts whose shares are drawn


def build(*, k: int = 9, alpha: float = 0.1, eta: float = 0.05, most_texts: float = 0.15) -> Callable[[Context], "LDA"]:
    """Each step updates the texts' shares of topics, then the topics' words; it begins with the best of 10 starts.

    k: topics, at least 2.
    alpha: prior of a text's shares, above 0; the smaller, the fewer topics share a text.
    eta: prior of a topic's words, above 0; the smaller, the fewer words share a topic.
    most_texts: words that stand in a larger share of the texts are left out, above 0, at most 1.
    """
    return lambda context: LDA(context.rows.text().labelled(), k, alpha, eta, most_texts)


class Fit(NamedTuple):
    """Parameters of q: gamma (N, k) of the texts' shares, lambda_ (k, V) of the topics' words."""

    gamma: Tensor
    lambda_: Tensor


def expected_log(parameters: Tensor) -> Tensor:
    """E[log p] (..., n) of p drawn from Dirichlet distributions of these parameters (..., n)."""
    return parameters.digamma() - parameters.sum(-1, keepdim=True).digamma()


def updated(x: Tensor, fit: Fit, alpha: float, eta: float) -> Fit:
    """Counts x (N, V) -> the fit after an update of gamma, and then one of lambda.

    Word w of text d comes from topic j with a responsibility in proportion to exp(E[log theta_dj] + E[log beta_jw]).
    """
    beta = expected_log(fit.lambda_).exp()
    theta = expected_log(fit.gamma).exp()
    gamma = alpha + theta * (x / (theta @ beta).clamp(min=TINY) @ beta.T)
    theta = expected_log(gamma).exp()
    return Fit(gamma, eta + beta * (theta.T @ (x / (theta @ beta).clamp(min=TINY))))


def bound(x: Tensor, fit: Fit, alpha: float, eta: float) -> Tensor:
    """The evidence lower bound of counts x (N, V), a scalar, with the responsibilities that are best for the fit."""
    theta, beta = (expected_log(parameters) for parameters in fit)
    words = (x * (theta.exp() @ beta.exp()).clamp(min=TINY).log()).sum()
    return words - _divergence(fit.gamma, theta, alpha) - _divergence(fit.lambda_, beta, eta)


def _divergence(parameters: Tensor, logs: Tensor, prior: float) -> Tensor:
    """KL divergence of Dirichlet distributions of parameters (M, n) from one whose parameters are all `prior`."""
    M, n = parameters.shape
    own = parameters.sum(1).lgamma().sum() - parameters.lgamma().sum()
    of_prior = M * (torch.tensor(n * prior).double().lgamma() - n * torch.tensor(prior).double().lgamma())
    return own - of_prior + ((parameters - prior) * logs).sum()


def begun(x: Tensor, k: int, alpha: float, eta: float) -> Fit:
    """Returns, of STARTS fits drawn at random, the one that has the highest bound after TRIED updates, as it began."""
    found = []
    for _ in range(STARTS):
        drawn = torch._standard_gamma(torch.full((k, x.shape[1]), 100.0, dtype=x.dtype)) / 100  # as scikit-learn begins
        first = fit = Fit(torch.ones(len(x), k, dtype=x.dtype), drawn)
        for _ in range(TRIED):
            fit = updated(x, fit, alpha, eta)
        found.append((bound(x, fit, alpha, eta).item(), first))
    return max(found, key=lambda one: one[0])[1]


class LDA(nn.Module):
    """The training texts as counts x (N, V) of the words that are not too common; its state is in buffers."""

    def __init__(self, rows: Rows, k: int, alpha: float, eta: float, most_texts: float):
        super().__init__()
        self.texts, self.classes = rows.train.stored.cpu(), rows.classes
        self.y, words = rows.train.targets.cpu(), rows.vocabularies[0]
        bags = counts(self.texts, len(words), len(SPECIAL))
        df = (bags > 0).double().mean(0)
        kept = (df > 0) & (df <= most_texts)
        self.numbers = torch.where(kept)[0]  # (V,) in the vocabulary
        self.words = [words[number] for number in self.numbers.tolist()]
        self.all_words, self.alpha, self.eta = words, alpha, eta
        self.register_buffer("x", bags[:, kept], persistent=False)
        first = begun(self.x, k, alpha, eta)
        self.register_buffer("gamma", first.gamma)
        self.register_buffer("lambda_", first.lambda_)
        self.register_buffer("value", self._bound())
        self.register_buffer("at_rest", torch.tensor(False))
        self.falls = Counter(self, "fallen", 0)

    def _bound(self) -> Tensor:
        return bound(self.x, Fit(self.gamma, self.lambda_), self.alpha, self.eta) / self.x.sum()

    @property
    def done(self) -> bool:
        """Whether another step would change nothing to speak of."""
        return bool(self.at_rest)

    def step(self) -> None:
        """Shares of the texts, then words of the topics."""
        self.gamma, self.lambda_ = updated(self.x, Fit(self.gamma, self.lambda_), self.alpha, self.eta)
        value = self._bound()
        gain = float(value - self.value)
        self.value, self.at_rest = value, torch.tensor(abs(gain) < ROUNDING)
        self.falls.set(int(self.falls) + (gain < -ROUNDING))

    def _likeliest(self) -> list[list[str]]:
        """The first words of each topic."""
        best = self.lambda_.topk(min(LIKELIEST, len(self.words)), 1).indices
        return [[self.words[number] for number in row] for row in best.tolist()]

    def _hits(self) -> Tensor:
        """(k, classes): how much speaks for a topic being a class: shares of its likeliest words where the words of the
        classes are known, else of the texts it is the greatest of."""
        if self.classes == tuple(TOPICS):
            true = [set(words.split()) for words in TOPICS.values()]
            return torch.tensor([[len(own.intersection(row)) / len(row) for own in true] for row in self._likeliest()])
        pairs = self.gamma.argmax(1) * len(self.classes) + self.y
        return pairs.bincount(minlength=len(self.gamma.T) * len(self.classes)).view(-1, len(self.classes)) / len(self.y)

    def _matched(self) -> dict[int, int]:
        """Topic -> class, each class at most once, so that the hits are most in all."""
        from scipy.optimize import linear_sum_assignment

        rows, columns = linear_sum_assignment(-self._hits().numpy())
        return dict(zip(rows.tolist(), columns.tolist(), strict=True))

    def evaluate(self) -> dict[str, float]:
        """The bound, and what is known of the topics."""
        matched, hits = self._matched(), self._hits()
        main = torch.tensor([matched.get(topic, -1) for topic in self.gamma.argmax(1).tolist()])
        found = {
            "bound": self.value.item(),
            "falls": int(self.falls),
            "main_topic": (main == self.y).double().mean().item(),
        }
        if self.classes == tuple(TOPICS):
            total = sum(hits[topic, number].item() for topic, number in matched.items())
            found["topic_overlap"] = total / len(self.classes)
        return found

    # -- pictures ------------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The topics' words, texts with a topic for each word, and the texts' shares."""
        matched = self._matched()
        order = sorted(range(len(self.lambda_)), key=lambda topic: (matched.get(topic, len(self.classes)), topic))
        names = [self.classes[matched[topic]] if topic in matched else "(none)" for topic in range(len(order))]
        yield Picture("topics", self._table(order, names))
        yield Picture("words of texts", self._coloured(order, names))
        yield Picture("shares of topics", self._shares(order, names))

    def _table(self, order: list[int], names: list[str]) -> Table:
        words, share = self._likeliest(), self.gamma / self.gamma.sum(1, keepdim=True)
        rows = [[names[topic], f"{share[:, topic].mean():.2f}", " ".join(words[topic])] for topic in order]
        return Table(columns=["topic", "share", "words"], rows=rows)

    def _coloured(self, order: list[int], names: list[str]) -> Spans:
        """The first texts, each word in the colour of the topic it most likely comes from."""
        theta, beta = expected_log(self.gamma[:SHOWN]), expected_log(self.lambda_)
        best = (theta[:, :, None] + beta).argmax(1)  # (SHOWN, V)
        column = {number: place for place, number in enumerate(self.numbers.tolist())}
        parts, label = [], []
        for text, row in zip(self.texts, best, strict=False):
            for word in text[text >= len(SPECIAL)].tolist():
                parts += [self.all_words[word], " "]
                label += [order.index(int(row[column[word]])) if word in column else -1, -1]
            parts.append("\n\n")
            label.append(-1)
        return Spans(
            parts=parts, label=label, classes=[f"{place + 1} {names[topic]}" for place, topic in enumerate(order)]
        )

    def _shares(self, order: list[int], names: list[str]) -> Alignment:
        """A row for each text, those with one main topic side by side."""
        share = (self.gamma / self.gamma.sum(1, keepdim=True))[:TEXTS, order]
        rows = sorted(range(len(share)), key=lambda row: (int(self.y[row]), row))
        return Alignment(
            weights=share[rows].numpy(),
            rows=[self.classes[self.y[row]] for row in rows],
            columns=[names[topic] for topic in order],
            row_title="text, by its true main topic",
            column_title="topic",
        )
