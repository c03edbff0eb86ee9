"""Search by meaning: passages and queries as means of word vectors, which come from the company that words keep
(Deerwester et al. 1990; Levy, Goldberg, Dagan 2015, doi:10.1162/tacl_a_00134), beside tf-idf."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.generators.synonyms import KNOWN, passages, query
from dltui.engine.layers.bags import counts, idf, tfidf
from dltui.engine.pictures.lines import lines
from dltui.engine.reading.sentences import SPECIAL, as_rows, vocabulary
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Spans, Table

NEEDS_DATA = False
METRICS = {
    "mrr": Metric("mean of 1 / rank of the right passage by word vectors, queries in synonyms", "higher", (0, 1)),
    "tfidf_mrr": Metric(
        "mean of 1 / rank of the right passage by tf-idf, queries in synonyms", range=(0, 1), axis="mrr"
    ),
    "same_mrr": Metric("mean of 1 / rank of the right passage by word vectors, queries in its words", range=(0, 1)),
    "tfidf_same_mrr": Metric(
        "mean of 1 / rank of the right passage by tf-idf, queries in its words", range=(0, 1), axis="same_mrr"
    ),
    "synonym_hits": Metric("share of names whose nearest word is the thing's other name", "higher", (0, 1)),
}
SIZES = (30, 60, 125, 250, 500, 1000, 2000, 3000)  # passages that word vectors are made from, at each step
SEARCHED, QUERIES = 400, 150
SHOWN = 4  # passages of the ranking
LISTED = 8  # names of the table
NEAR = 3  # nearest words of each


def build(
    *, d: int = 64, vectors: Literal["company", "random"] = "company", query_words: int = 3
) -> Callable[[Context], "SemanticSearch"]:
    """Each step makes word vectors from more text, and searches with them.

    d: numbers of a word vector, at least 2.
    vectors: company, from which words stand in one passage; random, drawn for each word.
    query_words: words of a query, at least 1, at most 3.
    """
    return lambda context: SemanticSearch(d, vectors, query_words, context.seed)


def word_vectors(bags: Tensor, d: int) -> Tensor:
    """Counts (N, V) of passages -> (V, d): positive pointwise mutual information of words, cut to d directions.

    PPMI(a, b) = max(0, ln(P(a, b) / (P(a) P(b)))), P(a, b) the share of the passages with both.
    """
    there = (bags > 0).to(bags.dtype)
    both = there.T @ there / len(bags)  # (V, V)
    alone = both.diagonal()
    ppmi = (both / (alone[:, None] * alone).clamp(min=1e-12)).clamp(min=1).log()
    ppmi.fill_diagonal_(0)
    U, S, _ = torch.linalg.svd(ppmi)
    return normalize(U[:, :d] * S[:d].sqrt(), dim=1)


def ranks(queries: Tensor, texts: Tensor, right: Tensor) -> Tensor:
    """queries (Q, D), texts (N, D), right (Q,) rows of texts -> (Q,): the place of the right one by cosine, 1 the best.

    Of equal ones, half count as better.
    """
    cosines = normalize(queries, dim=1) @ normalize(texts, dim=1).T  # (Q, N)
    own = cosines.gather(1, right[:, None])
    equal = (cosines - own).abs() < 1e-12
    return 1 + ((cosines > own) & ~equal).sum(1) + (equal.sum(1) - 1) / 2


class Searches(NamedTuple):
    """Of one stage: vectors of words, and of queries and passages."""

    words: Tensor  # (V, d)
    queries: Tensor  # (Q, d)
    texts: Tensor  # (N, d)


class SemanticSearch:
    """A walkthrough: queries about generated passages, by word vectors of more and more text."""

    length = len(SIZES)

    def __init__(self, d: int, vectors: str, query_words: int, seed: int):
        random = np.random.Generator(np.random.PCG64(seed))
        read = passages(max(SIZES), random)
        self.found = passages(SEARCHED, random)
        self.words = vocabulary((one.words for one in read), 10_000)
        self.read, self.texts = self._bags([one.words for one in read]), self._bags([one.words for one in self.found])
        self.right = torch.arange(QUERIES)
        self.asked = {
            other: [query(one, other=other)[:query_words] for one in self.found[:QUERIES]] for other in (True, False)
        }
        self.d, self.vectors = d, vectors
        self.random = torch.randn(len(self.words), d, generator=torch.Generator().manual_seed(seed)).double()
        self.by_tfidf = {other: self._mrr_by_tfidf(self._bags(asked)) for other, asked in self.asked.items()}
        self.stages: dict[int, tuple[Searches, dict[str, float]]] = {}

    def _bags(self, texts: list[list[str]]) -> Tensor:
        """Counts (N, V) of the words of the vocabulary."""
        return counts(as_rows(texts, self.words, max(map(len, texts)) + 1), len(self.words), len(SPECIAL))

    def _mrr_by_tfidf(self, queries: Tensor) -> float:
        weights = idf(self.texts)
        return (1 / ranks(tfidf(queries, weights), tfidf(self.texts, weights), self.right)).mean().item()

    def _stage(self, stage: int) -> tuple[Searches, dict[str, float]]:
        """What the first SIZES[stage] passages teach, and what it is good for."""
        if stage not in self.stages:
            bags = self.read[: SIZES[stage]]
            words = word_vectors(bags, self.d) if self.vectors == "company" else self.random
            weights = idf(bags)
            queries, same = (self._bags(asked) * weights @ words for asked in self.asked.values())
            texts = self.texts * weights @ words  # (N, d): the sum points where the mean does
            mrr, same_mrr = ((1 / ranks(one, texts, self.right)).mean().item() for one in (queries, same))
            metrics = {
                "mrr": mrr,
                "tfidf_mrr": self.by_tfidf[True],
                "same_mrr": same_mrr,
                "tfidf_same_mrr": self.by_tfidf[False],
                "synonym_hits": self._synonym_hits(words),
            }
            self.stages[stage] = Searches(words, queries, texts), metrics
        return self.stages[stage]

    def _nearest(self, words: Tensor, names: list[str]) -> list[list[str]]:
        """The nearest words of each name."""
        v = normalize(words, dim=1)
        at = [self.words.index(name) for name in names]
        cosines = v[at] @ v.T
        cosines[torch.arange(len(at)), at] = -torch.inf
        return [[self.words[number] for number in row] for row in cosines.topk(NEAR, 1).indices.tolist()]

    def _synonym_hits(self, words: Tensor) -> float:
        names = [concept.names for concept in KNOWN]
        names = [pair for pair in (*names, *(pair[::-1] for pair in names)) if set(pair) <= set(self.words)]
        nearest = self._nearest(words, [name for name, _ in names])
        return sum(near[0] == other for near, (_, other) in zip(nearest, names, strict=True)) / len(names)

    def at(self, step: int) -> Moment:
        """With the word vectors of `step` stages."""
        stage = max(step, 1) - 1
        searches, metrics = self._stage(stage)
        y = [self._stage(one)[1]["mrr"] for one in range(stage + 1)]
        curves = {
            "word vectors": (SIZES[: stage + 1], y),
            "tf-idf": (SIZES[: stage + 1], [self.by_tfidf[True]] * len(y)),
        }
        titles = {"x_title": "passages read before", "y_title": "MRR, queries in synonyms", "log_x": True}
        pictures = {
            "search": self._ranking(searches),
            "MRR by text read": lines(curves, **titles),
            "nearest words": self._table(searches.words),
        }
        return Moment(metrics if step else {}, [Picture(pane, payload) for pane, payload in pictures.items()])

    def _ranking(self, searches: Searches) -> Spans:
        """The best passages for the first query; words for what was asked are marked, whatever name they use."""
        cosines = normalize(searches.queries[:1], dim=1) @ normalize(searches.texts, dim=1).T  # (1, N)
        best = cosines[0].topk(SHOWN)
        names = {name: number for number, concept in enumerate(KNOWN) for name in concept.names}
        asked = self.asked[True][0]
        parts, label = [f"query: {' '.join(asked)}\n\n"], [-1]
        for place, (row, cosine) in enumerate(zip(best.indices.tolist(), best.values.tolist(), strict=True), 1):
            mark = "  <- the right one" if row == 0 else ""
            parts.append(f"{place}. {cosine:.2f}{mark}\n")
            label.append(-1)
            for word in self.found[row].words:
                thing = names.get(word)
                hit = [names[name] for name in asked].index(thing) if thing in [names[name] for name in asked] else -1
                parts += [word, " "]
                label += [hit, -1]
            parts.append("\n")
            label.append(-1)
        return Spans(parts=parts, label=label, classes=[f"{name}, by any name" for name in asked])

    def _table(self, words: Tensor) -> Table:
        """Names, and what is nearest to them."""
        names = [concept.names[0] for concept in KNOWN if concept.names[0] in self.words][:LISTED]
        rows = [[name, *near] for name, near in zip(names, self._nearest(words, names), strict=True)]
        return Table(columns=["word", *(f"{place + 1}." for place in range(NEAR))], rows=rows)
