"""Skip-gram with negative samples: a word predicts its neighbours (Mikolov et al. 2013, arXiv:1310.4546)."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from dltui.engine.contracts.task import Context, Objective
from dltui.engine.reading.sentences import SPECIAL
from dltui.recipes.metric import Metric

MODELS = ()
TRAINED = ("model",)  # the task's own: two tables of vectors
PROBES = ("nearest_words",)
METRICS = {
    "loss": Metric(
        "training loss of a pair of neighbours and its negative samples", better="lower", progress=True, rows="train"
    ),
    "test_loss": Metric(
        "loss of the pairs of the test sentences, with negative samples drawn for each",
        better="lower",
        axis="loss",
        rows="test",
    ),
}
POWER = 0.75  # of a word's frequency, for negative samples
TEST_PAIRS = 4000


def build(
    *, embedding: int = 24, window: int = 2, negatives: int = 5, subsample: float = 0.01
) -> Callable[[Context], "SkipGram"]:
    """Trains two vectors a word, as a centre and as a neighbour; the first is the word's embedding.

    embedding: numbers of a vector, at least 2.
    window: words to each side that count as neighbours, at least 1.
    negatives: words drawn for each pair that shall not go with the centre, at least 0.
    subsample: share of the text from which on a word is left out the more often, above 0.
    """
    return partial(SkipGram, embedding=embedding, window=window, negatives=negatives, subsample=subsample)


class WordVectors(nn.Module):
    """(centres (B,), contexts (B, K)) -> u_o . v_c (B, K): how well each context word goes with its centre."""

    def __init__(self, words: int, d: int):
        super().__init__()
        self.arguments = {"words": words, "d": d}
        self.v = nn.Embedding(words, d)  # of a word in the middle: these are kept
        self.u = nn.Embedding(words, d)  # of a word beside it
        nn.init.uniform_(self.v.weight, -0.5 / d, 0.5 / d)  # as in the authors' word2vec
        nn.init.zeros_(self.u.weight)

    def forward(self, centres: Tensor, contexts: Tensor) -> Tensor:
        return torch.einsum("bd,bkd->bk", self.v(centres), self.u(contexts))

    def embed(self, words: Tensor) -> Tensor:
        """words (B,) int64 -> embeddings (B, d)."""
        return self.v(words)


class SkipGram:
    """Pairs (centre, context) of a text's sentences, as rows (P, 2)."""

    def __init__(self, context: Context, embedding: int, window: int, negatives: int, subsample: float):
        self.rows, self.negatives = context.rows.text(), negatives
        words, train = len(self.rows.vocabularies[0]), self.rows.data.train.inputs
        self.net = context.nets["model"] = WordVectors(words, embedding).to(context.device)
        counts = train.flatten().bincount(minlength=words).float()
        counts[: len(SPECIAL)] = 0
        share = counts / counts.sum()
        keep = (subsample / share.clamp(min=1e-12)).sqrt().clamp(max=1)  # of each word; the seed decides which
        self.pairs, self.test_pairs = (
            neighbours(thinned(sentences, keep), window).to(context.device)
            for sentences in (train, self.rows.data.test.inputs)
        )
        self.noise = (share**POWER).to(context.device)
        self.size = len(self.pairs)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 of the pairs -> the mean loss, a scalar."""
        return self._loss(self.pairs[rows])

    def _loss(self, pairs: Tensor) -> Tensor:
        """-log sigmoid(u_o . v_c) - sum over negatives n of log sigmoid(-u_n . v_c), the mean of pairs (B, 2)."""
        centres, contexts = pairs[:, :1], pairs[:, 1:]  # (B, 1) each
        loss = -logsigmoid(self.net(centres[:, 0], contexts)).mean()
        if self.negatives:
            drawn = torch.multinomial(self.noise, len(pairs) * self.negatives, replacement=True)
            scores = self.net(centres[:, 0], drawn.view(len(pairs), -1))  # (B, negatives)
            loss = loss - logsigmoid(-scores).sum(1).mean()
        return loss

    def evaluate(self) -> dict[str, float]:
        return {"test_loss": self._loss(self.test_pairs[:TEST_PAIRS]).item()}


def thinned(sentences: Tensor, keep: Tensor) -> list[list[int]]:
    """sentences (N, L) -> their words, each kept with the probability keep[word]; no PAD, START or END."""
    kept = (torch.rand(sentences.shape) < keep[sentences]) & (sentences >= len(SPECIAL))
    return [row[there].tolist() for row, there in zip(sentences, kept, strict=True)]


def neighbours(sentences: list[list[int]], window: int) -> Tensor:
    """Returns pairs (P, 2): each word with every other at most `window` places away."""
    pairs = [
        (centre, sentence[other])
        for sentence in sentences
        for place, centre in enumerate(sentence)
        for other in range(max(0, place - window), min(len(sentence), place + window + 1))
        if other != place
    ]
    return torch.tensor(pairs).view(-1, 2)
