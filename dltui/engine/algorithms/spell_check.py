"""A spell checker: which word was likely meant, and how likely it is to be misspelt so (Kernighan, Church, Gale 1990,
aclanthology.org/C90-2036; Norvig 2007, norvig.com/spell-correct.html)."""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dltui.engine.algorithms.text_pipeline import lessons
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.generators.typos import ALPHABET, misspelt
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Alignment, Table

NEEDS_DATA = False
METRICS = {
    "accuracy": Metric(
        "share of test errors for which the likeliest word is the one meant", "higher", range=(0, 1), rows="test"
    ),
    "distance_accuracy": Metric(
        "share corrected by the least edit distance, ties by how common a word is", range=(0, 1), axis="accuracy"
    ),
    "pairs": Metric("misspelt words, with what was meant, that the model of errors has learned from", counter=True),
    "words": Metric("words of the vocabulary", whole=True, counter=True),
}
SIZES = (0, 30, 100, 300, 1000, 3000)  # pairs known at each step
TESTS = 400  # errors that are corrected
LISTED = 9  # of them in the table
CANDIDATES = 3  # words shown for each
SHORTEST = 3  # letters of a word that is misspelt
APART = 2  # letters by which a word may be longer or shorter than what was written
START = len(ALPHABET)  # stands before the first letter
SMOOTH = 0.1  # added to each count: what was never seen is unlikely, not impossible


def build(*, prior: bool = True, errors: bool = True) -> Callable[[Context], "SpellCheck"]:
    """Each step learns the model of errors from more pairs of a misspelt word and the word that was meant.

    prior: whether a common word is likelier than a rare one; false takes all as equally likely.
    errors: whether the model of errors learns; false gives every edit the same probability.
    """
    return lambda context: SpellCheck(prior, errors, context.seed)


class Costs(NamedTuple):
    """-ln of the probability of each edit, by letters a, b of ALPHABET."""

    substitute: np.ndarray  # (26, 26): a was meant, b was written; 0 where they are equal
    insert: np.ndarray  # (27, 26): b was added behind a, the last row: before the first letter
    delete: np.ndarray  # (26,): a was left out
    transpose: float  # two letters changed places


def unit_costs() -> Costs:
    """Every edit costs 1: the distance of Damerau 1964."""
    n = len(ALPHABET)
    return Costs(1.0 - np.eye(n), np.ones((n + 1, n)), np.ones(n), 1.0)


def distances(written: np.ndarray, words: np.ndarray, lengths: np.ndarray, costs: Costs) -> np.ndarray:
    """Letters written (n,), words (V, L) of `lengths` (V,) -> (V,): the least cost of edits from each word.

    D[i][j]: from the first j letters of the word to the first i that were written. No letter is edited twice.
    """
    V, L = words.shape
    known = np.minimum(words, START - 1)  # what stands behind a word's end is computed and never used
    D = np.zeros((len(written) + 1, L + 1, V))
    for j in range(1, L + 1):
        D[0, j] = D[0, j - 1] + costs.delete[known[:, j - 1]]
    for i, letter in enumerate(written, 1):
        D[i, 0] = D[i - 1, 0] + costs.insert[START, letter]
        for j in range(1, L + 1):
            last = known[:, j - 1]
            best = np.minimum(D[i - 1, j - 1] + costs.substitute[last, letter], D[i, j - 1] + costs.delete[last])
            best = np.minimum(best, D[i - 1, j] + costs.insert[last, letter])
            if i > 1 and j > 1:
                turned = (known[:, j - 2] == letter) & (last == written[i - 2])
                best = np.where(turned, np.minimum(best, D[i - 2, j - 2] + costs.transpose), best)
            D[i, j] = best
    return D[len(written), lengths, np.arange(V)]


def edit_of(written: str, meant: str) -> tuple[str, int, int] | None:
    """Returns the one edit from `meant` to `written`, as its kind and two letters (see Costs); None for more edits."""
    start = next(
        (at for at, (a, b) in enumerate(zip(written, meant, strict=False)) if a != b), min(len(written), len(meant))
    )
    a, b = meant[start:], written[start:]
    number = {letter: place for place, letter in enumerate(ALPHABET)}
    before = number[meant[start - 1]] if start else START
    if a[1:] == b[1:] and a and b:
        return "substitute", number[a[0]], number[b[0]]
    if a == b[1:]:
        return "insert", before, number[b[0]]
    if a[1:] == b:
        return "delete", number[a[0]], 0
    if len(a) > 1 and a[1::-1] == b[:2] and a[2:] == b[2:]:
        return "transpose", 0, 0
    return None


def learned(pairs: list[tuple[str, str]]) -> Costs:
    """Pairs (written, meant) -> costs: how often each edit was seen, among all edits of the pairs that have one."""
    n = len(ALPHABET)
    counts = {"substitute": np.zeros((n, n)), "insert": np.zeros((n + 1, n)), "delete": np.zeros((n, 1)),
              "transpose": np.zeros((1, 1))}  # fmt: skip
    for written, meant in pairs:
        if edit := edit_of(written, meant):
            counts[edit[0]][edit[1], edit[2]] += 1
    total = sum(count.sum() + SMOOTH * count.size for count in counts.values())
    cost = {kind: -np.log((count + SMOOTH) / total) for kind, count in counts.items()}
    np.fill_diagonal(cost["substitute"], 0)
    return Costs(cost["substitute"], cost["insert"], cost["delete"][:, 0], float(cost["transpose"][0, 0]))


class SpellCheck:
    """A walkthrough: words and how common they are come from the lessons of all recipes, errors are made."""

    length = len(SIZES)

    def __init__(self, prior: bool, errors: bool, seed: int):
        text = lessons("en").lower()
        counts = Counter(word for word in text.split() if word.isascii() and word.isalpha())
        self.words = sorted(word for word, count in counts.items() if count > 1)
        common = np.array([counts[word] for word in self.words], float)
        self.log_prior = np.log(common / common.sum()) if prior else np.zeros(len(common))
        self.order = common / common.sum()
        self.lengths = np.array([len(word) for word in self.words])
        self.letters = np.full((len(self.words), self.lengths.max()), START)
        for row, word in zip(self.letters, self.words, strict=True):
            row[: len(word)] = numbers(word)
        random = np.random.Generator(np.random.PCG64(seed))
        long = self.lengths >= SHORTEST
        drawn = random.choice(len(self.words), max(SIZES) + TESTS, p=common * long / (common * long).sum())
        pairs = [(misspelt(self.words[word], random), self.words[word]) for word in drawn]
        self.tests, self.pairs = pairs[:TESTS], pairs[TESTS:]
        self.costs = [learned(self.pairs[: size if errors else 0]) for size in SIZES]
        self.found: dict[int, list[list[str]]] = {}
        self.distance_accuracy = self._accuracy([self._nearest(written) for written, _ in self.tests])

    def _close(self, written: str) -> np.ndarray:
        """The numbers of the words that are about as long."""
        return np.flatnonzero(np.abs(self.lengths - len(written)) <= APART)

    def _costs(self, written: str, costs: Costs) -> tuple[np.ndarray, np.ndarray]:
        close = self._close(written)
        width = self.lengths[close].max()
        return close, distances(numbers(written), self.letters[close, :width], self.lengths[close], costs)

    def _nearest(self, written: str) -> list[str]:
        """By edit distance, the commonest of those equally near first."""
        close, distance = self._costs(written, unit_costs())
        return [self.words[close[at]] for at in np.lexsort((-self.order[close], distance))[:CANDIDATES]]

    def _likeliest(self, written: str, costs: Costs) -> list[str]:
        """By P(word) P(written | word)."""
        close, cost = self._costs(written, costs)
        return [self.words[close[at]] for at in np.argsort(cost - self.log_prior[close], kind="stable")[:CANDIDATES]]

    def _accuracy(self, found: list[list[str]]) -> float:
        return float(np.mean([words[0] == meant for words, (_, meant) in zip(found, self.tests, strict=True)]))

    def _corrected(self, stage: int) -> list[list[str]]:
        if stage not in self.found:
            self.found[stage] = [self._likeliest(written, self.costs[stage]) for written, _ in self.tests]
        return self.found[stage]

    def at(self, step: int) -> Moment:
        """With the pairs of `step` stages learned."""
        stage = max(step, 1) - 1
        accuracies = [self._accuracy(self._corrected(one)) for one in range(stage + 1)]
        pictures = {"corrections": self._table(stage), "errors of letters": self._confusions(stage)}
        pairs = [max(size, 1) for size in SIZES[: stage + 1]]
        curves = {
            "word and errors": (pairs, accuracies),
            "edit distance": (pairs, [self.distance_accuracy] * len(pairs)),
        }
        titles = {"x_title": "pairs learned from", "y_title": "corrected rightly", "log_x": True}
        pictures["accuracy by pairs"] = lines(curves, **titles)
        metrics = {"accuracy": accuracies[-1], "distance_accuracy": self.distance_accuracy}
        metrics |= {"pairs": SIZES[stage], "words": len(self.words)}
        return Moment(metrics if step else {}, [Picture(pane, payload) for pane, payload in pictures.items()])

    def _table(self, stage: int) -> Table:
        """Some test errors, the likeliest words, and what edit distance alone would take."""
        rows = []
        for (written, meant), words in list(zip(self.tests, self._corrected(stage), strict=True))[:LISTED]:
            mark = "right" if words[0] == meant else "wrong"
            rows.append([written, meant, mark, *words, self._nearest(written)[0]])
        columns = ["written", "meant", "", *(f"{place + 1}." for place in range(CANDIDATES)), "by edit distance"]
        return Table(columns=columns, rows=rows)

    def _confusions(self, stage: int) -> Alignment:
        """P(b was written | a was meant and another letter written)."""
        p = np.exp(-self.costs[stage].substitute)
        np.fill_diagonal(p, 0)
        return Alignment(
            weights=p / p.sum(1, keepdims=True),
            rows=list(ALPHABET),
            columns=list(ALPHABET),
            row_title="letter meant",
            column_title="letter written in its place",
        )


def numbers(word: str) -> np.ndarray:
    """Returns the places (n,) of its letters in ALPHABET."""
    return np.frombuffer(word.encode(), np.uint8).astype(int) - ord("a")
