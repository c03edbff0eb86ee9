"""Backpropagation on a graph of numbers, written out (Linnainmaa 1970; Rumelhart, Hinton, Williams 1986)."""

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes.metric import Metric
from dltui.runs import payloads

NEEDS_DATA = False
METRICS = {
    "value": Metric("value of the formula"),
    "df_dx": Metric("derivative of the formula by x, once the backward pass is done"),
    "df_dy": Metric("derivative of the formula by y, once the backward pass is done", axis="df_dx"),
    "df_dz": Metric("derivative of the formula by z, once the backward pass is done", axis="df_dx"),
    "df_dw0": Metric("derivative of the formula by w0, once the backward pass is done"),
    "df_dx0": Metric("derivative of the formula by x0, once the backward pass is done", axis="df_dw0"),
    "df_dw1": Metric("derivative of the formula by w1, once the backward pass is done", axis="df_dw0"),
    "df_dx1": Metric("derivative of the formula by x1, once the backward pass is done", axis="df_dw0"),
    "df_dw2": Metric("derivative of the formula by w2, once the backward pass is done", axis="df_dw0"),
    "forward_mode_passes": Metric("passes over the graph that forward mode has taken: one an input", counter=True),
    "backward_passes": Metric("passes over the graph that backpropagation has taken: one in all", counter=True),
    "error": Metric("greatest distance of both modes' gradients from torch's autograd", better="lower", check=True),
}
MOST_NODES = 60


def build(*, formula: str = "(x + y) * z", at: list[float] = (-2.0, 5.0, -4.0)) -> Callable[[Context], "Backprop"]:
    """Steps: every operation forward, a pass of forward mode an input, then backward from the result.

    formula: of variables, numbers, + - * / **, exp, log, sqrt, sin, cos, tanh, relu, sigmoid and max.
    at: a value for each variable, in the order in which they first stand in the formula.
    """
    return lambda context: Backprop(formula, [float(number) for number in at])


class Operation(NamedTuple):
    """A function of one or two numbers, and its derivative by each of them."""

    value: Callable[..., Tensor]
    partials: Callable[..., tuple[Tensor, ...]]


ONE = torch.ones((), dtype=torch.float64)
OPERATIONS = {
    "+": Operation(lambda a, b: a + b, lambda a, b: (ONE, ONE)),
    "-": Operation(lambda a, b: a - b, lambda a, b: (ONE, -ONE)),
    "*": Operation(lambda a, b: a * b, lambda a, b: (b, a)),
    "/": Operation(lambda a, b: a / b, lambda a, b: (1 / b, -a / b**2)),
    "^": Operation(lambda a, b: a**b, lambda a, b: (b * a ** (b - 1), a**b * torch.log(a))),
    "max": Operation(torch.maximum, lambda a, b: ((a > b) + ONE * (a == b) / 2, (a < b) + ONE * (a == b) / 2)),
    "exp": Operation(torch.exp, lambda a: (torch.exp(a),)),
    "log": Operation(torch.log, lambda a: (1 / a,)),
    "sqrt": Operation(torch.sqrt, lambda a: (0.5 / torch.sqrt(a),)),
    "sin": Operation(torch.sin, lambda a: (torch.cos(a),)),
    "cos": Operation(torch.cos, lambda a: (-torch.sin(a),)),
    "tanh": Operation(torch.tanh, lambda a: (1 - torch.tanh(a) ** 2,)),
    "relu": Operation(torch.relu, lambda a: ((a > 0) * ONE,)),
    "sigmoid": Operation(torch.sigmoid, lambda a: (torch.sigmoid(a) * (1 - torch.sigmoid(a)),)),
}
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}


class Node(NamedTuple):
    """A variable (no inputs) or an operation on earlier nodes."""

    label: str
    inputs: tuple[int, ...] = ()
    operation: Operation | None = None


class Graph(NamedTuple):
    """Nodes, each after its inputs, the variables first; the last one is the result."""

    nodes: tuple[Node, ...]
    variables: tuple[str, ...]

    @property
    def operations(self) -> range:
        """Numbers of the nodes that compute something."""
        return range(len(self.variables), len(self.nodes))


def forward(graph: Graph, at: Sequence[float]) -> Iterator[tuple[int, Tensor]]:
    """Yields (node, value), one operation after the other. at: a value for each variable."""
    values = [torch.tensor(float(number), dtype=torch.float64) for number in at]
    for k in graph.operations:
        node = graph.nodes[k]
        values.append(node.operation.value(*(values[i] for i in node.inputs)))
        yield k, values[k]


def backward(graph: Graph, values: Sequence[Tensor]) -> Iterator[tuple[int, tuple[Tensor, ...], list[Tensor]]]:
    """Yields (node, what it hands back to each of its inputs, df/dv of every node v so far), from the result back.

    df/dv is the sum of what every node that uses v hands back. One pass gives all of them.
    """
    gradient = [torch.zeros_like(ONE) for _ in graph.nodes]
    gradient[-1] = ONE  # df/df
    for k in reversed(graph.operations):
        node = graph.nodes[k]
        partials = node.operation.partials(*(values[i] for i in node.inputs))
        handed = tuple(gradient[k] * partial for partial in partials)  # the chain rule
        for i, part in zip(node.inputs, handed, strict=True):
            gradient[i] = gradient[i] + part
        yield k, handed, gradient


def tangents(graph: Graph, values: Sequence[Tensor], variable: int) -> list[Tensor]:
    """Returns dv/dx of every node v for one variable x: a pass of forward mode, which tells of one input only."""
    moved = [ONE * (k == variable) for k in range(len(graph.variables))]
    for k in graph.operations:
        node = graph.nodes[k]
        partials = node.operation.partials(*(values[i] for i in node.inputs))
        moved.append(sum(partial * moved[i] for partial, i in zip(partials, node.inputs, strict=True)))
    return moved


class Backprop:
    """A walkthrough. Raises DltuiError (2) for what is no formula, or another number of values than of variables."""

    def __init__(self, formula: str, point: list[float]):
        self.graph, self.formula = parse(formula), formula
        names = self.graph.variables
        if len(point) != len(names):
            what = f"algorithm.at has {len(point)} values; {formula} has the {len(names)} variables {', '.join(names)}."
            raise DltuiError(what, f"Give {len(names)} numbers, in this order.", ExitStatus.USAGE)
        self.inputs, self.operations = len(names), len(self.graph.operations)
        self.length = 2 * self.operations + self.inputs + 1
        self.values = [torch.tensor(number, dtype=torch.float64) for number in point]
        self.values += [value for _, value in forward(self.graph, point)]
        self.moved = [tangents(self.graph, self.values, i) for i in range(self.inputs)]
        self.back = [(k, handed, list(gradient)) for k, handed, gradient in backward(self.graph, self.values)]
        self.gradient = self.back[-1][2]

    def at(self, step: int) -> Moment:
        """Forward, then forward mode, then backward."""
        passes = min(max(0, step - self.operations), self.inputs)
        metrics = {"forward_mode_passes": passes, "backward_passes": int(step == self.length)}
        if step >= self.operations:
            metrics["value"] = self.values[-1].item()
        if step == self.length:
            metrics |= {f"df_d{name}": self.gradient[i].item() for i, name in enumerate(self.graph.variables)}
            metrics["error"] = self._error()
        if step <= self.operations:
            drawn = self._forward(step)
        elif step <= self.operations + self.inputs:
            drawn = self._forward_mode(step - self.operations - 1)
        else:
            drawn = self._backward(step - self.operations - self.inputs)
        return Moment(metrics, [Picture("graph", drawn)])

    def _error(self) -> float:
        with torch.enable_grad():
            reached = [value.clone().requires_grad_() for value in self.values[: self.inputs]]
            leaves = list(reached)
            for node in self.graph.nodes[self.inputs :]:
                reached.append(node.operation.value(*(reached[i] for i in node.inputs)))
            want = torch.stack(torch.autograd.grad(reached[-1], leaves))
        ours = (self.gradient[: self.inputs], [moved[-1] for moved in self.moved])
        return max((torch.stack(got) - want).abs().max().item() for got in ours)

    def _forward(self, step: int) -> payloads.Graph:
        """Values as far as they are known."""
        known = self.values[: self.inputs + step]
        if step == 0:
            return self._drawn(known, "values are put in at the left")
        k = self.graph.operations[step - 1]
        node = self.graph.nodes[k]
        given = ", ".join(f"{known[i].item():.4g}" for i in node.inputs)
        return self._drawn(known, f"forward: {node.label} of {given} is {known[k].item():.4g}", lit=k)

    def _forward_mode(self, variable: int) -> payloads.Graph:
        """How every node moves with one input."""
        moved, name = self.moved[variable], self.graph.variables[variable]
        below = {(k, place): moved[i] for k, node in enumerate(self.graph.nodes) for place, i in enumerate(node.inputs)}
        caption = (
            f"forward mode, pass {variable + 1} of {self.inputs}: df/d{name} = {moved[-1].item():.4g}, and no other"
        )
        return self._drawn(self.values, caption, below, moved[-1], lit=variable, word=f"d/d{name}")

    def _backward(self, step: int) -> payloads.Graph:
        """Gradients as far as the one backward pass has handed them back. Step 1 puts df/df = 1 at the right."""
        lit, caption = None, "backward: df/df = 1 is put in at the right"
        done = self.back[: step - 1]
        below = {(k, place): part for k, handed, _ in done for place, part in enumerate(handed)}
        if done:
            lit, handed, gradient = done[-1]
            parts = ", ".join(f"{part.item():.4g}" for part in handed)
            label = self.graph.nodes[lit].label
            caption = f"backward: {label} is handed {gradient[lit].item():.4g} and hands back {parts}"
        if step > self.operations:
            each = (f"df/d{name} {self.gradient[i].item():.4g}" for i, name in enumerate(self.graph.variables))
            lit, caption = None, f"one pass back: {', '.join(each)}"
        return self._drawn(self.values, caption, below, ONE, lit=lit)

    def _drawn(
        self,
        values: list[Tensor],
        caption: str,
        below: dict[tuple[int, int], Tensor] | None = None,
        result: Tensor | None = None,
        *,
        lit: int | None = None,
        word: str = "gradient",
    ) -> payloads.Graph:
        """values: of the nodes that are known. below: (node, place of its input) -> the number under that edge."""
        numbers, below, last = [value.item() for value in values], below or {}, len(self.graph.nodes) - 1
        ends = [(i, k, below.get((k, place))) for k, node in enumerate(self.graph.nodes)
                for place, i in enumerate(node.inputs)]  # fmt: skip
        edges = [
            payloads.Edge(
                source=i,
                target=k,
                above=numbers[i] if i < len(numbers) else None,
                below=under.item() if under is not None else None,
            )
            for i, k, under in [*ends, (last, None, result)]
        ]
        nodes = [payloads.Node(label=node.label, lit=k == lit) for k, node in enumerate(self.graph.nodes)]
        title = f"f = {self.formula}"
        return payloads.Graph(nodes=nodes, edges=edges, above="value", below=word, title=title, caption=caption)


def parse(formula: str) -> Graph:
    """Returns the graph of a formula such as "(x + y) * z" or "1 / (1 + exp(-(w * x + b)))".

    Variables are numbered as they first appear. A constant becomes part of the operation that uses it.
    Raises DltuiError (2) where it is not a formula of variables, numbers, + - * / ** and OPERATIONS.
    """
    try:
        tree = ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _wrong(formula, "is no formula.") from None
    named = dict.fromkeys(_variables(tree, formula))
    if not named:
        raise _wrong(formula, "has no variable.")
    nodes = [Node(name) for name in named]
    root = _Reader(formula, tuple(named), nodes).read(tree)
    if not isinstance(root, int) or root != len(nodes) - 1 or root < len(named):
        raise _wrong(formula, "computes nothing from its variables.")
    if len(nodes) > MOST_NODES:
        raise _wrong(formula, f"has {len(nodes)} nodes; {MOST_NODES} can be shown.")
    return Graph(tuple(nodes), tuple(named))


def _wrong(formula: str, what: str) -> DltuiError:
    hint = 'Example: algorithm.formula="sin(x + y) * x * y" algorithm.at=[1,2]'
    return DltuiError(f'algorithm.formula "{formula}" {what}', hint, ExitStatus.USAGE)


def _variables(tree: ast.expr, formula: str) -> Iterator[str]:
    """Names that are not called, from left to right."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called]
    for node in sorted(names, key=lambda node: (node.lineno, node.col_offset)):
        if node.id in OPERATIONS:
            raise _wrong(formula, f"uses {node.id} as a variable; it is a function.")
        yield node.id


class _Reader:
    """Appends the nodes of a formula; `read` gives a node's number, or a constant as a float."""

    def __init__(self, formula: str, variables: tuple[str, ...], nodes: list[Node]):
        self.formula, self.variables, self.nodes = formula, variables, nodes

    def read(self, tree: ast.expr) -> int | float:
        match tree:
            case ast.Name(id=name):
                return self.variables.index(name)
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return float(number)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                read = self.read(inner)
                return -read if isinstance(read, float) else self._add("*", (read, -1.0))
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in SIGNS:
                return self._add(SIGNS[type(sign)], (self.read(left), self.read(right)))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name, arguments)
        raise _wrong(self.formula, f"has a part that is not understood: {ast.unparse(tree)}")

    def _call(self, name: str, arguments: list[ast.expr]) -> int | float:
        functions = [name for name in OPERATIONS if name.isalpha()]
        if name not in functions:
            raise _wrong(self.formula, f"calls {name}, which is unknown. {did_you_mean(name, functions)}")
        wanted = 2 if name == "max" else 1
        if len(arguments) != wanted:
            raise _wrong(self.formula, f"gives {name} {len(arguments)} arguments; it takes {wanted}.")
        return self._add(name, tuple(self.read(argument) for argument in arguments))

    def _add(self, sign: str, inputs: tuple[int | float, ...]) -> int | float:
        """A new node; where an input is a constant, a node of the other one only; of constants their value."""
        operation = OPERATIONS[sign]
        known = [torch.tensor(part, dtype=torch.float64) if isinstance(part, float) else None for part in inputs]
        if all(part is not None for part in known):
            return operation.value(*known).item()
        label = sign
        if any(part is not None for part in known):
            place = next(i for i, part in enumerate(known) if part is not None)
            label = _with_constant(sign, inputs[place], first=place == 0)
            operation = _filled(operation, known[place], place)
        self.nodes.append(Node(label, tuple(part for part in inputs if isinstance(part, int)), operation))
        return len(self.nodes) - 1


def _with_constant(sign: str, number: float, *, first: bool) -> str:
    """How an operation with a constant is written: +1, *-1, ^2; 1/ and 2- where the constant comes first."""
    text = f"{number:g}"
    if sign == "max":
        return f"max({text})"
    return f"{text}{sign}" if first and sign in "-/^" else f"{sign}{text}"


def _filled(operation: Operation, constant: Tensor, place: int) -> Operation:
    """The operation on its other input alone."""

    def inputs(a: Tensor) -> tuple[Tensor, Tensor]:
        return (constant, a) if place == 0 else (a, constant)

    return Operation(lambda a: operation.value(*inputs(a)), lambda a: (operation.partials(*inputs(a))[1 - place],))
