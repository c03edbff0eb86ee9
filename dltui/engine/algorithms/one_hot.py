"""Words as one-hot vectors, texts as their sums (Harris 1954, doi:10.1080/00437956.1954.11659520), and a classifier."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.bags import counts
from dltui.engine.pictures.lines import lines
from dltui.engine.reading.sentences import PAD, SPECIAL, as_words
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Alignment, Matrix, Table

METRICS = {
    "word_distance_error": Metric(
        "greatest difference of the distance of two words from the root of 2", better="lower", check=True
    ),
    "order_distance": Metric("mean distance of a text's vector from that of the same text read backwards"),
    "filled": Metric("share of numbers that are not 0 in the vectors of the training texts", range=(0, 1)),
    "accuracy": Metric(
        "accuracy on the test texts of a linear classifier of text vectors", "higher", range=(0, 1), rows="test"
    ),
    "chance": Metric(
        "accuracy of the commonest class of the training texts", range=(0, 1), axis="accuracy", rows="test"
    ),
}
SENTENCES = ("dog bites man", "man bites dog", "dog bites dog")
STEPS = 10
SHOWN = 10  # words of a text that are drawn
FIRST = 16  # texts that the first classifier learns from
LISTED = 6  # words of the table, of each class
WORDS = 500  # whose distances are measured
TRIES = 300  # iterations of the classifier's solver


def build(*, encoding: Literal["one_hot", "number"] = "one_hot") -> Callable[[Context], "OneHot"]:
    """Each step encodes more words of one text, and trains a linear classifier on more texts.

    encoding: one_hot, a column for each word of the vocabulary, a text is the sum; number, each word is its place in
        the vocabulary, a text the row of these numbers.
    """
    return lambda context: OneHot(context.rows.text().labelled(), encoding)


def word_vectors(words: int, encoding: str) -> Tensor:
    """Returns (words, D) float64: what stands for each word."""
    numbers = torch.arange(words)
    return one_hot(numbers, words).double() if encoding == "one_hot" else numbers[:, None].double()


def text_vectors(texts: Tensor, words: int, encoding: str) -> Tensor:
    """texts (N, L) int64 -> (N, D) float64: the sums of their words' vectors, or the numbers of the words in a row."""
    return counts(texts, words, len(SPECIAL)) if encoding == "one_hot" else texts.double()


def backwards(texts: Tensor) -> Tensor:
    """texts (N, L) -> the same words from the last to the first, PAD behind."""
    there = (texts != PAD) & (texts >= len(SPECIAL))
    lengths = there.sum(1, keepdim=True)
    places = torch.arange(texts.shape[1], device=texts.device)
    return texts.gather(1, (lengths - 1 - places).clamp(min=0)).where(places < lengths, PAD)


class OneHot:
    """A walkthrough: the classifiers are scikit-learn's, each of them learns from more of the training texts."""

    length = STEPS

    def __init__(self, rows: Rows, encoding: str):
        self.words, self.classes, self.encoding = rows.vocabularies[0], rows.classes, encoding
        texts, self.y = rows.train.stored.cpu(), rows.train.targets.cpu()
        self.test, self.test_y = rows.test.stored.cpu(), rows.test.targets.cpu()
        self.x, self.test_x = (text_vectors(part, len(self.words), encoding) for part in (texts, self.test))
        self.sizes = np.unique(np.geomspace(min(FIRST, len(texts)), len(texts), STEPS).astype(int)).tolist()
        self.found = [self._classified(size) for size in self.sizes]
        shortest = min(texts, key=lambda row: (row >= len(SPECIAL)).sum())
        self.text = as_words(shortest, self.words)[:SHOWN]
        v = word_vectors(min(len(self.words), WORDS), encoding)
        apart = torch.pdist(v)
        turned = text_vectors(backwards(texts), len(self.words), encoding)
        straight = text_vectors(backwards(backwards(texts)), len(self.words), encoding)
        self.fixed = {
            "word_distance_error": (apart - 2**0.5).abs().max().item(),
            "order_distance": (turned - straight).norm(dim=1).mean().item(),
            "filled": (self.x != 0).double().mean().item(),
            "chance": (self.test_y == self.y.bincount().argmax()).double().mean().item(),
        }

    def _classified(self, size: int) -> tuple[float, np.ndarray]:
        """Returns the accuracy of what learned from the first `size` texts, and its weights (classes, D)."""
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        y = self.y[:size].numpy()
        if len(np.unique(y)) < 2:
            return float((self.test_y == y[0]).double().mean()), np.zeros((len(self.classes), self.x.shape[1]))
        with threadpool_limits(1):
            machine = LogisticRegression(max_iter=TRIES).fit(self.x[:size].numpy(), y)
            accuracy = machine.score(self.test_x.numpy(), self.test_y.numpy())
        weights = np.zeros((len(self.classes), self.x.shape[1]))
        weights[machine.classes_ if len(machine.coef_) > 1 else machine.classes_[1:]] = machine.coef_
        return accuracy, weights

    def at(self, step: int) -> Moment:
        """With `step` classifiers trained, and as large a share of the text encoded."""
        words = self.text[: max(1, round(len(self.text) * step / STEPS))]
        pictures = [Picture("one-hot", self._encoded(words)), Picture("bags", self._bags())]
        if not step:
            return Moment({}, pictures)
        done = self.found[:step]
        curve = {"linear classifier": (self.sizes[:step], [accuracy for accuracy, _ in done])}
        titles = {"x_title": "training texts", "y_title": "accuracy on test texts", "log_x": True}
        pictures.append(Picture("accuracy by texts", lines(curve, **titles)))
        if self.encoding == "one_hot":
            pictures.append(Picture("words of each class", self._top(done[-1][1])))
        return Moment({**self.fixed, "accuracy": done[-1][0]}, pictures)

    def _encoded(self, words: list[str]) -> Alignment:
        """A column for each word in its place, a row for each different word, in the order of the vocabulary."""
        rows = sorted(set(words), key=self.words.index)
        weights = np.array([[float(row == word) for word in words] for row in rows])
        title = f"1 where the word is: {len(rows)} of {len(self.words) - len(SPECIAL):,} rows, the others hold only 0"
        titles = {"row_title": "vocabulary", "column_title": "text", "title": title}
        return Alignment(weights=weights, rows=rows, columns=words, **titles)

    def _bags(self) -> Matrix:
        """Small sentences as sums of the vectors of their words."""
        columns = sorted({word for sentence in SENTENCES for word in sentence.split()})
        values = np.array([[float(sentence.split().count(word)) for word in columns] for sentence in SENTENCES])
        return Matrix(values=values, rows=list(SENTENCES), columns=columns, row_title="text", column_title="its words")

    def _top(self, weights: np.ndarray) -> Table:
        """The words that speak most for each class."""
        best = np.argsort(-weights, 1)[:, :LISTED]
        rows = [[name, *(self.words[word] for word in row)] for name, row in zip(self.classes, best, strict=True)]
        return Table(columns=["class", *(f"{place + 1}." for place in range(LISTED))], rows=rows)
