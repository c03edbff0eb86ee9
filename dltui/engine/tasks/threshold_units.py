"""Threshold units shown: a row of the truth table is put in, unit after unit fires or not, and the table fills."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.threshold_units import (
    FUNCTIONS,
    GATES,
    WANTED,
    Net,
    Unit,
    formula,
    function_of,
    run,
    truth_rows,
)
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.plane import decision_field
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
LIVE = ("w1", "w2", "b")
METRICS = {
    "right_and": Metric("rows of the truth table of AND that came out right, of 4; so for every gate"),
    "right_or": Metric("the same for OR, of 4"),
    "right_not": Metric("the same for NOT, of 2"),
    "right_xor": Metric("the same for XOR, of 4"),
    "functions": Metric(
        "functions of two signals, of 16, that a single unit was found to be; more units are tried a step"
    ),
}
OWN = "your unit"
NODE = 8  # cells of a node's label
CORNERS = (torch.tensor([-0.5, -0.5]), torch.tensor([1.5, 1.5]))  # of the plane that is shown
# Weights and thresholds of the units that are tried, and how many a step
WEIGHTS, BIASES, TRIED = (1, 0, -1, 2, -2, 3, -3), (-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5), 16


def build(*, w1: float = -1.0, w2: float = -1.0, b: float = 1.5) -> Callable:
    """Returns (data, nets, device) -> ThresholdUnits.

    w1: weight of x1 in the unit that is shown last, or as soon as one of its numbers is turned.
    w2: weight of x2 in it.
    b: what is added to its weighted sum.
    """
    return partial(ThresholdUnits, own=(w1, w2, b))


class Stage(NamedTuple):
    """What a step shows: a gate, the row put into it, and its unit that answers now."""

    gate: str
    row: int
    unit: int


class ThresholdUnits:
    """AND, OR, NOT, XOR, and a unit of the user's own. A step is one unit's answer to one row."""

    def __init__(
        self, data: Dataset | None, nets: dict[str, nn.Module], device: torch.device, own: tuple[float, float, float]
    ):
        self.w1, self.w2, self.b = own
        self.place = nets["place"] = Counters(step=0, at=-1)
        self.state = nets["state"] = State(own)

    @property
    def gates(self) -> dict[str, Net]:
        own = Unit("you", (0, 1), (self.w1, self.w2), self.b)
        return {**GATES, OWN: Net(("x1", "x2"), (own,))}

    @cached_property
    def stages(self) -> list[Stage]:
        return [
            Stage(name, row, unit)
            for name, net in self.gates.items()
            for row in range(2 ** len(net.signals))
            for unit in range(len(net.units))
        ]

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        knobs = torch.tensor([self.w1, self.w2, self.b], dtype=torch.float64)
        if not torch.equal(knobs, self.state.own):
            self.state.own.copy_(knobs)
            self.place["at"] = next(at for at, stage in enumerate(self.stages) if stage.gate == OWN)
        elif self.place["at"] < len(self.stages) - 1:
            self.place["at"] += 1
        return {}

    def evaluate(self) -> dict[str, float]:
        right = {f"right_{name.lower()}": sum(self._right(name)) for name in GATES}
        tried = self._tried[: TRIED * self.place["step"]]
        return {"functions": len(set(tried)), **right}

    def _right(self, name: str) -> list[bool]:
        """For the rows of a gate that are done, whether it says what it should."""
        rows = truth_rows(len(GATES[name].signals))
        said = run(GATES[name], rows)[1][:, -1]
        return [said[row] == WANTED[name](*rows[row].int().tolist()) for row in range(self._done(name))]

    def _done(self, name: str) -> int:
        """Rows of a gate whose last unit has answered."""
        last = len(self.gates[name].units) - 1
        return sum(stage.gate == name and stage.unit == last for stage in self.stages[: self.place["at"] + 1])

    @cached_property
    def _tried(self) -> list[tuple[int, ...]]:
        """The functions that the tried units are, in the order in which they are tried."""
        return [function_of(Unit("", (0, 1), w, b)) for w in product(WEIGHTS, WEIGHTS) for b in BIASES]

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        stage = self.stages[max(0, self.place["at"])]
        net = self.gates[stage.gate]
        yield Picture("units", self._units(stage, net))
        yield Picture("plane", self._plane(stage, net))
        yield Picture("truth table", self._table())

    def _units(self, stage: Stage, net: Net) -> dict:
        """The net: signals above its wires, weights below, what fires lit."""
        rows = truth_rows(len(net.signals))
        sums, said = run(net, rows)
        known = len(net.signals) + stage.unit + 1 if self.place["at"] >= 0 else 0  # signals that there are by now
        v = torch.cat([rows, said], 1)[stage.row]
        names = [*net.signals, *(labelled(unit) for unit in net.units)]
        nodes = [{"label": name, "lit": k < known and bool(v[k])} for k, name in enumerate(names)]
        above = [v[k].item() if k < known else None for k in range(len(names))]
        edges = [
            {"source": i, "target": len(net.signals) + k, "above": above[i], "below": float(w)}
            for k, unit in enumerate(net.units)
            for i, w in zip(unit.inputs, unit.w, strict=True)
        ]
        edges.append({"source": len(names) - 1, "target": None, "above": above[-1]})
        caption = "a row of the truth table is put in at the left"
        if self.place["at"] >= 0:
            caption = self._said(net.units[stage.unit], v, sums[stage.row, stage.unit].item())
        told = stage.gate == OWN and self.place["at"] == len(self.stages) - 1
        name = f"{OWN} is {FUNCTIONS[function_of(net.units[0])]}" if told else stage.gate
        title = f"{name}: {formula(net.units[-1], names_of(net))}"
        return {
            "type": "graph", "nodes": nodes, "edges": edges, "above": "signal", "below": "weight", "title": title,
            "caption": caption,
        }  # fmt: skip

    def _said(self, unit: Unit, v: Tensor, total: float) -> str:
        """A unit's sum, worked out."""
        terms = " + ".join(f"{w:g}*{v[i].item():g}" for i, w in zip(unit.inputs, unit.w, strict=True))
        fires = "above 0: it fires" if total > 0 else "not above 0: it is silent"
        sign = "+" if unit.b >= 0 else "-"
        return f"{unit.name}: {terms} {sign} {abs(unit.b):g} = {total:g}, {fires}".replace("+ -", "- ")

    def _plane(self, stage: Stage, net: Net) -> dict:
        """Where the unit of now fires, if its signals could be any numbers; the rows of the table as points."""
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

    def _table(self) -> dict:
        """A column a gate, as far as it is filled; NOT takes x1 alone."""
        rows = truth_rows(2).int().tolist()
        columns: dict[str, list] = {"x1": [row[0] for row in rows], "x2": [row[1] for row in rows]}
        for name, net in self.gates.items():
            said = run(net, truth_rows(len(net.signals)))[1][:, -1].int().tolist()
            of_row = [row[0] if len(net.signals) == 1 else number for number, row in enumerate(rows)]
            known = self._done(name)
            columns["NOT x1" if name == "NOT" else name] = [said[row] if row < known else None for row in of_row]
        cells = [list(row) for row in zip(*columns.values(), strict=True)]
        return {"type": "table", "columns": list(columns), "rows": cells}


class State(nn.Module):
    """The weights and the bias of the user's own unit (3,), as they were at the last step."""

    def __init__(self, own: tuple[float, float, float]):
        super().__init__()
        self.register_buffer("own", torch.tensor(own, dtype=torch.float64))


def names_of(net: Net) -> list[str]:
    """The names of all signals of a net: what is put in, then what its units say."""
    return [*net.signals, *(unit.name for unit in net.units)]


def labelled(unit: Unit) -> str:
    """A unit's name with its threshold, where a node has room for both."""
    both = f"{unit.name}>{-unit.b:g}"
    return both if len(both) <= NODE else unit.name
