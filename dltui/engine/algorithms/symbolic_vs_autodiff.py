"""Derivatives as formulas, and by passes over a graph: formulas swell as they are nested, graphs do not (Griewank and
Walther 2008, "Evaluating derivatives"; Baydin et al. 2018, arXiv:1502.05767).

The formula is v1 = x, v(k+1) = r_k v_k (1 - v_k), n times, and 1 - v instead of v at last where v > 1/2.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.recipes.metric import Metric
from dltui.runs import payloads

NEEDS_DATA = False
METRICS = {
    "nestings": Metric("times that the formula is put into itself", counter=True),
    "operations": Metric("operations for the derivatives by all inputs", better="lower", whole=True, log=True),
    "growth": Metric("operations at this nesting / operations at the one before", better="lower"),
    "times_value": Metric(
        "operations for all derivatives / operations for the value", better="lower", log=True, axis="growth"
    ),
    "passes": Metric("passes over the graph, or formulas computed, for all derivatives", better="lower", whole=True),
    "built": Metric("operations put into graphs for the derivatives at all points", better="lower", whole=True),
    "wrong": Metric("share of the points at which a derivative is wrong", better="lower", range=(0, 1)),
    "error": Metric(
        "greatest distance from torch's gradient, as a share, at points that are not wrong", better="lower", check=True
    ),
}
POINTS = 200
TOLERANCE = 1e-6  # a share of the gradient: what is farther off is wrong
LONGEST = 700  # symbols of a formula that are shown
DRAWN = 2  # nestings of the graph that is drawn


def build(
    *,
    way: Literal["symbolic", "forward", "reverse"] = "reverse",
    graph: Literal["each", "once"] = "each",
    shared: bool = False,
    nestings: int = 12,
) -> Callable[[Context], "SymbolicVsAutodiff"]:
    """Each step nests the formula once more and differentiates it by all its inputs, at points drawn by the seed.

    way: by a formula for each derivative; by a pass forward for each input; or by one pass back.
    graph: whether a graph is built anew at each point, or once, at the first one.
    shared: whether what stands in the formulas several times is computed once.
    nestings: at least 2, at most 16.
    """
    return lambda context: SymbolicVsAutodiff(way, graph, shared, nestings)


class Node(NamedTuple):
    """A variable, by its name, or an operation on parts: "*", "+", "1-" (1 - v), "-" (-v). A part is used as often as
    it stands somewhere: nodes are the vertices of a graph, and written out they are a formula."""

    sign: str
    parts: tuple["Node", ...] = ()


ONE = Node("1")
OPERATIONS = {"*": lambda a, b: a * b, "+": lambda a, b: a + b, "1-": lambda v: 1 - v, "-": lambda v: -v}


def nested(point: Sequence[float]) -> Node:
    """The formula as Python computes it at a point (x, r1 .. rn): with the branch that is taken there."""
    v, value = Node("x"), point[0]
    for k, r in enumerate(point[1:], 1):
        v = Node("*", (Node("*", (Node(f"r{k}"), v)), Node("1-", (v,))))
        value = r * value * (1 - value)
    return Node("1-", (v,)) if value > 0.5 else v


def derivative(of: Node, by: str) -> Node | None:
    """The formula of d of / d by, None for 0; factors 1 are left out. Parts of `of` are used again as they are."""

    def product(a: Node, b: Node | None) -> Node | None:
        return b and (a if b is ONE else Node("*", (a, b)))

    @cached_by_identity
    def d(node: Node) -> Node | None:
        if not node.parts:
            return ONE if node.sign == by else None
        if node.sign == "1-":
            inner = d(node.parts[0])
            return inner and Node("-", (inner,))
        a, b = node.parts
        left, right = product(b, d(a)), product(a, d(b))  # (a b)' = a' b + a b'
        return Node("+", (left, right)) if left and right else left or right

    return d(of)


def cached_by_identity(function: Callable[[Node], object]) -> Callable[[Node], object]:
    """The function, worked out once for a node: without it what takes n operations would take 2^n."""
    known: dict[int, tuple[Node, object]] = {}

    def of(node: Node) -> object:
        if id(node) not in known:
            known[id(node)] = node, function(node)  # the node too, so that its id stays its own
        return known[id(node)][1]

    return of


def count(roots: Sequence[Node]) -> int:
    """Operations in formulas that are written out."""
    of = cached_by_identity(lambda node: bool(node.parts) + sum(of(part) for part in node.parts))
    return sum(of(root) for root in roots)


def in_order(roots: Sequence[Node]) -> list[Node]:
    """The vertices of the graph of some formulas, each once, and after its parts."""
    order: list[Node] = []

    def visit(node: Node) -> None:
        for part in node.parts:
            seen(part)
        order.append(node)

    seen = cached_by_identity(visit)
    for root in roots:
        seen(root)
    return order


def values(order: Sequence[Node], at: dict[str, float]) -> dict[int, float]:
    """The value of each vertex, by its id. at: those of the variables."""
    found: dict[int, float] = {}
    for node in order:
        parts = [found[id(part)] for part in node.parts]
        found[id(node)] = OPERATIONS[node.sign](*parts) if parts else at.get(node.sign, 1.0)  # no other number than 1
    return found


class Worked(NamedTuple):
    """What a way gives: derivatives in the order of the inputs, and the operations and passes that it took."""

    gradient: list[float]
    operations: int
    passes: int


def partials(node: Node, value: dict[int, float]) -> list[float]:
    """d node / d part of each part of a product or of 1 - v."""
    if node.sign == "1-":
        return [-1.0]
    a, b = (value[id(part)] for part in node.parts)
    return [b, a]


def reverse(order: Sequence[Node], at: dict[str, float]) -> Worked:
    """One pass back: each vertex hands its derivative to its parts, times the partial derivative."""
    value, handed = values(order, at), {id(order[-1]): 1.0}
    operations = sum(bool(node.parts) for node in order)
    by_name = dict.fromkeys(at, 0.0)
    for node in reversed(order):
        if not node.parts:
            by_name[node.sign] += handed[id(node)]
            continue
        for part, partial in zip(node.parts, partials(node, value), strict=True):
            operations += 1 + (id(part) in handed)  # a product, and a sum where another one came before
            handed[id(part)] = handed.get(id(part), 0.0) + handed[id(node)] * partial
    return Worked(list(by_name.values()), operations, 1)


def forward(order: Sequence[Node], at: dict[str, float]) -> Worked:
    """A pass for each input: how every vertex moves with it."""
    value, gradient = values(order, at), []
    once = sum(bool(node.parts) for node in order)
    each = sum(2 * len(node.parts) - 1 for node in order if node.parts)  # a product a part, and their sum
    for name in at:
        moved: dict[int, float] = {}
        for node in order:
            pairs = zip(node.parts, partials(node, value) if node.parts else (), strict=True)
            moved[id(node)] = sum(p * moved[id(part)] for part, p in pairs) if node.parts else float(node.sign == name)
        gradient.append(moved[id(order[-1])])
    return Worked(gradient, once + len(at) * each, len(at))


def written(node: Node) -> Iterator[str]:
    """The formula, sign by sign; it may be too long to be written to its end."""
    if not node.parts:
        yield node.sign
    elif len(node.parts) == 1:
        yield f"({'1 - ' if node.sign == '1-' else '-'}"
        yield from written(node.parts[0])
        yield ")"
    else:
        yield "(" if node.sign == "+" else ""
        yield from written(node.parts[0])
        yield f" {node.sign} "
        yield from written(node.parts[1])
        yield ")" if node.sign == "+" else ""


class SymbolicVsAutodiff:
    """A walkthrough: `points` (POINTS, nestings + 1) are values of x, r1, r2 ..."""

    def __init__(self, way: str, graph: str, shared: bool, nestings: int):
        self.way, self.graph, self.shared, self.length = way, graph, shared, nestings
        x, r = torch.rand(POINTS, 1, dtype=torch.float64), torch.rand(POINTS, nestings, dtype=torch.float64)
        self.points = torch.cat([x, 3 + r], 1)
        self.names = ["x", *(f"r{k}" for k in range(1, nestings + 1))]
        self.worked = cache(self._worked)

    def prepared(self, point: list[float]) -> tuple[Callable[[dict[str, float]], Worked], list[Node]]:
        """What the graph that is built at a point (x, r1 .. rn) computes of values of the inputs; and its roots."""
        root = nested(point)
        if self.way != "symbolic":
            order = in_order([root])
            return lambda at: (reverse if self.way == "reverse" else forward)(order, at), [root]
        roots = [derivative(root, name) for name in self.names[: len(point)]]
        order = in_order(roots)
        operations = sum(bool(node.parts) for node in order) if self.shared else count(roots)

        def compute(at: dict[str, float]) -> Worked:
            found = values(order, at)
            return Worked([found[id(one)] for one in roots], operations, len(roots))

        return compute, roots

    def _worked(self, n: int) -> tuple[Tensor, Worked, int]:
        """At n nestings the gradients at all points (POINTS, n + 1), the first one's work, and what was built."""
        gradients, built, first, compute = [], 0, None, None
        for point in self.points[:, : n + 1].tolist():
            if compute is None or self.graph == "each":
                compute, roots = self.prepared(point)
                built += sum(bool(node.parts) for node in in_order(roots))
            worked = compute(dict(zip(self.names, point, strict=False)))
            first = first or worked
            gradients.append(worked.gradient)
        return torch.tensor(gradients, dtype=torch.float64), first, built

    def at(self, step: int) -> Moment:
        """With `step` nestings, at least one."""
        n = max(1, step)
        gradients, first, built = self.worked(n)
        off = relative_errors(gradients, self.points[:, : n + 1])
        wrong = off > TOLERANCE
        value = sum(bool(node.parts) for node in in_order([nested(self.points[0, : n + 1].tolist())]))
        metrics = {
            "nestings": n,
            "operations": first.operations,
            "times_value": first.operations / value,
            "passes": first.passes,
            "built": built,
            "wrong": wrong.double().mean().item(),
            "error": off.masked_fill(wrong, 0).max().item(),
        }
        if n > 1:
            metrics["growth"] = first.operations / self.worked(n - 1)[1].operations
        return Moment(metrics, [self._picture(n)])

    def _picture(self, n: int) -> Picture:
        """The derivative by x as it is written out; or the graph, with what a pass hands along its edges."""
        point = self.points[0, : n + 1].tolist()
        if self.way == "symbolic":
            of = derivative(nested(point), "x")
            text = "".join(islice(written(of), LONGEST))
            return Picture("derivative", payloads.Text(text=f"df/dx, {count([of]):,} operations:\n{text} ..."))
        return Picture("graph", drawn(point[: DRAWN + 1], self.names))


def relative_errors(gradients: Tensor, points: Tensor) -> Tensor:
    """gradients (P, n + 1) at points (P, n + 1) -> the greatest distance from torch's, in shares of its length (P,)."""
    with torch.enable_grad():
        inputs = points.clone().requires_grad_()
        v = inputs[:, 0]
        for r in inputs[:, 1:].T:
            v = r * v * (1 - v)
        want = torch.autograd.grad(torch.where(v > 0.5, 1 - v, v).sum(), inputs)[0]
    return (gradients - want).abs().amax(1) / want.norm(dim=1)


def drawn(point: list[float], names: list[str]) -> payloads.Graph:
    """The graph at a point: the value of each vertex above its edges, what is handed back below."""
    order = in_order([nested(point)])
    at = dict(zip(names, point, strict=False))
    value, handed = values(order, at), {id(order[-1]): 1.0}
    place = {id(node): k for k, node in enumerate(order)}
    edges = []
    for node in reversed(order):
        for part, partial in zip(node.parts, partials(node, value) if node.parts else (), strict=True):
            back = handed[id(node)] * partial
            handed[id(part)] = handed.get(id(part), 0.0) + back
            ends = place[id(part)], place[id(node)]
            edges.append(payloads.Edge(source=ends[0], target=ends[1], above=value[id(part)], below=back))
    edges.append(payloads.Edge(source=len(order) - 1, above=value[id(order[-1])], below=1.0))
    nodes = [payloads.Node(label="1 - v" if node.sign == "1-" else node.sign) for node in order]
    title = f"the graph of {len(point) - 1} nestings; each further one adds three operations"
    return payloads.Graph(nodes=nodes, edges=edges, above="value", below="gradient", title=title)
