"""Backpropagation through matrices shown: rule after rule, each entry of a gradient worked out."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.matrix_rules import RULES, SHUFFLE, by_autograd
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
METRICS = {
    "rules_done": Metric("rules whose gradients are worked out, of 8"),
    "error_sum": Metric(
        "greatest distance of this rule's gradients from torch's autograd, once they are there; so for all",
        better="lower",
    ),
    "error_product": Metric("the same", better="lower"),
    "error_hadamard": Metric("the same", better="lower"),
    "error_function": Metric("the same", better="lower"),
    "error_inverse": Metric("the same", better="lower"),
    "error_transpose": Metric("the same", better="lower"),
    "error_permutation": Metric("the same", better="lower"),
    "error_sort": Metric("the same", better="lower"),
}
ROWS, COLUMNS = 3, 2  # of most matrices: with two of a side that differ, shapes tell where a transpose belongs

Cell = tuple[int, int]


def build(
    *,
    first: Literal["sum", "product", "Hadamard", "function", "inverse", "transpose", "permutation", "sort"] = "sum",
) -> Callable:
    """Returns (data, nets, device) -> MatrixRules.

    first: rule that is shown first; the others follow.
    """
    return partial(MatrixRules, first=first)


class Equation(NamedTuple):
    """How a gradient is made of matrices: `uses(row, column)` names the cells of each that its entry there needs."""

    factors: list[tuple[str, Tensor]]
    sign: str
    uses: Callable[[int, int], list[list[Cell]]]


class Stage(NamedTuple):
    """What a step shows: a rule, one of its gradients, and how many of its entries are there."""

    rule: str
    gradient: int
    entries: int


class MatrixRules:
    """Matrices of small whole numbers, which the run's seed draws. A step is an entry of a gradient."""

    def __init__(self, data: Dataset | None, nets: dict[str, nn.Module], device: torch.device, first: str):
        names = list(RULES)
        names.remove(first)
        self.names = [first, *names]
        self.place = nets["place"] = Counters(at=-1)
        self.given = {name: drawn(name) for name in RULES}
        self.dY = {name: whole(*RULES[name].forward(*x).shape, most=2) for name, x in self.given.items()}

    @cached_property
    def gradients(self) -> dict[str, tuple[Tensor, ...]]:
        return {name: rule.backward(self.dY[name], *self.given[name]) for name, rule in RULES.items()}

    @cached_property
    def stages(self) -> list[Stage]:
        return [
            Stage(name, which, count + 1)
            for name in self.names
            for which, gradient in enumerate(self.gradients[name])
            for count in range(gradient.numel())
        ]

    def advance(self, step: int) -> dict[str, float]:
        self.place["at"] = min(step, len(self.stages)) - 1
        return {}

    def _done(self) -> list[str]:
        """Rules all of whose entries are there."""
        left = {stage.rule for stage in self.stages[self.place["at"] + 1 :]}
        return [name for name in self.names if name not in left]

    def evaluate(self) -> dict[str, float]:
        done = self._done()
        return {"rules_done": len(done)} | {f"error_{name.lower()}": self._error(name) for name in done}

    def _error(self, name: str) -> float:
        want = by_autograd(RULES[name], self.given[name], self.dY[name])
        return max((a - b).abs().max().item() for a, b in zip(self.gradients[name], want, strict=True))

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        yield Picture("gradient", self._gradient())
        yield Picture("rules", self._table())

    def _gradient(self) -> dict:
        """The matrices that a gradient is made of, and it itself, as far as it is filled."""
        begun = self.place["at"] >= 0
        stage = self.stages[max(0, self.place["at"])]
        rule, gradient = RULES[stage.rule], self.gradients[stage.rule][stage.gradient]
        equation = equations(stage.rule, self.given[stage.rule], self.dY[stage.rule])[stage.gradient]
        entries = stage.entries if begun else 0
        values = gradient.flatten().clone()
        values[entries:] = torch.nan
        name = inputs_of(stage.rule)[stage.gradient]
        grids = [{"title": title, "values": matrix.numpy()} for title, matrix in equation.factors]
        grids.append({"title": f"d{name}", "values": values.view_as(gradient).numpy(), "digits": 2})
        caption = "dY, the gradient of the loss by Y, is handed back"
        if begun:
            cell = divmod(entries - 1, gradient.shape[1])
            for grid, cells in zip(grids, equation.uses(*cell), strict=False):
                grid["lit"] = cells
            grids[-1]["now"] = [cell]
            caption = told(equation, cell, gradient[cell].item())
        signs = [equation.sign] * (len(grids) - 2) + ["="]
        title = f"Y = {rule.formula}, so d{name} = {rule.gradients[stage.gradient]}"
        return {"type": "grids", "grids": grids, "signs": signs, "title": title, "caption": caption}

    def _table(self) -> dict:
        """A line a rule, once it is done."""
        done = set(self._done())
        rows = []
        for name in self.names:
            rule = RULES[name]
            error = self._error(name) if name in done else None
            known = [*rule.gradients, *[None] * (2 - len(rule.gradients))] if name in done else [None, None]
            rows.append([rule.formula, *known, error])
        return {"type": "table", "columns": ["Y", "dX, or dX1", "dX2", "from autograd"], "rows": rows}


def whole(rows: int, columns: int, most: int = 3) -> Tensor:
    """Whole numbers from -most to most, (rows, columns) float64, none of them 0: each is seen at work."""
    size = torch.randint(1, most + 1, (rows, columns))
    return (size * (2 * torch.randint(0, 2, (rows, columns)) - 1)).double()


def drawn(name: str) -> tuple[Tensor, ...]:
    """What a rule is given: two matrices or one."""
    if name == "product":
        return whole(ROWS, COLUMNS), whole(COLUMNS, ROWS)
    if name == "inverse":  # of determinant 1, so that the inverse is of whole numbers too
        low, high = whole(ROWS, ROWS, 1).tril(-1), whole(ROWS, ROWS, 1).triu(1)
        return ((low + torch.eye(ROWS)) @ (high + torch.eye(ROWS)),)
    if name == "sort":  # no two alike in a column
        return (torch.stack([torch.randperm(2 * ROWS)[:ROWS] for _ in range(COLUMNS)], 1).double(),)
    return tuple(whole(ROWS, COLUMNS) for _ in inputs_of(name))


def inputs_of(name: str) -> tuple[str, ...]:
    """The names of what a rule is given."""
    return ("X1", "X2") if len(RULES[name].gradients) == 2 else ("X",)


def equations(name: str, given: tuple[Tensor, ...], dY: Tensor) -> list[Equation]:
    """Returns how each gradient of a rule is made, in the order of what the rule is given."""
    x, known = given[0], ("dY", dY)

    def same(i: int, j: int) -> list[list[Cell]]:
        return [[(i, j)]] * (1 + (name != "sum"))

    def product(left: Tensor, right: Tensor) -> Callable[[int, int], list[list[Cell]]]:
        return lambda i, j: [[(i, k) for k in range(left.shape[1])], [(k, j) for k in range(right.shape[0])]]

    match name:
        case "sum":
            return [Equation([known], "", same)] * 2
        case "product":
            first, second = ("X1^T", x.T), ("X2^T", given[1].T)
            return [
                Equation([known, second], "x", product(dY, second[1])),
                Equation([first, known], "x", product(first[1], dY)),
            ]
        case "Hadamard":
            return [Equation([known, (f"X{k}", given[k - 1])], "*", same) for k in (2, 1)]
        case "function":
            return [Equation([known, ("tanh'(X)", 1 - torch.tanh(x) ** 2)], "*", same)]
        case "inverse":
            across = torch.linalg.inv(x).T.round(decimals=9) + 0.0  # -0 would be written as such
            everywhere = [(i, j) for i in range(ROWS) for j in range(ROWS)]
            ends = product(across, across)
            return [
                Equation(
                    [("-Y^T", 0.0 - across), known, ("Y^T", across)],
                    "x",
                    lambda i, j: [ends(i, j)[0], everywhere, ends(i, j)[1]],
                )
            ]
        case "transpose":
            return [Equation([known], "", lambda i, j: [[(j, i)]])]
        case "permutation":
            return [Equation([known], "", lambda i, j: [[(SHUFFLE.index(i), j)]])]
        case _:
            place = x.argsort(0).argsort(0)  # where each entry came to stand
            return [Equation([("X", x), known], "", lambda i, j: [[(i, j)], [(int(place[i, j]), j)]])]


def told(equation: Equation, cell: Cell, value: float) -> str:
    """An entry of a gradient, worked out."""
    cells = equation.uses(*cell)
    numbers = [[matrix[at].item() for at in used] for (_, matrix), used in zip(equation.factors, cells, strict=True)]
    if len(numbers) == 3:
        left, middle, right = (matrix for _, matrix in equation.factors)
        along = (left[cell[0]] @ middle).tolist()  # the row times dY
        numbers = [along, right[:, cell[1]].tolist()]
    if equation.sign:
        terms = " + ".join(f"{a:.3g}*{b:.3g}" for a, b in zip(*numbers, strict=True))
        return f"{'row times dY, then column: ' * (len(cells) == 3)}{terms} = {value:.3g}"
    row, column = cells[-1][0]
    return (
        f"row {cell[0] + 1}, column {cell[1] + 1} takes what came back to row {row + 1}, column {column + 1}: {value:g}"
    )
