"""Units that fire or do not, and nets of them (McCulloch and Pitts 1943, doi:10.1007/BF02478259)."""

import operator
from typing import NamedTuple

import torch
from torch import Tensor


class Unit(NamedTuple):
    """Fires, which is 1, if w v + b > 0 for the signals v that it is joined to; else it is silent, which is 0."""

    name: str
    inputs: tuple[int, ...]  # numbers of signals: what is put in, then what the units before it say
    w: tuple[float, ...]
    b: float


class Net(NamedTuple):
    """Units, each after those that it listens to; the last one says what the net says."""

    signals: tuple[str, ...]  # names of what is put in
    units: tuple[Unit, ...]


AND, OR = Unit("AND", (0, 1), (1, 1), -1.5), Unit("OR", (0, 1), (1, 1), -0.5)
GATES = {
    "AND": Net(("x1", "x2"), (AND,)),
    "OR": Net(("x1", "x2"), (OR,)),
    "NOT": Net(("x1",), (Unit("NOT", (0,), (-1,), 0.5),)),
    "XOR": Net(("x1", "x2"), (OR, AND, Unit("XOR", (2, 3), (1, -1), -0.5))),  # one of them, and not both
}
WANTED = {"AND": operator.and_, "OR": operator.or_, "NOT": lambda x: 1 - x, "XOR": operator.xor}

# outputs for (0, 0), (0, 1), (1, 0), (1, 1) -> what this function of two signals is called
FUNCTIONS = {
    (0, 0, 0, 0): "never", (0, 0, 0, 1): "AND", (0, 0, 1, 0): "x1 and not x2", (0, 0, 1, 1): "x1",
    (0, 1, 0, 0): "x2 and not x1", (0, 1, 0, 1): "x2", (0, 1, 1, 0): "XOR", (0, 1, 1, 1): "OR",
    (1, 0, 0, 0): "NOR", (1, 0, 0, 1): "the same", (1, 0, 1, 0): "not x2", (1, 0, 1, 1): "x1 or not x2",
    (1, 1, 0, 0): "not x1", (1, 1, 0, 1): "x2 or not x1", (1, 1, 1, 0): "NAND", (1, 1, 1, 1): "always",
}  # fmt: skip


def truth_rows(count: int) -> Tensor:
    """Returns every row of zeros and ones, (2^count, count) float64: 00, 01, 10, 11 for two."""
    return torch.tensor([[row >> place & 1 for place in reversed(range(count))] for row in range(2**count)]).double()


def run(net: Net, x: Tensor) -> tuple[Tensor, Tensor]:
    """x (N, signals) -> w v + b of every unit (N, units), and what each of them says, 0 or 1, (N, units)."""
    v, sums = x, []
    for unit in net.units:
        sums.append(v[:, list(unit.inputs)] @ torch.tensor(unit.w, dtype=x.dtype) + unit.b)
        v = torch.cat([v, (sums[-1] > 0).to(x.dtype)[:, None]], 1)
    return torch.stack(sums, 1), v[:, x.shape[1] :]


def function_of(unit: Unit) -> tuple[int, ...]:
    """Returns what a unit of two signals says for (0, 0), (0, 1), (1, 0), (1, 1)."""
    return tuple(run(Net(("x1", "x2"), (unit,)), truth_rows(2))[1][:, 0].int().tolist())


def formula(unit: Unit, names: list[str]) -> str:
    """Returns when a unit fires, such as "x1 + x2 - 1.5 > 0"."""
    text = ""
    for w, name in [*((w, names[i]) for i, w in zip(unit.inputs, unit.w, strict=True)), (unit.b, "")]:
        size = f"{abs(w):.3g}" if abs(w) != 1 or not name else ""
        text += f" {'-' if w < 0 else '+'} {size}{' ' * bool(size and name)}{name}"
    return f"{text.removeprefix(' + ').strip().replace('- ', '-', text.startswith(' -'))} > 0"
