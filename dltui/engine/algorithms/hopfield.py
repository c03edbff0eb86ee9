"""Hopfield network: stored pictures are recalled from fragments (Hopfield 1982, doi:10.1073/pnas.79.8.2554).

N: units, P: stored patterns, x (P, N): the patterns, s (P, N): states, one network started from each fragment.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric

METRICS = {
    "recalled": Metric("share of the stored patterns recalled exactly", better="higher", range=(0, 1)),
    "overlap": Metric(
        "mean agreement of the states with their patterns, 1 where all units agree, 0 by chance",
        better="higher",
        range=(-1, 1),
        axis="recalled",
    ),
    "energy": Metric("mean energy of the states, divided by the number of units", better="lower", progress=True),
    "rises": Metric("updates after which the energy of a state was higher", better="lower", whole=True),
    "few_recalled": Metric("share of random patterns recalled exactly, 0.05 N of them stored", range=(0, 1)),
    "many_recalled": Metric(
        "share of random patterns recalled exactly, 0.2 N of them stored", range=(0, 1), axis="few_recalled"
    ),
}
LOADS = (0.02, 0.05, 0.08, 0.11, 0.14, 0.17, 0.2)  # stored random patterns as shares of the number of units
FEW, MANY = LOADS.index(0.05), LOADS.index(0.2)
RANDOM_UNITS, TRIED = 800, 20  # units of the networks with random patterns, and patterns recalled of each
SWEEPS = 8  # over the units of those networks, at most
SHOWN = 8  # patterns of the picture
Rule = Callable[[Tensor], Tensor]  # patterns (P, N) -> weights (N, N)
PARTS = 14  # steps of one sweep over all units
ROUNDING = 1e-9  # of an energy in float64
RIDGE = 1e-9  # so that two equal patterns do not make the Gram matrix singular


def build(
    *,
    rule: Literal["hebb", "pseudo_inverse"] = "hebb",
    patterns: int = 16,
    covered: float = 0.5,
    one_at_a_time: bool = True,
) -> Callable[[Context], "Hopfield"]:
    """Stores pictures in the weights; each step then updates a part of the units of every state, one after the other.

    rule: hebb sums the outer products of the patterns; pseudo_inverse projects onto the space that they span.
    patterns: training pictures that are stored, in black and white, at least 2, at most 400.
    covered: share of each pattern, from below, that is replaced by random pixels, at least 0, at most 1.
    one_at_a_time: whether units see the updates of those before them; false updates all at once.
    """

    def begin(context: Context) -> Hopfield:
        x, shape = stored(context.rows, patterns)
        return Hopfield(x, shape, hebb if rule == "hebb" else pseudo_inverse, covered, one_at_a_time)

    return begin


def stored(rows: Rows, count: int) -> tuple[Tensor, tuple[int, int]]:
    """Returns patterns of -1 and 1, (P, N) float64, and the height and width of their picture."""
    pictures = rows.pictures(1).train
    chosen = torch.randperm(len(pictures))[:count].to(rows.device)
    pixels = pictures.batch(chosen).flatten(1).double().cpu()  # 0..1
    return torch.where(pixels > 0.5, 1.0, -1.0).double(), tuple(pictures.stored.shape[-2:])


def hebb(x: Tensor) -> Tensor:
    """W = sum over patterns of x x^T / N, (N, N): units that are active together are joined. No unit acts on itself."""
    return (x.T @ x / x.shape[1]).fill_diagonal_(0)


def pseudo_inverse(x: Tensor) -> Tensor:
    """W = X^T (X X^T)^-1 X, (N, N): what lies in the space of the patterns stays as it is. No unit acts on itself."""
    gram = x @ x.T + RIDGE * x.shape[1] * torch.eye(len(x), dtype=x.dtype)  # (P, P)
    return (x.T @ torch.linalg.solve(gram, x)).fill_diagonal_(0)


def energy(s: Tensor, W: Tensor) -> Tensor:
    """E = -1/2 s W s of states s (P, N) -> (P,)."""
    return -0.5 * ((s @ W) * s).sum(1)


def fragments(x: Tensor, share: float) -> Tensor:
    """Patterns (P, N), whose last units are replaced by random ones."""
    kept = round((1 - share) * x.shape[1])
    s = x.clone()
    s[:, kept:] = torch.randint(2, s[:, kept:].shape).to(x) * 2 - 1
    return s


def answers(h: Tensor, s: Tensor) -> Tensor:
    """The sign of what the other units say, h; a unit of which they say nothing stays as it is."""
    return torch.where(h == 0, s, h.sign())


def at_rest(s: Tensor, W: Tensor) -> Tensor:
    """States (P, N) after up to SWEEPS sweeps over their units, one after the other."""
    s = s.clone()
    for _ in range(SWEEPS):
        before = s.clone()
        for i in range(s.shape[1]):
            s[:, i] = answers(s @ W[i], s[:, i])
        if (s == before).all():
            break
    return s


def capacity(learn: Rule, covered: float) -> list[float]:
    """Returns for each of LOADS the share of TRIED random patterns that are recalled exactly from a fragment."""
    found = []
    for load in LOADS:
        x = torch.randint(2, (round(load * RANDOM_UNITS), RANDOM_UNITS)).double() * 2 - 1
        tried = x[:TRIED]
        found.append((at_rest(fragments(tried, covered), learn(x)) == tried).all(1).double().mean().item())
    return found


class Hopfield(nn.Module):
    """P states s (P, N) of one network with weights W (N, N), each on its way to a minimum of the energy."""

    def __init__(self, x: Tensor, shape: tuple[int, int], learn: Rule, covered: float, one_at_a_time: bool):
        super().__init__()
        self.shape, self.one_at_a_time = shape, one_at_a_time
        begun = fragments(x, covered)
        for name, part in {"x": x, "begun": begun, "order": torch.randperm(x.shape[1])}.items():
            self.register_buffer(name, part)
        self.register_buffer("W", learn(x), persistent=False)
        self.register_buffer("of_random", torch.tensor(capacity(learn, covered)))
        self.register_buffer("s", begun.clone())
        self.steps, self.rises = Counter(self, "taken"), Counter(self, "risen")
        self.still = Counter(self, "unchanged")  # steps one after the other that changed nothing

    def step(self) -> dict[str, float]:
        """Updates the next units in the order; returns the energy per unit."""
        units = self.order.tensor_split(PARTS)[int(self.steps) % PARTS]
        before = self.s.clone()
        if self.one_at_a_time:
            self._in_turn(units)
        else:
            E = energy(self.s, self.W)
            self.s = answers(self.s @ self.W, self.s)
            self._count(energy(self.s, self.W) - E)
        self.still.set(0 if (before != self.s).any() else int(self.still) + 1)
        self.steps.set(int(self.steps) + 1)
        return {"energy": self._energy()}

    def _in_turn(self, units: Tensor) -> None:
        """Unit i takes the sign of h_i = sum over j of W_ij s_j, which changes the energy by -h_i (s_i' - s_i)."""
        for i in units.tolist():
            h = self.s @ self.W[i]  # (P,)
            changed = answers(h, self.s[:, i])
            self._count(-h * (changed - self.s[:, i]))
            self.s[:, i] = changed

    def _count(self, gains: Tensor) -> None:
        self.rises.set(int(self.rises) + int((gains > ROUNDING).sum()))

    def _energy(self) -> float:
        return energy(self.s, self.W).mean().item() / self.s.shape[1]

    @property
    def done(self) -> bool:
        """Whether a whole sweep has changed nothing."""
        return int(self.still) >= PARTS

    def evaluate(self) -> dict[str, float]:
        """How near the states are to their patterns, and their energy."""
        return {
            "recalled": (self.s == self.x).all(1).double().mean().item(),
            "overlap": (self.s * self.x).mean().item(),
            "energy": self._energy(),
            "rises": int(self.rises),
            "few_recalled": self.of_random[FEW].item(),
            "many_recalled": self.of_random[MANY].item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """Some fragments, what they have become, and the patterns that they were cut from; how many can be stored."""
        rows = {"fragment": self.begun, "state now": self.s, "stored": self.x}
        sheet = torch.cat([part[:SHOWN] for part in rows.values()])  # (3 SHOWN, N)
        pictures = ((sheet + 1) / 2).view(-1, 1, *self.shape)
        columns = min(SHOWN, len(self.x))
        yield Picture("recall", montage(pictures, columns=columns, row_titles=list(rows)))
        curves = {"recalled": (LOADS, self.of_random)}
        yield Picture("capacity", lines(curves, x_title="random patterns / units", y_title="share recalled"))
