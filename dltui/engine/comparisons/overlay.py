"""The pictures of all variants laid over one another: their trails on one map, their curves over one axis."""

from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest

import numpy as np

from dltui.engine.contracts.algorithm import Process
from dltui.engine.contracts.task import Picture

METRICS = {}
TASKS = (
    "gradient_descent", "first_order", "second_order", "dying_relu", "local_search", "rnn_memory", "question_answering",
    "dependency_parsing",
)  # fmt: skip


def build(*, panes: list[str] = ()) -> Callable[[Mapping[str, Process]], "Overlay"]:
    """Draws in one pane what each variant would draw in a pane of its own; what cannot be laid over stays apart.

    panes: those that are shown, in this order; none named: all, the first of each variant before the second.
    """
    return lambda algorithms: Overlay(algorithms, list(panes))


class Overlay:
    """The first trail or curve that a variant draws is its own and bears its name; the others are those of all."""

    replaces_pictures = True

    def __init__(self, algorithms: Mapping[str, Process], panes: list[str]):
        self.algorithms, self.panes = algorithms, panes

    def pictures(self) -> Iterator[Picture]:
        """One picture a pane, or one a variant where they cannot be laid over one another."""
        found: dict[str, dict[str, dict]] = {}  # pane -> variant -> payload
        for places in zip_longest(*(algorithm.pictures() for algorithm in self.algorithms.values())):
            for variant, picture in zip(self.algorithms, places, strict=True):
                if picture:
                    found.setdefault(picture.pane, {})[variant] = picture.payload
        for pane in self.panes or found:
            payloads = found.get(pane, {})
            laid = overlaid(list(payloads), list(payloads.values())) if payloads else None
            if laid:
                yield Picture(pane, laid)
            else:
                yield from (Picture(f"{variant}: {pane}", payload) for variant, payload in payloads.items())


def overlaid(variants: list[str], payloads: list[dict]) -> dict | None:
    """The payloads of one pane of variants as one; None where they cannot be laid over one another."""
    if len(payloads) == 1:
        return payloads[0]
    lay = {"contour": trails, "lines": curves, "table": rows}.get(payloads[0]["type"])
    return lay(variants, payloads) if lay else None


def trails(variants: list[str], payloads: list[dict]) -> dict | None:
    """One `contour` of several; None where they are of other surfaces."""
    first = payloads[0]
    if not all(np.array_equal(payload["values"], first["values"]) for payload in payloads):
        return None
    longest = max(payload["trail_x"].shape[1] for payload in payloads)

    def joined(key: str) -> np.ndarray:
        ways = [*(payload[key][0] for payload in payloads), *first[key][1:]]
        return np.stack([np.pad(way, (0, longest - len(way)), mode="edge") for way in ways])

    names = [*variants, *first["names"][1:]]
    return {**first, "names": names, "trail_x": joined("trail_x"), "trail_y": joined("trail_y")}


def curves(variants: list[str], payloads: list[dict]) -> dict:
    """One `lines` of several."""
    own = [{**payload["curves"][0], "name": name} for name, payload in zip(variants, payloads, strict=True)]
    return {**payloads[0], "curves": [*own, *payloads[0]["curves"][1:]]}


def rows(variants: list[str], payloads: list[dict]) -> dict:
    """One `table` of several; a variant's name stands in the first column of its rows."""
    of_each = zip(variants, payloads, strict=True)
    return {**payloads[0], "rows": [[name, *row[1:]] for name, payload in of_each for row in payload["rows"]]}
