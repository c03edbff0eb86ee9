"""Skip-gram and CBOW with negative samples: a word predicts its neighbours, or they predict it (Mikolov et al. 2013,
arXiv:1301.3781 and arXiv:1310.4546); words of n-grams (Bojanowski et al. 2017, arXiv:1607.04606)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, logsigmoid

from dltui.engine.contracts.task import Context, Objective
from dltui.engine.layers.subwords import SubwordEmbedding
from dltui.engine.reading.sentences import PAD, SPECIAL
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
    "examples": Metric("training examples that the training sentences make", counter=True, rows="train"),
}
POWER = 0.75  # of a word's frequency, for negative samples
TEST_PAIRS = 4000


def build(
    *,
    embedding: int = 24,
    window: int = 2,
    negatives: int = 5,
    subsample: float = 0.01,
    predicts: Literal["neighbours", "centre"] = "neighbours",
    scores: Literal["sampled", "all"] = "sampled",
    ngrams: bool = False,
) -> Callable[[Context], "SkipGram"]:
    """Trains two vectors a word, one to predict from and one to be predicted; the first is the word's embedding.

    embedding: numbers of a vector, at least 2.
    window: words to each side that count as neighbours, at least 1.
    negatives: words drawn for each pair that shall not go with the centre, at least 0.
    subsample: share of the text from which on a word is left out the more often, above 0.
    predicts: neighbours, each of them from the word in the middle (skip-gram); centre, the word in the middle from the
        mean of its neighbours (CBOW).
    scores: sampled, the right word and the negative samples are scored; all, every word is, by a softmax over them.
    ngrams: whether the vector of a word that is given is the mean of those of its 3 to 6 letters in a row (fastText).
    """
    options = {"embedding": embedding, "window": window, "negatives": negatives, "subsample": subsample}
    return partial(SkipGram, **options, predicts=predicts, scores=scores, ngrams=ngrams)


class WordVectors(nn.Module):
    """(given (B,), others (B, K)) -> u_o . v (B, K): how well each of the others goes with the word that is given.

    given (B, N): words whose mean is taken, PAD is none. others None: every word there is. sparse: gradients name the
    words they are of, and all others' are not even zeros. spelling: the words, where v is made of their n-grams.
    """

    def __init__(self, words: int, d: int, sparse: bool = False, spelling: Sequence[str] = ()):
        super().__init__()
        self.arguments = {"words": words, "d": d} | ({"spelling": list(spelling)} if spelling else {})
        # of a word that is given: these are kept
        self.v = SubwordEmbedding(spelling, d) if spelling else nn.Embedding(words, d, sparse=sparse)
        self.u = nn.Embedding(words, d, sparse=sparse)  # of a word that is predicted
        nn.init.uniform_(self.v.weight, -0.5 / d, 0.5 / d)  # as in the authors' word2vec
        nn.init.zeros_(self.u.weight)

    def forward(self, given: Tensor, others: Tensor | None) -> Tensor:
        v = self.v(given) if given.dim() == 1 else self.mean(given)  # (B, d)
        if others is None:
            return v @ self.u.weight.T  # (B, words)
        return torch.einsum("bd,bkd->bk", v, self.u(others))

    def mean(self, words: Tensor) -> Tensor:
        """words (B, N) int64 -> the mean of their vectors (B, d), PAD left out."""
        there = (words != PAD).unsqueeze(2)  # (B, N, 1)
        return (self.v(words) * there).sum(1) / there.sum(1).clamp(min=1)

    def embed(self, words: Tensor) -> Tensor:
        """words (B,) int64 -> embeddings (B, d)."""
        return self.v(words)


class SkipGram:
    """Examples of a text's sentences: (word given, word predicted) as rows (P, 2), or (P, N + 1) with N words given."""

    def __init__(
        self,
        context: Context,
        embedding: int,
        window: int,
        negatives: int,
        subsample: float,
        predicts: str,
        scores: str,
        ngrams: bool,
    ):
        self.rows, self.negatives, self.scores = context.rows.text(), negatives, scores
        words, train = len(self.rows.vocabularies[0]), self.rows.data.train.inputs
        spelling = self.rows.vocabularies[0] if ngrams else ()
        self.net = context.nets["model"] = WordVectors(words, embedding, False, spelling).to(context.device)
        counts = train.flatten().bincount(minlength=words).float()
        counts[: len(SPECIAL)] = 0
        share = counts / counts.sum()
        keep = (subsample / share.clamp(min=1e-12)).sqrt().clamp(max=1)  # of each word; the seed decides which
        examples = neighbours if predicts == "neighbours" else surroundings
        self.pairs, self.test_pairs = (
            examples(thinned(sentences, keep), window).to(context.device)
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
        return (
            softmax_loss(self.net, pairs)
            if self.scores == "all"
            else sampled_loss(self.net, pairs, self.noise, self.negatives)
        )

    def evaluate(self) -> dict[str, float]:
        return {"test_loss": self._loss(self.test_pairs[:TEST_PAIRS]).item(), "examples": self.size}


def softmax_loss(net: WordVectors, pairs: Tensor) -> Tensor:
    """-log of the softmax over all words, u_o . v of each, at the one predicted: the mean of pairs (B, N + 1)."""
    return cross_entropy(net(_given(pairs), None), pairs[:, -1])


def sampled_loss(net: WordVectors, pairs: Tensor, noise: Tensor, negatives: int) -> Tensor:
    """-log sigmoid(u_o . v) - sum over negatives n of log sigmoid(-u_n . v), the mean of pairs (B, N + 1).

    noise (words,): how often each is drawn, in proportion.
    """
    given = _given(pairs)
    loss = -logsigmoid(net(given, pairs[:, -1:])).mean()
    if negatives:
        drawn = torch.multinomial(noise, len(pairs) * negatives, replacement=True)
        scores = net(given, drawn.view(len(pairs), -1))  # (B, negatives)
        loss = loss - logsigmoid(-scores).sum(1).mean()
    return loss


def _given(pairs: Tensor) -> Tensor:
    """pairs (B, N + 1) -> the words that are given (B, N), of one alone (B,)."""
    return pairs[:, 0] if pairs.shape[1] == 2 else pairs[:, :-1]


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


def surroundings(sentences: list[list[int]], window: int) -> Tensor:
    """Returns (P, 2 window + 1): the words at most `window` places away, PAD where there are fewer, and the word."""
    rows = []
    for sentence in sentences:
        for place, centre in enumerate(sentence):
            beside = sentence[max(0, place - window) : place] + sentence[place + 1 : place + window + 1]
            if beside:
                rows.append([*beside, *[PAD] * (2 * window - len(beside)), centre])
    return torch.tensor(rows).view(-1, 2 * window + 1)
