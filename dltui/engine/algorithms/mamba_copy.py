"""Selective copying by a state space model whose step depends on the input ("Mamba", Gu and Dao 2023,
arXiv:2312.00752); with steps that do not it is one like S4 (Gu et al. 2021, arXiv:2111.00396).

h_t = exp(dt_t A) h_(t-1) + dt_t B_t x_t,  y_t = C_t h_t; T tokens, D channels, N numbers of the state h for each.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad, silu, softplus

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Heat, Spans

NEEDS_DATA = False
METRICS = {
    "loss": Metric("training loss of a batch of new sequences", better="lower", progress=True, rows="train"),
    "accuracy": Metric("share of the marked symbols copied rightly", better="higher", range=(0, 1), rows="test"),
    "copied": Metric(
        "share of the sequences of which all marked symbols are copied rightly",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "marked_share": Metric(
        "mean step at a marked symbol / (that + mean step at an unmarked one); 0.5 where they are equal",
        range=(0, 1),
        rows="test",
    ),
    "scan_error": Metric(
        "greatest difference between the scan and a plain loop, as a share of the greatest number", check=True
    ),
}
TESTED = 1000
SHORTEST, LONGEST = 0.01, 0.5  # steps dt of the channels before training
LETTERS = "ABCDEFGHIJKLMNOP"


def build(
    *,
    selective: bool = True,
    symbols: int = 8,
    marked: int = 3,
    length: int = 24,
    width: int = 24,
    state: int = 4,
    batch: int = 64,
    lr: float = 0.01,
) -> Callable[[Context], "SelectiveCopy"]:
    """Each step trains on new sequences; the net is to give the marked symbols, in their order, after the end.

    selective: whether dt, B and C depend on the token; else each is one learned vector.
    symbols: different symbols, each marked or not, at least 2, at most 16.
    marked: marked symbols of a sequence, at least 1, at most 8.
    length: symbols of a sequence, at least 8, at most 128.
    width: channels, at least 1.
    state: numbers of the state of a channel, at least 1.
    batch: sequences of a step, at least 1.
    lr: learning rate of Adam at the beginning, above 0; at the end of the run it is a hundredth.
    """
    if marked >= length:
        what = f"algorithm.marked: {marked} of {length} symbols leave none unmarked."
        raise DltuiError(what, f"Take at most {length - 1}, or a larger algorithm.length.", ExitStatus.USAGE)
    sizes = Sizes(symbols, marked, length)
    return lambda context: SelectiveCopy(context, selective, sizes, width, state, batch, lr)


class Sizes(NamedTuple):
    """Of the sequences. Tokens: marked symbols, unmarked ones, then one for each place of the answer."""

    symbols: int
    marked: int
    length: int

    def rows(self, count: int, random: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Tokens (count, length + marked) and the marked symbols in their order (count, marked)."""
        places = torch.rand(count, self.length, generator=random).argsort(1)[:, : self.marked].sort(1).values
        answers = torch.randint(self.symbols, (count, self.marked), generator=random)
        tokens = self.symbols + torch.randint(self.symbols, (count, self.length), generator=random)
        tokens = tokens.scatter(1, places, answers)
        asked = (2 * self.symbols + torch.arange(self.marked)).expand(count, -1)
        return torch.cat([tokens, asked], 1), answers


def scan(a: Tensor, b: Tensor) -> Tensor:
    """h_t = a_t h_(t-1) + b_t of a, b (B, T, ...), from h = 0: all t at once, in log2 T rounds (Blelloch 1990)."""
    reach = 1
    while reach < a.shape[1]:
        past = [0, 0] * (a.dim() - 2) + [reach, 0]
        b = b + a * pad(b[:, :-reach], past)
        a = a * pad(a[:, :-reach], past, value=1.0)
        reach *= 2
    return b


def looped(a: Tensor, b: Tensor) -> Tensor:
    """The same, one t after the other."""
    h, states = torch.zeros_like(b[:, 0]), []
    for t in range(a.shape[1]):
        h = a[:, t] * h + b[:, t]
        states.append(h)
    return torch.stack(states, 1)


class StateSpace(nn.Module):
    """Tokens (B, T) -> logits (B, marked, symbols): one layer, gated as Mamba's is."""

    def __init__(self, selective: bool, sizes: Sizes, D: int, N: int):
        super().__init__()
        self.selective, self.marked = selective, sizes.marked
        self.embedding = nn.Embedding(2 * sizes.symbols + sizes.marked, D)
        self.inner = nn.Linear(D, 2 * D)
        self.log_A = nn.Parameter(torch.arange(1, N + 1).float().log().repeat(D, 1))  # A = -1 ... -N
        self.dt, self.B, self.C = nn.Linear(D, D), nn.Linear(D, N), nn.Linear(D, N)
        first = torch.empty(D).uniform_(np.log(SHORTEST), np.log(LONGEST)).exp()
        with torch.no_grad():
            self.dt.bias.copy_(first.expm1().log())  # softplus gives `first`
        self.skip = nn.Parameter(torch.ones(D))
        self.outer, self.head = nn.Linear(D, D), nn.Linear(D, sizes.symbols)

    def factors(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The inputs x and steps dt (B, T, D), and a, b (B, T, D, N) of h_t = a_t h_(t-1) + b_t."""
        x = silu(self.inner(self.embedding(tokens)).chunk(2, -1)[0])
        dt = softplus(self.dt(self._seen(x)))
        a = (-dt[..., None] * self.log_A.exp()).exp()
        return x, dt, a, (dt * x)[..., None] * self.B(self._seen(x))[:, :, None]

    def _seen(self, x: Tensor) -> Tensor:
        """What dt, B and C are made of: without it only their biases are left."""
        return x if self.selective else torch.zeros_like(x)

    def forward(self, tokens: Tensor) -> Tensor:
        e = self.embedding(tokens)
        x, _, a, b = self.factors(tokens)
        y = (scan(a, b) * self.C(self._seen(x))[:, :, None]).sum(-1) + self.skip * x  # (B, T, D)
        gate = silu(self.inner(e).chunk(2, -1)[1])
        return self.head(self.outer(y * gate) + e)[:, -self.marked :]


class SelectiveCopy(nn.Module):
    """The net, and test sequences that the seed alone draws."""

    done = False

    def __init__(self, context: Context, selective: bool, sizes: Sizes, D: int, N: int, batch: int, lr: float):
        super().__init__()
        self.sizes, self.batch, self.lr, self.steps = sizes, batch, lr, context.steps
        self.device = context.device
        self.net = StateSpace(selective, sizes, D, N).to(self.device)
        self.adam = AdamInBuffers(self.net.parameters(), lr)
        rows = sizes.rows(TESTED, torch.Generator().manual_seed(context.seed + 1))
        self.tokens, self.answers = (part.to(self.device) for part in rows)

    def step(self) -> dict[str, float]:
        """Moves the weights once by a batch of new sequences."""
        tokens, answers = (part.to(self.device) for part in self.sizes.rows(self.batch))
        self.adam.lr = self.lr * max(0.01, 1 - int(self.adam.steps) / self.steps)
        with torch.enable_grad():
            loss = cross_entropy(self.net(tokens).flatten(0, 1), answers.flatten())
            self.adam.step(loss)
        return {"loss": float(loss.detach())}

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        right = self.net(self.tokens).argmax(-1) == self.answers
        _, dt, a, b = self.net.factors(self.tokens)
        symbols, dt = self.tokens[:, : self.sizes.length], dt.mean(2)[:, : self.sizes.length]
        h = looped(a, b)
        marked, others = dt[symbols < self.sizes.symbols].mean(), dt[symbols >= self.sizes.symbols].mean()
        return {
            "accuracy": right.float().mean().item(),
            "copied": right.all(1).float().mean().item(),
            "marked_share": (marked / (marked + others)).item(),
            "scan_error": ((scan(a, b) - h).abs().max() / h.abs().max()).item(),
        }

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """One test sequence: the step at each token, and the state while it is read; the first row is the tokens."""
        tokens = self.tokens[:1]
        _, dt, a, b = self.net.factors(tokens)
        h = scan(a, b)[0].flatten(1)  # (T, D N)
        h = h / h.abs().amax(0).clamp(min=1e-6)
        started = (h.abs() > 0.5).int().argmax(0)  # when it is first half full
        yield Picture("state", Heat(
            values=h[:, started.argsort()].T.cpu().numpy(), x_title="token", y_title="number of the state",
        ))  # fmt: skip
        given = self.net(tokens)[0].argmax(-1).tolist()
        yield Picture("step size", Spans(
            parts=[self._word(token, given) + " " for token in tokens[0].tolist()], values=dt[0].mean(1).cpu().numpy(),
            title="capitals are marked; after ? what the net answers",
        ))  # fmt: skip

    def _word(self, token: int, given: list[int]) -> str:
        if token >= 2 * self.sizes.symbols:
            return "?" + LETTERS[given[token - 2 * self.sizes.symbols]]
        return LETTERS[token] if token < self.sizes.symbols else LETTERS[token - self.sizes.symbols].lower()
