"""A few reviews of things for the house, and many of films to learn from before; built in, by rules."""

import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.generators import reviews
from dltui.engine.reading.sentences import as_rows, vocabulary, words_of

SOURCES = ("builtin",)
GIVES = ("text", "classes")
LENGTH = 40  # words of a row


def build(*, shots: int = 50, film_rows: int = 3000, test_rows: int = 600, seed: int = 0) -> "GoodsReviews":
    """Texts as words, and whether they praise. Sentences are built as those on films are, most adjectives are others.

    shots: reviews of things to train on, at least 4.
    film_rows: reviews of films to pretrain on, at least 100.
    test_rows: reviews of things to test on, at least 2.
    seed: decides the reviews, at least 0.
    """
    return GoodsReviews((shots, test_rows, film_rows), seed)


class GoodsReviews:
    """Words (N, 40) int64, END after the last and PAD behind; targets (N,) int64. `base` holds the films."""

    def __init__(self, rows: tuple[int, int, int], seed: int):
        self.rows, self.seed = rows, seed

    def builtin(self) -> Dataset:
        """Generated reviews, the same for the same seed; none of the test is among those to train on."""
        shots, test_rows, film_rows = self.rows
        goods = reviews.reviews(shots + test_rows, self.seed, reviews.GOODS)
        parts = [goods[:shots], goods[shots:], reviews.reviews(film_rows, self.seed)]
        known = vocabulary((words_of(text) for part in parts[::2] for text, _ in part), 1000)  # none of the test alone
        train, test, base = (_split(part, known) for part in parts)
        detail = f"{shots} generated reviews of things for the house, and {film_rows:,} of films"
        facts = {"symbols": len(known), "classes": len(reviews.CLASSES)}
        data = Dataset(train, test, reviews.CLASSES, "builtin", detail, facts, vocabularies=(known,))
        return data._replace(base=base)


def _split(pairs: list[tuple[str, str]], known: tuple[str, ...]) -> Split:
    targets = torch.tensor([reviews.CLASSES.index(label) for _, label in pairs])
    return Split(as_rows([words_of(text) for text, _ in pairs], known, LENGTH), targets)
