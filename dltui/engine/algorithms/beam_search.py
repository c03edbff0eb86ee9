"""Greedy search against beam search: the likeliest end of a sentence, by a model that counts which word follows a pair.

Lowerre 1976 (the Harpy speech recognition system); Sutskever, Vinyals, Le 2014, arXiv:1409.3215; Wu et al. 2016,
arXiv:1609.08144 (length normalisation).
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product

import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.generators import word_groups
from dltui.engine.layers.beam_search import Hypothesis, Search, beam_search
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Spans, Table

NEEDS_DATA = False
METRICS = {
    "log_p": Metric("log-probability of the sentence that the search returns, the mean", better="higher"),
    "greedy_log_p": Metric("log-probability of the sentence by greedy search, the mean", axis="log_p"),
    "above_greedy": Metric("share of the beginnings at which the search ends above greedy search", range=(0, 1)),
    "below_greedy": Metric(
        "share of the beginnings at which the search ends below greedy search",
        better="lower", range=(0, 1), axis="above_greedy",
    ),
    "words": Metric("words that the search adds to the two given ones, the mean", range=(0, None)),
    "exhaustive_gap": Metric(
        "log-probability that a beam as wide as there are sequences lacks to the best of all, small random models",
        better="lower", check=True,
    ),
}  # fmt: skip
SENTENCES, BEGINNINGS = 2000, 60
START, END = 0, 1
LONGEST = 12  # words that are added
MIXED = (0.9, 0.09, 0.01)  # weights of the counts after a pair, after a word, and of the words alone
WIDTHS = (1, 2, 3, 5, 10)
TINY, LENGTH, MODELS = 3, 5, 8  # words besides the end, length and number of the models whose sequences are all tried
ROUNDING = 1e-6
SHOWN = 9  # lines of the tree besides the beam's own


def build(
    *, width: int = 3, alpha: float = 0.0, keep_greedy: bool = True, beginning: int = 45
) -> Callable[[Context], "BeamSearch"]:
    """Each step shows the beam after one more word.

    width: sequences that are kept after each word, at least 1, at most 20; 1 is greedy search.
    alpha: log p is divided by length^alpha before the finished are compared, at least 0, at most 2.
    keep_greedy: whether greedy search's sentence is among those that are compared in the end.
    beginning: which of the beginnings is shown, at least 1, at most 60.
    """
    return lambda context: BeamSearch(width, alpha, keep_greedy, beginning - 1, context.seed)


class Trigrams:
    """p of a word after the two before it, counted in sentences: log_p (V, V, V)."""

    def __init__(self, sentences: Sequence[Sequence[str]]):
        self.words = ("<start>", "<end>", *sorted({word for sentence in sentences for word in sentence}))
        self.number = {word: place for place, word in enumerate(self.words)}
        V = len(self.words)
        triples = [
            triple
            for sentence in sentences
            for row in [[START, START, *(self.number[word] for word in sentence), END]]
            for triple in zip(row, row[1:], row[2:], strict=False)
        ]
        a, b, c = torch.tensor(triples).T
        counts = torch.bincount((a * V + b) * V + c, minlength=V**3).view(V, V, V).double()
        after_word, alone = counts.sum(0), counts.sum((0, 1))
        p = sum(weight * _shares(part) for weight, part in zip(MIXED, (counts, after_word, alone), strict=True))
        p[..., START] = 0
        self.log_p = _shares(p).log()

    def step(self, last: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """See layers.beam_search.Step; the state is the word before the last."""
        return self.log_p[before, last], last


def _shares(counts: Tensor) -> Tensor:
    return counts / counts.sum(-1, keepdim=True).clamp(min=1e-12)


def exhaustive_gap(seed: int) -> float:
    """The greatest gap of a full beam to the best of all sequences that come to their end, of random models."""
    random = torch.Generator().manual_seed(seed)
    gaps = []
    for _ in range(MODELS):
        log_p = torch.randn(TINY + 1, TINY + 1, dtype=torch.float64, generator=random).mul(2).log_softmax(1)

        def step(last: Tensor, state: Tensor, log_p: Tensor = log_p) -> tuple[Tensor, Tensor]:
            return log_p[last], state

        found = beam_search(
            step, torch.zeros(1), 0, TINY, width=(TINY + 1) ** LENGTH, length=LENGTH, alpha=0.0
        ).best  # symbol TINY is the end, 0 stands before
        every = [
            sum(log_p[a, b].item() for a, b in zip((0, *path), (*path, TINY), strict=True))
            for length in range(LENGTH)
            for path in product(range(TINY), repeat=length)
        ]
        gaps.append(max(every) - found.log_p)
    return max(gaps)


class BeamSearch:
    """A walkthrough of one beginning; all beginnings are searched once, when it is made."""

    def __init__(self, width: int, alpha: float, keep_greedy: bool, shown: int, seed: int):
        self.width, self.alpha, self.keep_greedy = width, alpha, keep_greedy
        drawn = word_groups.sentences(SENTENCES, seed=seed)
        self.model = Trigrams(drawn)
        pairs = list(dict.fromkeys(tuple(sentence[:2]) for sentence in drawn if len(sentence) > 2))
        self.pairs = pairs[:BEGINNINGS]
        self.greedy = [self.search(pair, 1).best for pair in self.pairs]
        self.shown = min(shown, len(self.pairs) - 1)
        self.tree = self.search(self.pairs[self.shown], width)
        self.length = len(self.tree.beams)
        self.by_width = {other: self.measured(other) for other in dict.fromkeys((*WIDTHS, width))}
        self.metrics = {**self.by_width[width], "exhaustive_gap": exhaustive_gap(seed)}

    def search(self, pair: tuple[str, str], width: int) -> Search:
        """The sentence that goes on from two words."""
        before, last = (self.model.number[word] for word in pair)
        find = partial(beam_search, self.model.step, torch.tensor([before]), last, END)
        return find(width=width, length=LONGEST, alpha=self.alpha)

    def chosen(self, place: int, width: int) -> Hypothesis:
        """The best of what is finished; greedy search's among them if it is kept."""
        best, greedy = self.search(self.pairs[place], width).best, self.greedy[place]
        return max(best, greedy, key=lambda one: one.score(self.alpha)) if self.keep_greedy else best

    def measured(self, width: int) -> dict[str, float]:
        """Over all beginnings, for one width."""
        found = [self.chosen(place, width) for place in range(len(self.pairs))]
        gained = torch.tensor([a.log_p - b.log_p for a, b in zip(found, self.greedy, strict=True)])
        return {
            "log_p": sum(one.log_p for one in found) / len(found),
            "greedy_log_p": sum(one.log_p for one in self.greedy) / len(found),
            "above_greedy": (gained > ROUNDING).float().mean().item(),
            "below_greedy": (gained < -ROUNDING).float().mean().item(),
            "words": sum(len(one.symbols) - one.finished for one in found) / len(found),
        }

    def at(self, step: int) -> Moment:
        """The tree so far; what each width finds; sentences by greedy search and by the beam."""
        pictures = {"tree": self._tree(max(1, step)), "by width": self._by_width(), "sentences": self._sentences()}
        return Moment(dict(self.metrics), [Picture(pane, payload) for pane, payload in pictures.items()])

    def _tree(self, step: int) -> Spans:
        """A line a sequence, coloured by the probability of each word: a beginning that lines share stands once."""
        beam = self.tree.beams[step - 1]
        done = [one for earlier in self.tree.beams[: step - 1] for one in earlier if one.finished]
        greedy = self.greedy[self.shown].symbols[:step]
        rows = sorted(
            {one.symbols: one for one in (self._part(greedy), *done, *beam)}.values(), key=lambda one: one.symbols
        )
        parts, values = [], []
        before: tuple[int, ...] = ()
        for row in rows:
            state = "end" if row.finished else "kept"
            if row.symbols == greedy:
                state = "greedy" if row in beam or row in done else "lost"
            parts.append(f"{row.log_p:6.2f} {state:<6} ")
            values.append(torch.nan)
            for place, symbol in enumerate(row.symbols):
                word = "." if symbol == END else self.model.words[symbol]
                same = before[: place + 1] == row.symbols[: place + 1]
                parts += [" " * len(word) if same else word, " "]
                values += [torch.nan if same else self._p(row.symbols, place), torch.nan]
            parts[-1] = "\n"
            before = row.symbols
        title = f'"{" ".join(self.pairs[self.shown])} ..." width {self.width}, log p first'
        return Spans(parts=parts, values=values, limits=[0.0, 1.0], title=title)

    def _p(self, symbols: tuple[int, ...], place: int) -> float:
        """The probability of one word of a sequence after those before it."""
        row = [self.model.number[word] for word in self.pairs[self.shown]] + list(symbols)
        return self.model.log_p[tuple(row[place : place + 3])].exp().item()

    def _part(self, symbols: tuple[int, ...]) -> Hypothesis:
        """Words of greedy search, which may have left the beam."""
        p = [self._p(symbols, place) for place in range(len(symbols))]
        return Hypothesis(symbols, torch.tensor(p).log().sum().item(), symbols[-1] == END)

    def _by_width(self) -> object:
        widths = sorted(self.by_width)
        found = {"this search": (widths, [self.by_width[width]["log_p"] for width in widths])}
        ends = [widths[0], widths[-1]]
        found["greedy"] = (ends, [self.metrics["greedy_log_p"]] * 2)
        return lines(found, x_title="width of the beam", y_title="log p of the sentence, mean")

    def _sentences(self) -> Table:
        """Beginnings at which they differ most."""
        found = [self.chosen(place, self.width) for place in range(len(self.pairs))]
        order = sorted(range(len(found)), key=lambda place: self.greedy[place].log_p - found[place].log_p)
        rows = []
        for place in order[:SHOWN]:
            for name, one in (("greedy", self.greedy[place]), ("beam", found[place])):
                rows.append([name, round(one.log_p, 2), " ".join(self.pairs[place]), self._spelled(one)])
        return Table(columns=["search", "log p", "given", "goes on"], rows=rows)

    def _spelled(self, one: Hypothesis) -> str:
        return " ".join(self.model.words[symbol] for symbol in one.symbols if symbol != END)
