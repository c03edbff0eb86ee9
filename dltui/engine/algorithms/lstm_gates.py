"""The gates of an LSTM, of one with peepholes and of a GRU on a line of text, symbol by symbol.

Hochreiter and Schmidhuber 1997 ("Long short-term memory"); Gers, Schmidhuber, Cummins 2000 ("Learning to forget");
Gers and Schmidhuber 2000 (peepholes); Cho et al. 2014, arXiv:1406.1078 (GRU).
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.gated_cells import GRUStep, LSTMStep, Weights, gru_step, lstm_step
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Grid, Grids, Spans

NEEDS_DATA = False
METRICS = {
    "cases": Metric("random sequences on which the cell is compared", counter=True),
    "error": Metric(
        "greatest distance of h from torch's LSTM or GRU; with peepholes, from the formula worked out unit by unit",
        better="lower", check=True,
    ),
    "inside_right": Metric(
        "share of the symbols at which h of the first unit tells rightly whether a quotation is open",
        better="higher", range=(0, 1),
    ),
    "kept": Metric("share of c or h that is left after 1000 steps in which the gates keep it", range=(0, 1)),
    "erased": Metric("what is left of c or h after one step in which the gates erase it", range=(0, None)),
    "weights": Metric("weights and biases of the cell by its formula, two units and three inputs", whole=True),
}  # fmt: skip
UNITS = ("quote", "word")
INPUTS = ("letter", "quote", "other")
KEPT = 1000  # steps
CASES, NOISE = 5, 1_000_003  # a step; a prime, so that seeds and cases do not meet
FULL = 60.0  # a sum at which a gate is 0 or 1 to the last digit
Step = LSTMStep | GRUStep

# by hand, where a trained net finds its own: per unit what letter, quote, other, h_quote, h_word and 1 are times
LSTM = {
    "i": ((0, 12, 0, -24, 0, -6), (12, 0, 0, 0, 0, -6)),
    "f": ((0, -12, 0, 0, 0, 6), (0, 0, 0, 0, -60, 6)),
    "g": ((0, 0, 0, 0, 0, 3), (0, 0, 0, 0, 0, 0.2)),
    "o": ((0, 0, 0, 0, 0, 6), (-12, 0, 0, 0, 0, 6)),
}
PEEPHOLES = {
    **LSTM,
    "i": ((0, 12, 0, 0, 0, -6), (12, 0, 0, 0, 0, -6)),
    "o": ((0, 0, 0, 0, 0, -6), (-12, 0, 0, 0, 0, 6)),
}
PEEP = ((-24, 0), (0, 0), (12, 0))  # what i, f and o read of c: the first unit's gates see its cell, not its output
GRU = {
    "r": ((0, 0, 0, 0, 0, 6), (0, 0, 0, 0, 0, 6)),
    "z": ((0, -12, 0, 0, 0, 6), (7.4, 0, 0, 0, 0, -6)),
    "n": ((0, 0, 0, -3, 0, 3), (3, 0, 0, 0, 0, 0)),
}
BY_HAND = {"lstm": LSTM, "peepholes": PEEPHOLES, "gru": GRU}
TITLES = ("open quote?", "letters of the word")


def build(
    *,
    cell: Literal["lstm", "peepholes", "gru"] = "lstm",
    text: str = 'she said "go on" to us',
    held_open: Literal["none", "f", "i", "o", "z", "r"] = "none",
) -> Callable[[Context], "LSTMGates"]:
    """Each step reads one symbol, and compares the cell on more random sequences with torch.

    cell: lstm; peepholes, an LSTM whose gates see the cell state; gru, two gates and one state.
    text: a line that is read; quotation marks are ".
    held_open: a gate that is 1 whatever comes: f, i and o of an LSTM, z and r of a GRU; none works as it should.
    """
    return lambda context: LSTMGates(cell, text or " ", "" if held_open == "none" else held_open, context.seed)


def symbol(character: str) -> Tensor:
    """x (1, 3): whether it is a letter, a quotation mark, or another."""
    kind = 0 if character.isalnum() else 1 if character == '"' else 2
    return torch.eye(len(INPUTS), dtype=torch.float64)[kind : kind + 1]


def by_hand(cell: str) -> Weights:
    """The weights of BY_HAND as torch has them."""
    W = torch.cat([torch.tensor(rows, dtype=torch.float64) for rows in BY_HAND[cell].values()])  # (G H, 3 + 2 + 1)
    peep = torch.tensor(PEEP, dtype=torch.float64) if cell == "peepholes" else None
    W_x, W_h, b = W.split([len(INPUTS), len(UNITS), 1], 1)
    return Weights(W_x, W_h, b[:, 0], torch.zeros_like(b[:, 0]), peep)


def read(xs: Tensor, weights: Weights, *, gru: bool, held_open: str = "") -> list[Step]:
    """xs (T, B, D) -> the steps of the cell, from a state of 0."""
    h = c = xs.new_zeros(xs.shape[1], weights.W_h.shape[1])
    found: list[Step] = []
    for x in xs:
        if gru:
            found.append(gru_step(x, h, weights, held_open))
        else:
            found.append(lstm_step(x, h, c, weights, held_open))
            c = found[-1].c
        h = found[-1].h
    return found


def unit_by_unit(xs: Tensor, weights: Weights) -> Tensor:
    """h (T, H) of an LSTM with peepholes for one sequence xs (T, 1, D), as the paper's formula says for each unit."""
    H = weights.W_h.shape[1]
    b = weights.b_x + weights.b_h
    h, c, rows = torch.zeros(H).double(), torch.zeros(H).double(), []

    def total(gate: int, unit: int, x: Tensor) -> Tensor:
        row = gate * H + unit
        return weights.W_x[row].dot(x) + weights.W_h[row].dot(h) + b[row]

    for x in xs[:, 0]:
        new_h, new_c = h.clone(), c.clone()
        for j in range(H):
            i = torch.sigmoid(total(0, j, x) + weights.peep[0, j] * c[j])
            f = torch.sigmoid(total(1, j, x) + weights.peep[1, j] * c[j])
            new_c[j] = f * c[j] + i * torch.tanh(total(2, j, x))
            o = torch.sigmoid(total(3, j, x) + weights.peep[2, j] * new_c[j])
            new_h[j] = o * torch.tanh(new_c[j])
        h, c = new_h, new_c
        rows.append(h)
    return torch.stack(rows)


def distance(cell: str, held_open: str, random: torch.Generator) -> float:
    """The greatest distance of h from torch's, or from `unit_by_unit`, on a sequence and weights drawn at random."""
    T, D, H = (int(torch.randint(1, 7, (), generator=random)) for _ in range(3))
    gates = 3 if cell == "gru" else 4

    def drawn(*shape: int) -> Tensor:
        return torch.randn(shape, dtype=torch.float64, generator=random)

    peep = drawn(3, H) if cell == "peepholes" else None
    weights = Weights(drawn(gates * H, D), drawn(gates * H, H), drawn(gates * H), drawn(gates * H), peep)
    xs = drawn(T, 1, D)
    h = torch.cat([step.h for step in read(xs, weights, gru=cell == "gru", held_open=held_open)])  # (T, H)
    want = unit_by_unit(xs, weights) if cell == "peepholes" else torch_h(cell, xs, weights)
    return (h - want).abs().max().item()


def torch_h(cell: str, xs: Tensor, weights: Weights) -> Tensor:
    """h (T, H) of torch.nn.LSTM or torch.nn.GRU with these weights."""
    D, H = weights.W_x.shape[1], weights.W_h.shape[1]
    layer = {"lstm": nn.LSTM, "gru": nn.GRU}[cell](D, H, dtype=torch.float64)
    with torch.no_grad():
        for ours, theirs in zip(weights[:4], layer.parameters(), strict=True):
            theirs.copy_(ours)
        return layer(xs)[0][:, 0]


def left_of_state(cell: str, sums: dict[str, float], steps: int) -> float:
    """What is left of a state of 1 in a cell of one unit after steps in which gates get these sums whatever comes."""
    gates = list(BY_HAND[cell])
    b = torch.tensor([sums.get(gate, 0.0) for gate in gates], dtype=torch.float64)
    none = torch.zeros(len(gates), 1, dtype=torch.float64)
    peep = torch.zeros(3, 1, dtype=torch.float64) if cell == "peepholes" else None
    weights = Weights(none, none, b, torch.zeros_like(b), peep)
    state = torch.ones(1, 1, dtype=torch.float64)
    x = torch.zeros_like(state)
    for _ in range(steps):
        state = gru_step(x, state, weights).h if cell == "gru" else lstm_step(x, state, state, weights).c
    return abs(state.item())


class LSTMGates:
    """A walkthrough of a text, a symbol a step."""

    def __init__(self, cell: str, text: str, held_open: str, seed: int):
        self.cell, self.text, self.held_open, self.seed = cell, text, held_open, seed
        self.x = torch.stack([symbol(character) for character in text])  # (T, 1, 3)
        self.weights = by_hand(cell)
        self.steps = read(self.x, self.weights, gru=cell == "gru", held_open=held_open)
        self.length = len(text)
        self.distances: list[float] = []
        opened = torch.tensor([text[: place + 1].count('"') % 2 for place in range(len(text))]).bool()
        inside = torch.cat([step.h[:, 0] for step in self.steps]) > 0.5
        keeps, erases = ({"z": FULL}, {"z": -FULL}) if cell == "gru" else ({"f": FULL, "i": -FULL}, {"f": -FULL})
        self.measured = {
            "inside_right": (inside == opened).float().mean().item(),
            "kept": left_of_state(cell, keeps, KEPT),
            "erased": left_of_state(cell, erases, 1),
            "weights": self.weights.W_x.numel() + self.weights.W_h.numel() + self.weights.b_x.numel()
            + (0 if self.weights.peep is None else self.weights.peep.numel()),
        }  # fmt: skip

    def at(self, step: int) -> Moment:
        """Every gate so far, the numbers of the newest symbol, and the states so far."""
        read_so_far = max(1, min(step, self.length))
        while len(self.distances) < CASES * step:
            random = torch.Generator().manual_seed(self.seed * NOISE + len(self.distances))
            self.distances.append(distance(self.cell, self.held_open, random))
        found = self.distances[: CASES * step]
        metrics = {"cases": len(found), "error": max(found, default=0.0), **self.measured}
        pictures = {
            "quote unit": self._gates(0, read_so_far),
            "word unit": self._gates(1, read_so_far),
            "numbers": self._numbers(read_so_far - 1),
            "states": self._states(read_so_far),
        }
        return Moment(metrics, [Picture(pane, payload) for pane, payload in pictures.items()])

    def _gates(self, unit: int, count: int) -> Spans:
        """A line of the text for each gate and state of a unit, coloured by its value; what is unread is not there."""
        parts, values = [], []
        for name in self.steps[0]._fields:
            if name not in "gn":
                parts += [f"{name} ", *self.text[:count], "\n"]
                read_off = [getattr(step, name)[0, unit].item() for step in self.steps[:count]]
                values += [torch.nan, *read_off, torch.nan]
        return Spans(parts=parts, values=values, limits=[0.0, 1.0], title=TITLES[unit])

    def _numbers(self, place: int) -> Grids:
        """x, the state before, each gate and the state after, of both units."""
        step, before = self.steps[place], self.steps[place - 1] if place else None
        state = "h" if self.cell == "gru" else "c"
        old = torch.zeros(1, len(UNITS)).double() if before is None else getattr(before, state)
        names = [name for name in step._fields if name not in "ch"]
        grids = [Grid(title=f"old {state}", values=old.T.numpy().round(2), digits=5)]
        grids += [Grid(title=name, values=getattr(step, name).T.numpy().round(2), digits=5) for name in names]
        grids += [
            Grid(title=f"new {name}", values=getattr(step, name).T.numpy().round(2), now=[(0, 0), (1, 0)], digits=5)
            for name in step._fields if name in "ch"
        ]  # fmt: skip
        title = f'symbol {place + 1} of {self.length}: {self.text[place]!r}; first row unit "quote", second unit "word"'
        signs = [""] * (len(grids) - 1)
        return Grids(grids=grids, signs=signs, title=title, caption=self._worked_out(place))

    def _worked_out(self, place: int) -> str:
        """The formula of the unit "quote" with its numbers."""
        now = {name: part[0, 0].item() for name, part in self.steps[place]._asdict().items()}
        old = self.steps[place - 1]._asdict() if place else {}
        before = {name: part[0, 0].item() for name, part in old.items()}
        if self.cell == "gru":
            z, n = now["z"], now["n"]
            sum_ = f"{z:.2f}*{before.get('h', 0.0):.2f} + {1 - z:.2f}*{n:.2f} = {now['h']:.2f}"
            return f'unit "quote": h = z h + (1 - z) n = {sum_}'
        sum_ = f"{now['f']:.2f}*{before.get('c', 0.0):.2f} + {now['i']:.2f}*{now['g']:.2f} = {now['c']:.2f}"
        return f'unit "quote": c = f c + i g = {sum_}; h = o tanh(c) = {now["h"]:.2f}'

    def _states(self, count: int) -> object:
        """c and h of both units, symbol by symbol."""
        x = list(range(1, count + 1))
        curves = {}
        for unit, of in enumerate(UNITS):
            for name in self.steps[0]._fields:
                if name in "ch":
                    curves[f"{of} {name}"] = x, [getattr(step, name)[0, unit].item() for step in self.steps[:count]]
        return lines(curves, x_title="symbol", y_title="state")
