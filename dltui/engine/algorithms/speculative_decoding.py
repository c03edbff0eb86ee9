"""Speculative decoding: a small language model guesses several symbols, a large one checks them in one call (Leviathan
et al. 2023, arXiv:2211.17192; Chen et al. 2023, arXiv:2302.01318).

V: symbols of the alphabet, N: texts, G: guesses of a call; p are probabilities of the large model, q of the small one.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines, Spans, Table

METRICS = {
    "symbols": Metric("symbols written, mean of the texts", counter=True),
    "large_calls": Metric("calls of the large model for each symbol written", better="lower", range=(0, 1)),
    "formula_calls": Metric(
        "calls for each symbol by the formula, each guess accepted equally often", range=(0, 1), axis="large_calls"
    ),
    "acceptance": Metric("share of the guesses checked that were accepted", better="higher", range=(0, 1)),
    "chi2": Metric(
        "chi-squared of the written symbols under the large model, over what chance makes of it: about 1 where they "
        "are distributed as it says",
        better="lower",
        range=(0, None),
    ),
}
PRIOR = 5.0  # a shorter context weighs as much as so many occurrences of a longer one
MOST = 256  # symbols of an alphabet: the large model is a table of their triples
LEAST = 5.0  # expected count from which a symbol after a context is compared
SHOWN = 360  # symbols of the text that is shown
ROWS = 8  # of the table
ORIGINS = ("guess, accepted", "correction by the large model", "one more by the large model")
ACCEPTED, CORRECTED, EXTRA = range(3)


def build(
    *,
    rule: Literal["speculative", "accept_all", "resample_large"] = "speculative",
    guesses: int = 4,
    texts: int = 1000,
    rounds: int = 60,
) -> Callable[[Context], "SpeculativeDecoding"]:
    """Each step is one call of the large model for each text; the models are counted in the training text.

    rule: speculative, a guess x is accepted with probability p(x) / q(x), at most 1, and replaced by a draw of
        (p - q)+ otherwise; accept_all, each is accepted; resample_large, it is replaced by a draw of p.
    guesses: symbols that the small model proposes before a call, at least 0; 0 leaves the large one alone.
    texts: texts that are written side by side, at least 1.
    rounds: calls until the texts are done, at least 1.
    """
    return lambda context: SpeculativeDecoding(context, rule, guesses, texts, rounds)


def counted(text: Tensor, V: int) -> tuple[Tensor, Tensor]:
    """text (M,) -> q (V, V), the small model: a symbol after the last one; p (V, V, V), the large: after the last two.

    Each is counted and leans on the one of a shorter context where it has seen little.
    """
    triples = (text[:-2] * V + text[1:-1]) * V + text[2:]
    count_3 = torch.bincount(triples, minlength=V**3).view(V, V, V).float()
    count_2 = count_3.sum(0)
    alone = (count_2.sum(0) + 1) / (count_2.sum() + V)
    q = (count_2 + PRIOR * alone) / (count_2.sum(1, keepdim=True) + PRIOR)
    return q, (count_3 + PRIOR * q) / (count_3.sum(2, keepdim=True) + PRIOR)


class SpeculativeDecoding(nn.Module):
    """The texts, and where each of their symbols comes from, are buffers."""

    def __init__(self, context: Context, rule: str, G: int, N: int, rounds: int):
        super().__init__()
        rows = context.rows.running_text()
        self.alphabet, self.rule, self.G, self.rounds = rows.vocabularies[0], rule, G, rounds
        self.V, device = len(self.alphabet), context.device
        if self.V > MOST:
            what = f"The text has {self.V} different symbols; the large model is a table of their triples."
            raise DltuiError(what, f"Take a text of at most {MOST} symbols.", ExitStatus.USAGE)
        text = rows.data.train.inputs.flatten()
        self.q, self.p = (table.to(device) for table in counted(text, self.V))
        starts = torch.randint(len(text) - 1, (N, 1))
        room = 2 + rounds * (G + 1)
        self.register_buffer("text", torch.zeros(N, room, dtype=torch.long, device=device))
        self.text[:, :2] = text[starts + torch.arange(2)].to(device)
        self.register_buffer("origin", torch.full((N, room), -1, device=device))
        self.register_buffer("lengths", torch.full((N,), 2, device=device))
        self.register_buffer("checked", torch.zeros(2, device=device))  # guesses accepted, guesses looked at
        self.calls = Counter(self, "called")

    @property
    def done(self) -> bool:
        return int(self.calls) >= self.rounds

    def step(self) -> None:
        """The small model guesses, the large one accepts the first few guesses and adds a symbol of its own."""
        G, first = self.G, self.lengths[:, None] - 2
        before = self.text.gather(1, first + torch.arange(2, device=self.text.device))  # (N, 2)
        seen = torch.cat([before, self.guessed(before[:, 1])], 1)  # (N, 2 + G)
        guesses = seen[:, 2:]
        p = self.p[seen[:, :-1], seen[:, 1:]]  # (N, G + 1, V): the one call
        q = torch.cat([self.q[seen[:, 1:-1]], torch.zeros_like(p[:, :1])], 1)  # nothing is guessed at the last place
        taken = self.accepted(p, q, guesses)  # (N,)
        own = self.drawn_instead(p, q, taken)  # (N, 1)
        at = self.lengths[:, None] + torch.arange(G + 1, device=own.device)
        new = torch.cat([guesses, own], 1).scatter(1, taken[:, None], own)
        its_kind = torch.where(taken == G, EXTRA, CORRECTED)[:, None]
        kind = torch.full_like(new, ACCEPTED).scatter(1, taken[:, None], its_kind)
        self.text.scatter_(1, at, new)  # what stands behind a correction is written over by the next call
        self.origin.scatter_(1, at, kind)
        self.lengths = self.lengths + taken + 1
        self.checked = self.checked + torch.stack([taken.sum(), (taken + 1).clamp(max=G).sum()])
        self.calls.set(int(self.calls) + 1)

    def guessed(self, last: Tensor) -> Tensor:
        """last (N,) -> G symbols (N, G), each drawn by the small model after the one before it."""
        found = [last]
        for _ in range(self.G):
            found.append(torch.multinomial(self.q[found[-1]], 1)[:, 0])
        return torch.stack(found, 1)[:, 1:]

    def accepted(self, p: Tensor, q: Tensor, guesses: Tensor) -> Tensor:
        """p and q (N, G + 1, V), guesses (N, G) -> how many of the first are accepted (N,) int64."""
        p_x, q_x = (table[:, : self.G].gather(2, guesses[..., None])[..., 0] for table in (p, q))
        kept = torch.rand_like(p_x) * q_x < p_x
        if self.rule == "accept_all":
            kept = torch.ones_like(kept)
        return kept.long().cumprod(1).sum(1)

    def drawn_instead(self, p: Tensor, q: Tensor, taken: Tensor) -> Tensor:
        """p and q (N, G + 1, V), taken (N,) -> the large model's own symbol behind the accepted ones (N, 1)."""
        p, q = (table[torch.arange(len(taken), device=taken.device), taken] for table in (p, q))
        return torch.multinomial(p if self.rule == "resample_large" else (p - q).clamp(min=0), 1)

    def evaluate(self) -> dict[str, float]:
        written = (self.lengths - 2).sum().item()
        if not written:
            return {"symbols": 0}
        accepted, checked = self.checked.tolist()
        share = accepted / max(1, checked)
        calls = int(self.calls) * len(self.text)
        return {
            "symbols": written / len(self.text),
            "large_calls": calls / written,
            "formula_calls": formula_calls(share, self.G),
            "acceptance": share,
            "chi2": self.chi2(),
        }

    def counts(self) -> Tensor:
        """(V, V, V): how often each symbol was written after each two."""
        new = torch.arange(self.text.shape[1] - 2, device=self.text.device) + 2 < self.lengths[:, None]
        a, b, c = (self.text[:, place : place + new.shape[1]][new] for place in range(3))
        return torch.bincount((a * self.V + b) * self.V + c, minlength=self.V**3).view(self.p.shape)

    def chi2(self) -> float:
        """The sum of (count - expected)^2 / expected over the symbols of which LEAST are expected after a context; by
        chance a term is 1 - p in the mean, and the sum is divided by these."""
        counts = self.counts()
        expected = counts.sum(2, keepdim=True) * self.p
        told = expected >= LEAST
        by_chance = (1 - self.p)[told].sum().clamp(min=1)
        return (((counts - expected).square() / expected)[told].sum() / by_chance).item()

    def pictures(self) -> Iterator[Picture]:
        """A text, symbol by symbol; what was written after one context; and calls by the number of guesses."""
        yield Picture("text", self._text())
        if int(self.calls):
            yield Picture("one context", self._one_context())
            yield Picture("calls by guesses", self._calls())

    def _text(self) -> Spans:
        first = max(0, int(self.lengths[0]) - SHOWN)
        shown = slice(first, int(self.lengths[0]))
        parts = [self.alphabet[number] for number in self.text[0, shown].tolist()]
        label = self.origin[0, shown].cpu().numpy()
        return Spans(parts=parts, label=label, classes=list(ORIGINS), title="who wrote each symbol")

    def _one_context(self) -> Table:
        """Of the two symbols after which most was written: what follows them by both models, and in the texts."""
        counts = self.counts()
        a, b = divmod(int(counts.sum(2).argmax()), self.V)
        shares = counts[a, b] / counts[a, b].sum()
        rows = [
            [repr(self.alphabet[c]), *(f"{one[c].item():.3f}" for one in (self.q[b], self.p[a, b], shares))]
            for c in self.p[a, b].argsort(descending=True)[:ROWS].tolist()
        ]
        after = repr(self.alphabet[a] + self.alphabet[b])
        return Table(columns=[f"after {after}", "small q", "large p", "written"], rows=rows)

    def _calls(self) -> Lines:
        found = self.evaluate()
        x = list(range(max(10, self.G) + 1))
        curves = {
            f"formula, {found['acceptance']:.2f} accepted": (x, [formula_calls(found["acceptance"], G) for G in x]),
            "measured": ([self.G], [found["large_calls"]]),
        }
        return lines(curves, x_title="guesses before a call", y_title="large calls a symbol")


def formula_calls(acceptance: float, guesses: int) -> float:
    """1 / (1 + a + a^2 + ... + a^G): calls for each symbol where each guess is accepted with probability a."""
    return 1 / sum(acceptance**k for k in range(guesses + 1))
