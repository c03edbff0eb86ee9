"""tf-idf: a word counts for a text as often as it stands there, and the less the more texts have it (Spärck Jones 1972,
doi:10.1108/eb026526)."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.bags import counts, idf, tfidf
from dltui.engine.pictures.lines import lines
from dltui.engine.reading.sentences import SPECIAL
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Spans, Table

METRICS = {
    "accuracy": Metric(
        "accuracy on test texts of the nearest class centroid by cosine", better="higher", range=(0, 1), rows="test"
    ),
    "own_words": Metric(
        "share of the 5 heaviest words of each class's centroid that are in no other class's list", range=(0, 1)
    ),
    "error": Metric("greatest distance from scikit-learn's tf-idf vectors", better="lower", check=True),
}
STEPS = 10
FIRST = 2  # training texts for each class, in the mean, of the first step
LISTED = 5  # words of each class
SHOWN = 3  # test texts that are coloured
BARS = 24  # words whose weights are drawn


def build(*, weighting: Literal["tfidf", "counts"] = "tfidf") -> Callable[[Context], "TfIdf"]:
    """Each step computes the classes' centroids of more training texts, and classifies the test texts by them.

    weighting: tfidf, counts times the inverse document frequency; counts, all words weigh the same.
    """
    return lambda context: TfIdf(context.rows.text().labelled(), weighting)


def centroids(x: Tensor, y: Tensor, classes: int) -> Tensor:
    """Vectors x (N, V) of length 1, classes y (N,) -> (classes, V): the direction of each class's sum, or 0."""
    sums = torch.zeros(classes, x.shape[1], dtype=x.dtype, device=x.device)
    return normalize(sums.index_add_(0, y, x), dim=1)


class TfIdf:
    """A walkthrough: vectors, centroids and accuracy of the first so many training texts."""

    length = STEPS

    def __init__(self, rows: Rows, weighting: str):
        self.words, self.classes, self.weighting = rows.vocabularies[0], rows.classes, weighting
        self.bags, self.y = counts(rows.train.stored.cpu(), len(self.words), len(SPECIAL)), rows.train.targets.cpu()
        self.texts, self.test_y = rows.test.stored.cpu(), rows.test.targets.cpu()
        self.test_bags = counts(self.texts, len(self.words), len(SPECIAL))
        first = min(FIRST * len(self.classes), len(self.bags))
        self.sizes = np.unique(np.geomspace(first, len(self.bags), STEPS).astype(int)).tolist()
        self.found = [self._classified(size) for size in self.sizes]

    def _weights(self, size: int) -> Tensor:
        """Returns (V,): what the first `size` training texts make of each word."""
        return idf(self.bags[:size]) if self.weighting == "tfidf" else torch.ones(len(self.words), dtype=torch.float64)

    def _classified(self, size: int) -> tuple[Tensor, float]:
        """Returns the centroids (classes, V), and the accuracy on the test texts."""
        weights = self._weights(size)
        middle = centroids(tfidf(self.bags[:size], weights), self.y[:size], len(self.classes))
        predicted = (tfidf(self.test_bags, weights) @ middle.T).argmax(1)
        return middle, (predicted == self.test_y).double().mean().item()

    def at(self, step: int) -> Moment:
        """With the texts of `step` stages read."""
        stage = max(0, min(step, len(self.sizes)) - 1)
        middle, accuracy = self.found[stage]
        heaviest = middle.topk(min(LISTED, len(self.words)), 1).indices  # (classes, LISTED)
        curve = {self.weighting: (self.sizes[: stage + 1], [found for _, found in self.found[: stage + 1]])}
        titles = {"x_title": "training texts", "y_title": "accuracy on test texts", "log_x": True}
        pictures = {
            "weights in a text": self._coloured(self.sizes[stage]),
            "heaviest words": self._table(heaviest),
            "weight of common words": self._common(self.sizes[stage]),
            "accuracy by texts": lines(curve, **titles),
        }
        metrics = {}
        if step:
            times = heaviest.flatten().bincount(minlength=len(self.words))
            own = (times[heaviest] == 1).double().mean().item()
            metrics = {"accuracy": accuracy, "own_words": own, "error": self._error(self.sizes[stage])}
        return Moment(metrics, [Picture(pane, payload) for pane, payload in pictures.items()])

    def _error(self, size: int) -> float:
        """How far the test texts' vectors are from scikit-learn's."""
        from sklearn.feature_extraction.text import TfidfTransformer

        machine = TfidfTransformer(use_idf=self.weighting == "tfidf").fit(self.bags[:size].numpy())
        want = machine.transform(self.test_bags.numpy()).toarray()
        return float(np.abs(want - tfidf(self.test_bags, self._weights(size)).numpy()).max())

    def _coloured(self, size: int) -> Spans:
        """Test texts, each word in the colour of its weight there."""
        weights = tfidf(self.test_bags[:SHOWN], self._weights(size))  # (SHOWN, V)
        parts, values = [], []
        for text, row, y in zip(self.texts, weights, self.test_y, strict=False):
            parts.append(f"{self.classes[y]}: ")
            values.append(np.nan)
            for word in text[text >= len(SPECIAL)].tolist():
                parts += [self.words[word], " "]
                values += [row[word].item(), np.nan]
            parts.append("\n\n")
            values.append(np.nan)
        return Spans(parts=parts, values=values, limits=[0.0, weights.max().item()], unit="weight", title="test texts")

    def _table(self, heaviest: Tensor) -> Table:
        rows = [
            [name, *(self.words[word] for word in row)]
            for name, row in zip(self.classes, heaviest.tolist(), strict=True)
        ]
        return Table(columns=["class", *(f"{place + 1}." for place in range(heaviest.shape[1]))], rows=rows)

    def _common(self, size: int) -> Bars:
        """By what the counts of the commonest words are multiplied; the vocabulary begins with the commonest."""
        shown = slice(len(SPECIAL), len(SPECIAL) + BARS)
        return Bars(labels=list(self.words[shown]), values=self._weights(size)[shown].numpy())
