"""Backpropagation shown: a formula's graph, values forward, gradients backward, one node at a time."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.backprop import ONE, Graph, backward, forward, parse, tangents
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
METRICS = {
    "value": Metric("the formula's value"),
    "df_dx": Metric("gradient by x, once the backward pass has reached it; so for every variable"),
    "df_dy": Metric("gradient by y"),
    "df_dz": Metric("gradient by z"),
    "df_dw0": Metric("gradient by w0"),
    "df_dx0": Metric("gradient by x0"),
    "df_dw1": Metric("gradient by w1"),
    "df_dx1": Metric("gradient by x1"),
    "df_dw2": Metric("gradient by w2"),
    "forward_mode_passes": Metric("passes over the graph that forward mode has taken: one an input"),
    "backward_passes": Metric("passes over the graph that backpropagation has taken: one in all"),
    "error": Metric("greatest distance of both modes' gradients from torch's autograd", better="lower"),
}


def build(*, formula: str = "(x + y) * z", at: list[float] = (-2.0, 5.0, -4.0)) -> Callable:
    """Returns (data, nets, device) -> Backprop.

    formula: of variables, numbers, + - * / **, exp, log, sqrt, sin, cos, tanh, relu, sigmoid and max.
    at: a value for each variable, in the order in which they first stand in the formula.
    """
    return partial(Backprop, formula=formula, at=at)


class Backprop:
    """Steps: every operation forward, a pass of forward mode an input, then backward from the result."""

    def __init__(
        self, data: Dataset | None, nets: dict[str, nn.Module], device: torch.device, formula: str, at: list[float]
    ):
        self.graph, self.formula, self.at = parse(formula), formula, [float(number) for number in at]
        names = self.graph.variables
        if len(self.at) != len(names):
            raise DltuiError(
                f"task.at has {len(self.at)} values; {formula} has the {len(names)} variables {', '.join(names)}.",
                f"Give {len(names)} numbers, in this order.",
                ExitStatus.USAGE,
            )
        self.place = nets["place"] = Counters(step=0)
        self.operations, self.inputs = len(self.graph.operations), len(names)

    @property
    def steps(self) -> int:
        """How many there are: what is shown after them stays as it is."""
        return 2 * self.operations + self.inputs + 1

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        return {}

    def evaluate(self) -> dict[str, float]:
        step = self.place["step"]
        forward_passes = min(max(0, step - self.operations), self.inputs)
        back = step - self.operations - self.inputs
        found = {"forward_mode_passes": forward_passes, "backward_passes": int(back > self.operations)}
        values = self._values()
        if step >= self.operations:
            found["value"] = values[-1].item()
        if back > self.operations:
            *_, (_, _, gradient) = backward(self.graph, values)
            found |= {f"df_d{name}": gradient[i].item() for i, name in enumerate(self.graph.variables)}
            found["error"] = self._error(values, gradient[: self.inputs])
        return found

    def _values(self) -> list[Tensor]:
        """The value of every node that the forward pass has reached."""
        start = [torch.tensor(number, dtype=torch.float64) for number in self.at]
        return start + [value for _, value in islice(forward(self.graph, self.at), self.place["step"])]

    def _error(self, values: list[Tensor], gradient: list[Tensor]) -> float:
        with torch.enable_grad():
            at = torch.tensor(self.at, dtype=torch.float64, requires_grad=True)
            reached = list(at)
            for node in self.graph.nodes[self.inputs :]:
                reached.append(node.operation.value(*(reached[i] for i in node.inputs)))
            (want,) = torch.autograd.grad(reached[-1], at)
        moved = [tangents(self.graph, values, i)[-1] for i in range(self.inputs)]
        return max((torch.stack(got) - want).abs().max().item() for got in (gradient, moved))

    # -- the picture -----------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        step = self.place["step"]
        if step > self.steps:
            return
        if step <= self.operations:
            drawn = self._forward(step)
        elif step <= self.operations + self.inputs:
            drawn = self._forward_mode(step - self.operations - 1)
        else:
            drawn = self._backward(step - self.operations - self.inputs)
        yield Picture("graph", {"type": "graph", "title": f"f = {self.formula}", **drawn})

    def _forward(self, step: int) -> dict:
        """Values as far as they are known."""
        values = self._values()
        if step == 0:
            return {**_drawn(self.graph, values), "caption": "values are put in at the left"}
        node = self.graph.operations[step - 1]
        given = ", ".join(f"{values[i].item():.4g}" for i in self.graph.nodes[node].inputs)
        caption = f"forward: {self.graph.nodes[node].label} of {given} is {values[node].item():.4g}"
        return {**_drawn(self.graph, values, lit=node), "caption": caption}

    def _forward_mode(self, variable: int) -> dict:
        """How every node moves with one input."""
        values = self._values()
        moved = tangents(self.graph, values, variable)
        name = self.graph.variables[variable]
        handed = {
            (k, place): moved[i] for k, node in enumerate(self.graph.nodes) for place, i in enumerate(node.inputs)
        }
        drawn = _drawn(self.graph, values, handed, moved[-1], lit=variable, word=f"d/d{name}")
        caption = (
            f"forward mode, pass {variable + 1} of {self.inputs}: df/d{name} = {moved[-1].item():.4g}, and no other"
        )
        return {**drawn, "caption": caption}

    def _backward(self, step: int) -> dict:
        """Gradients as far as the one backward pass has handed them back. Step 1 puts df/df = 1 at the right."""
        values = self._values()
        handed, caption, node = {}, "backward: df/df = 1 is put in at the right", None
        for node, parts, gradient in islice(backward(self.graph, values), step - 1):
            handed |= {(node, place): part for place, part in enumerate(parts)}
            label = self.graph.nodes[node].label
            caption = f"backward: {label} is handed {gradient[node].item():.4g} and hands back " + ", ".join(
                f"{part.item():.4g}" for part in parts
            )
        if step > self.operations:
            done = ", ".join(f"df/d{name} {gradient[i].item():.4g}" for i, name in enumerate(self.graph.variables))
            caption = f"one pass back: {done}"
            node = None
        return {**_drawn(self.graph, values, handed, ONE, lit=node), "caption": caption}


def _drawn(
    graph: Graph,
    values: list[Tensor],
    handed: dict[tuple[int, int], Tensor] | None = None,
    result: Tensor | None = None,
    *,
    lit: int | None = None,
    word: str = "gradient",
) -> dict:
    """Nodes and edges of the payload `graph`. handed: (node, place of its input) -> the number under that edge."""
    nodes = [{"label": node.label, "lit": k == lit} for k, node in enumerate(graph.nodes)]
    edges = []
    for k, node in enumerate(graph.nodes):
        for place, i in enumerate(node.inputs):
            edges.append({"source": i, "target": k, **_numbers(values, i, (handed or {}).get((k, place)))})
    edges.append({"source": len(nodes) - 1, "target": None, **_numbers(values, len(nodes) - 1, result)})
    return {"nodes": nodes, "edges": edges, "above": "value", "below": word}


def _numbers(values: list[Tensor], node: int, below: Tensor | None) -> dict:
    return {
        "above": values[node].item() if node < len(values) else None,
        "below": below.item() if below is not None else None,
    }
