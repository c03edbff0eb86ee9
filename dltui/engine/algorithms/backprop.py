"""Backpropagation on a graph of numbers, written out (Linnainmaa 1970; Rumelhart, Hinton, Williams 1986)."""

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from dltui.errors import DltuiError, ExitStatus, did_you_mean

MOST_NODES = 60


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


# -- from a formula to its graph -----------------------------------------------------------------------------------


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
    hint = 'Example: task.formula="sin(x + y) * x * y" task.at=[1,2]'
    return DltuiError(f'task.formula "{formula}" {what}', hint, ExitStatus.USAGE)


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
