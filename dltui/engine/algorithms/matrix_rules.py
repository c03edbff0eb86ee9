"""Backpropagation through operations on whole matrices (Giles 2008, "Collected matrix derivative results").

dY is the gradient of the loss by what an operation gave, dX by what it was given, of the same shape as X.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Grid, Grids, Table

NEEDS_DATA = False
METRICS = {
    "rules_done": Metric("rules whose gradients are worked out, of 8", counter=True),
    "error_sum": Metric(
        "greatest distance of the gradients of X1 + X2 from torch's autograd", better="lower", check=True
    ),
    "error_product": Metric(
        "greatest distance of the gradients of X1 X2 from torch's autograd", better="lower", check=True
    ),
    "error_hadamard": Metric(
        "greatest distance of the gradients of X1 * X2 from torch's autograd", better="lower", check=True
    ),
    "error_function": Metric(
        "greatest distance of the gradients of tanh(X) from torch's autograd", better="lower", check=True
    ),
    "error_inverse": Metric(
        "greatest distance of the gradients of X^-1 from torch's autograd", better="lower", check=True
    ),
    "error_transpose": Metric(
        "greatest distance of the gradients of X^T from torch's autograd", better="lower", check=True
    ),
    "error_permutation": Metric(
        "greatest distance of the gradients of P X from torch's autograd", better="lower", check=True
    ),
    "error_sort": Metric(
        "greatest distance of the gradients of sort(X) from torch's autograd", better="lower", check=True
    ),
}
ROWS, COLUMNS = 3, 2  # of most matrices: with two of a side that differ, shapes tell where a transpose belongs

Cell = tuple[int, int]


def build(
    *,
    first: Literal["sum", "product", "Hadamard", "function", "inverse", "transpose", "permutation", "sort"] = "sum",
) -> Callable[[Context], "MatrixRules"]:
    """Each step works out one more entry of a gradient, rule after rule.

    first: rule that is shown first; the others follow.
    """
    return lambda context: MatrixRules(first)


class Rule(NamedTuple):
    """An operation Y of matrices, and the gradients by each of them, in the order in which they are given."""

    formula: str
    forward: Callable[..., Tensor]
    gradients: tuple[str, ...]  # as formulas
    backward: Callable[..., tuple[Tensor, ...]]  # (dY, what `forward` was given) -> gradients


SHUFFLE = (2, 0, 1)  # row i of P X is row SHUFFLE[i] of X


def back_in_place(dY: Tensor, order: Tensor) -> Tensor:
    """Returns the rows of dY where they came from: along each column, entry i of `order` is where row i was taken."""
    return torch.zeros_like(dY).scatter(0, order, dY)


RULES = {
    "sum": Rule("X1 + X2", lambda a, b: a + b, ("dY", "dY"), lambda dY, a, b: (dY, dY)),
    "product": Rule("X1 X2", lambda a, b: a @ b, ("dY X2^T", "X1^T dY"), lambda dY, a, b: (dY @ b.T, a.T @ dY)),
    "Hadamard": Rule("X1 * X2", lambda a, b: a * b, ("dY * X2", "dY * X1"), lambda dY, a, b: (dY * b, dY * a)),
    "function": Rule("tanh(X)", torch.tanh, ("dY * tanh'(X)",), lambda dY, x: (dY * (1 - torch.tanh(x) ** 2),)),
    "inverse": Rule(
        "X^-1", torch.linalg.inv, ("-Y^T dY Y^T",), lambda dY, x: (-torch.linalg.inv(x).T @ dY @ torch.linalg.inv(x).T,)
    ),
    "transpose": Rule("X^T", lambda x: x.T, ("dY^T",), lambda dY, x: (dY.T,)),
    "permutation": Rule(
        "P X", lambda x: x[list(SHUFFLE)], ("P^-1 dY",),
        lambda dY, x: (back_in_place(dY, torch.tensor(SHUFFLE)[:, None].expand_as(dY)),),
    ),
    "sort": Rule(
        "sort(X) = P X", lambda x: x.sort(0).values, ("P^-1 dY",), lambda dY, x: (back_in_place(dY, x.argsort(0)),)
    ),
}  # fmt: skip


def by_autograd(rule: Rule, given: Sequence[Tensor], dY: Tensor) -> tuple[Tensor, ...]:
    """Returns the gradients that torch finds for what a rule was given."""
    with torch.enable_grad():
        leaves = [x.detach().clone().requires_grad_() for x in given]
        return torch.autograd.grad(rule.forward(*leaves), leaves, dY)


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
    """A walkthrough: matrices of small whole numbers, which the run's seed draws, an entry of a gradient a step."""

    def __init__(self, first: str):
        self.names = [first, *(name for name in RULES if name != first)]
        self.given = {name: drawn(name) for name in RULES}
        self.dY = {name: whole(*RULES[name].forward(*x).shape, most=2) for name, x in self.given.items()}
        self.gradients = {name: rule.backward(self.dY[name], *self.given[name]) for name, rule in RULES.items()}
        self.errors = {name: self._error(name) for name in RULES}
        self.stages = [
            Stage(name, which, count + 1)
            for name in self.names
            for which, gradient in enumerate(self.gradients[name])
            for count in range(gradient.numel())
        ]
        self.length = len(self.stages)

    def _error(self, name: str) -> float:
        want = by_autograd(RULES[name], self.given[name], self.dY[name])
        return max((a - b).abs().max().item() for a, b in zip(self.gradients[name], want, strict=True))

    def at(self, step: int) -> Moment:
        """With the entries of the first `step` stages."""
        left = {stage.rule for stage in self.stages[step:]}
        done = [name for name in self.names if name not in left]
        metrics = {"rules_done": len(done)} | {f"error_{name.lower()}": self.errors[name] for name in done}
        return Moment(metrics, [Picture("gradient", self._gradient(step)), Picture("rules", self._table(done))])

    def _gradient(self, step: int) -> Grids:
        """The matrices that a gradient is made of, and it itself, as far as it is filled."""
        stage = self.stages[max(0, step - 1)]
        rule, gradient = RULES[stage.rule], self.gradients[stage.rule][stage.gradient]
        equation = equations(stage.rule, self.given[stage.rule], self.dY[stage.rule])[stage.gradient]
        values, entries = gradient.flatten().clone(), min(stage.entries, step)
        values[entries:] = torch.nan
        lit: list[list[Cell] | None] = [None] * len(equation.factors)
        now, caption = None, "dY, the gradient of the loss by Y, is handed back"
        if step:
            cell = divmod(entries - 1, gradient.shape[1])
            lit, now = equation.uses(*cell), [cell]
            caption = worked_out(equation, cell, gradient[cell].item())
        name = inputs_of(stage.rule)[stage.gradient]
        grids = [
            Grid(title=title, values=matrix.numpy(), lit=cells)
            for (title, matrix), cells in zip(equation.factors, lit, strict=True)
        ]
        grids.append(Grid(title=f"d{name}", values=values.view_as(gradient).numpy(), digits=2, now=now))
        signs = [equation.sign] * (len(grids) - 2) + ["="]
        title = f"Y = {rule.formula}, so d{name} = {rule.gradients[stage.gradient]}"
        return Grids(grids=grids, signs=signs, title=title, caption=caption)

    def _table(self, done: list[str]) -> Table:
        """A line a rule, filled once it is done."""
        rows = []
        for name in self.names:
            gradients = [*RULES[name].gradients, None][:2] if name in done else [None, None]
            rows.append([RULES[name].formula, *gradients, self.errors[name] if name in done else None])
        return Table(columns=["Y", "dX, or dX1", "dX2", "from autograd"], rows=rows)


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


def worked_out(equation: Equation, cell: Cell, value: float) -> str:
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
