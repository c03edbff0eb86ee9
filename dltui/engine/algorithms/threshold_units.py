"""Threshold units, and nets of them that compute logic (McCulloch and Pitts 1943, doi:10.1007/BF02478259)."""

import operator
from collections.abc import Callable
from functools import cached_property
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.plane import decision_field
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Edge, Graph, Node, Table

NEEDS_DATA = False
LIVE = ("w1", "w2", "b")
ANEW = ("w1", "w2", "b")
METRICS = {
    "right_and": Metric("rows of the truth table of AND whose output is right so far, of 4", whole=True, unit="rows"),
    "right_or": Metric(
        "rows of the truth table of OR whose output is right so far, of 4", whole=True, unit="rows", axis="right_and"
    ),
    "right_not": Metric(
        "rows of the truth table of NOT whose output is right so far, of 2", whole=True, unit="rows", axis="right_and"
    ),
    "right_xor": Metric(
        "rows of the truth table of XOR whose output is right so far, of 4", whole=True, unit="rows", axis="right_and"
    ),
    "functions": Metric("functions of two signals, of 16, computed by a single unit tried so far", whole=True),
}
OWN = "your unit"
NODE = 8  # cells of a node's label
CORNERS = (torch.tensor([-0.5, -0.5]), torch.tensor([1.5, 1.5]))  # of the plane that is shown
# Weights and thresholds of the units that are tried, and how many a step
WEIGHTS, BIASES, TRIED = (1, 0, -1, 2, -2, 3, -3), (-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5), 16


def build(*, w1: float = -1.0, w2: float = -1.0, b: float = 1.5) -> Callable[[Context], "ThresholdUnits"]:
    """Each step one unit answers to one row of a truth table: AND, OR, NOT, XOR, then a unit of the user's own.

    w1: weight of x1 in the unit that is shown last, or at once when one of its numbers is turned.
    w2: weight of x2 in it.
    b: what is added to its weighted sum.
    """
    return lambda context: ThresholdUnits(w1, w2, b)


class Unit(NamedTuple):
    """Fires, which is 1, if w v + b > 0 for the signals v that it is joined to; else it is silent, which is 0."""

    name: str
    inputs: tuple[int, ...]  # numbers of signals: inputs, then the outputs of the units before it
    w: tuple[float, ...]
    b: float


class Net(NamedTuple):
    """Units, each after those that it listens to; the output of the last is that of the net."""

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
    """x (N, signals) -> w v + b of every unit (N, units), and their outputs, 0 or 1, (N, units)."""
    v, sums = x, []
    for unit in net.units:
        sums.append(v[:, list(unit.inputs)] @ torch.tensor(unit.w, dtype=x.dtype) + unit.b)
        v = torch.cat([v, (sums[-1] > 0).to(x.dtype)[:, None]], 1)
    return torch.stack(sums, 1), v[:, x.shape[1] :]


def function_of(unit: Unit) -> tuple[int, ...]:
    """Returns the outputs of a unit of two signals for (0, 0), (0, 1), (1, 0), (1, 1)."""
    return tuple(run(Net(("x1", "x2"), (unit,)), truth_rows(2))[1][:, 0].int().tolist())


def formula(unit: Unit, names: list[str]) -> str:
    """Returns when a unit fires, such as "x1 + x2 - 1.5 > 0"."""
    text = ""
    for w, name in [*((w, names[i]) for i, w in zip(unit.inputs, unit.w, strict=True)), (unit.b, "")]:
        size = f"{abs(w):.3g}" if abs(w) != 1 or not name else ""
        text += f" {'-' if w < 0 else '+'} {size}{' ' * bool(size and name)}{name}"
    return f"{text.removeprefix(' + ').strip().replace('- ', '-', text.startswith(' -'))} > 0"


class Stage(NamedTuple):
    """What a step shows: a gate, the row put into it, and its unit that answers now."""

    gate: str
    row: int
    unit: int


class ThresholdUnits:
    """A walkthrough of the gates and of the user's own unit, at which it goes on when its weights are turned."""

    def __init__(self, w1: float, w2: float, b: float):
        self.w1, self.w2, self.b = w1, w2, b
        self.stages = [
            Stage(name, row, unit)
            for name, net in self.gates.items()
            for row in range(2 ** len(net.signals))
            for unit in range(len(net.units))
        ]
        self.length = len(self.stages)
        self.anew = next(at for at, stage in enumerate(self.stages) if stage.gate == OWN)

    @property
    def gates(self) -> dict[str, Net]:
        own = Unit("you", (0, 1), (self.w1, self.w2), self.b)
        return {**GATES, OWN: Net(("x1", "x2"), (own,))}

    @cached_property
    def _tried(self) -> list[tuple[int, ...]]:
        """The functions that the tried units compute, in the order in which they are tried."""
        return [function_of(Unit("", (0, 1), w, b)) for w in product(WEIGHTS, WEIGHTS) for b in BIASES]

    def at(self, step: int) -> Moment:
        """With `step` answers given."""
        metrics = {"functions": len(set(self._tried[: TRIED * step]))}
        for name, net in GATES.items():
            rows = truth_rows(len(net.signals))[: self._done(name, step)]
            outputs = run(net, rows)[1][:, -1].int().tolist()
            wanted = [WANTED[name](*row) for row in rows.int().tolist()]
            metrics[f"right_{name.lower()}"] = sum(map(operator.eq, outputs, wanted))
        stage = self.stages[max(0, step - 1)]
        pictures = [
            Picture("units", self._units(stage, step)),
            Picture("plane", self._plane(stage)),
            Picture("truth table", self._table(step)),
        ]
        return Moment(metrics, pictures)

    def _done(self, name: str, step: int) -> int:
        """Rows of a gate whose last unit has answered."""
        last = len(self.gates[name].units) - 1
        return sum(stage.gate == name and stage.unit == last for stage in self.stages[:step])

    def _units(self, stage: Stage, step: int) -> Graph:
        """The net: signals above its wires, weights below, what fires lit."""
        net = self.gates[stage.gate]
        rows = truth_rows(len(net.signals))
        sums, outputs = run(net, rows)
        known = len(net.signals) + stage.unit + 1 if step else 0  # signals that there are by now
        v = torch.cat([rows, outputs], 1)[stage.row]
        labels = [*net.signals, *map(labelled, net.units)]
        above = [v[k].item() if k < known else None for k in range(len(labels))]
        edges = [
            Edge(source=i, target=len(net.signals) + k, above=above[i], below=float(w))
            for k, unit in enumerate(net.units)
            for i, w in zip(unit.inputs, unit.w, strict=True)
        ]
        edges.append(Edge(source=len(labels) - 1, above=above[-1]))
        name, caption = stage.gate, "a row of the truth table is put in at the left"
        if step:
            caption = worked_out(net.units[stage.unit], v, sums[stage.row, stage.unit].item())
        if stage.gate == OWN and step == self.length:
            name = f"{OWN} is {FUNCTIONS[function_of(net.units[0])]}"
        return Graph(
            nodes=[Node(label=label, lit=k < known and bool(v[k])) for k, label in enumerate(labels)],
            edges=edges,
            above="signal",
            below="weight",
            title=f"{name}: {formula(net.units[-1], [*net.signals, *(unit.name for unit in net.units)])}",
            caption=caption,
        )

    def _plane(self, stage: Stage) -> dict:
        """Where the unit of now fires, if its signals could be any numbers; the rows of the table as points."""
        net = self.gates[stage.gate]
        net = net._replace(units=net.units[: stage.unit + 1])
        rows, name = truth_rows(len(net.signals)), net.units[-1].name
        labels = run(net, rows)[1][:, -1].long()
        if name in WANTED:
            labels = torch.tensor([WANTED[name](*row) for row in rows.int().tolist()])
        labels = torch.cat([labels, torch.tensor([2])])
        points = torch.cat([rows, rows[stage.row][None]])  # once more, on top
        if len(net.signals) == 1:
            points = torch.cat([points, torch.full((len(points), 1), 0.5)], 1)  # there is no x2: a line of points

        def fires(plane: Tensor) -> Tensor:
            return run(net, plane[:, : len(net.signals)].double())[1][:, -1]

        return decision_field(fires, points, labels, (f"{name} is 0", f"{name} is 1", "this row"), CORNERS)

    def _table(self, step: int) -> Table:
        """A column a gate, as far as it is filled; NOT takes x1 alone."""
        rows = truth_rows(2).int().tolist()
        columns: dict[str, list] = {"x1": [row[0] for row in rows], "x2": [row[1] for row in rows]}
        for name, net in self.gates.items():
            outputs = run(net, truth_rows(len(net.signals)))[1][:, -1].int().tolist()
            of_row = [row[0] if len(net.signals) == 1 else number for number, row in enumerate(rows)]
            known = self._done(name, step)
            columns["NOT x1" if name == "NOT" else name] = [outputs[row] if row < known else None for row in of_row]
        return Table(columns=list(columns), rows=[list(row) for row in zip(*columns.values(), strict=True)])


def worked_out(unit: Unit, v: Tensor, total: float) -> str:
    """A unit's sum, worked out: v (signals,)."""
    terms = " + ".join(f"{w:g}*{v[i].item():g}" for i, w in zip(unit.inputs, unit.w, strict=True))
    fires = "above 0: it fires" if total > 0 else "not above 0: it is silent"
    sign = "+" if unit.b >= 0 else "-"
    return f"{unit.name}: {terms} {sign} {abs(unit.b):g} = {total:g}, {fires}".replace("+ -", "- ")


def labelled(unit: Unit) -> str:
    """A unit's name with its threshold, where a node has room for both."""
    both = f"{unit.name}>{-unit.b:g}"
    return both if len(both) <= NODE else unit.name
