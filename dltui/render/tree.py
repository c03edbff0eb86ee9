"""A dendrogram: leaves below, and above them at which height they and their clusters meet."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rich.segment import Segment
from rich.style import Style

from dltui.render import axes, palette
from dltui.render.canvas import Canvas
from dltui.render.cells import FAINT, Line, cell_width, filled, line_of, message, shown
from dltui.render.plane import places, span
from dltui.render.terminal_capabilities import TerminalCapabilities

PLAIN = Style.null()  # of what belongs to no cluster, or to several
DASH = 6  # dots from one dash of the cut to the next


class Node(NamedTuple):
    """Where a leaf or a merge stands among the leaves, how high, and the cluster of all that is below it, or -1."""

    place: float
    height: float
    label: int


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells.

    payload["merges"]: (M, 2), row m holds the two nodes that make node N + m; ["heights"]: (M,); ["label"]: (N,)
    clusters whose colours the branches take, -1 for none; ["leaves"]: names; ["shown"]: the rows that are drawn;
    ["cut"]: the height of a dashed line.
    """
    merges, heights = np.asarray(payload["merges"], float).reshape(-1, 2), np.asarray(payload["heights"], float)
    parts = [tuple(row) for row in np.nan_to_num(merges[: len(heights)], nan=-1).astype(np.int64).tolist()]
    if not parts:
        return message("no tree", width, height, look)
    nodes, order = _laid_out(parts, heights, _labels(payload, len(parts) + 1))
    y_range = span(np.concatenate([[0.0], heights]))
    first, last = _rows_shown(payload, len(parts))
    title = shown(payload.get("y_title") or "")
    titled = bool(title) and height >= 8
    names = [shown(name) for name in payload.get("leaves") or ()]
    rows = height - 1 - titled
    if rows < 2 or width < 12:
        return message("no room for the tree", width, height, look)
    ticks = axes.y_labels(rows, y_range)
    margin = max(map(len, ticks.values()), default=0)
    columns = width - margin - 1
    canvas = Canvas(columns, rows, look)
    across = lambda place: (place + 0.5) / len(order) * (canvas.width - 1)  # noqa: E731
    down = lambda values: places(np.asarray(values), *y_range[::-1], canvas.height)  # noqa: E731
    if isinstance(payload.get("cut"), int | float) and np.isfinite(cut := down(payload["cut"])):
        x = np.arange(0, canvas.width, DASH)
        canvas.dots(np.concatenate([x, x + 1]), np.full(2 * len(x), np.rint(cut)), FAINT)
    for row in range(first, last):
        _draw(canvas, nodes, parts[row], nodes[len(parts) + 1 + row], (first, last), across, down)
    lines = [line_of(title, width, look, FAINT)] if titled else []
    for row, line in enumerate(canvas.lines()):
        upright = ("┤" if look.unicode else "+") if row in ticks else ("│" if look.unicode else "|")
        lines.append([Segment(ticks.get(row, "").rjust(margin) + upright, FAINT), *line])
    below = _leaves(nodes, order, names, columns, look)
    return filled([*lines, [Segment(" " * (margin + 1)), *below]], width, height)


def _labels(payload: dict, count: int) -> list[int]:
    given = np.nan_to_num(np.asarray(payload.get("label") if payload.get("label") is not None else (), float), nan=-1)
    return [*np.clip(given, -1, 999).astype(int).tolist()[:count], *[-1] * (count - len(given))]


def _rows_shown(payload: dict, count: int) -> tuple[int, int]:
    first, last = payload.get("shown") or (0, count)
    return max(0, int(first)), min(count, int(last))


def _laid_out(parts: list[tuple[int, int]], heights: np.ndarray, labels: list[int]) -> tuple[list[Node], list[int]]:
    """Returns all nodes, and the leaves from left to right: no branch crosses another.

    Raises ValueError where the rows are no tree.
    """
    N = len(parts) + 1
    below: list[list[int]] = [[leaf] for leaf in range(N)]
    for i, j in parts:
        if not (0 <= i < len(below) and 0 <= j < len(below)) or not below[i] or not below[j] or i == j:
            raise ValueError("these merges are not a tree")
        below.append(below[i] + below[j])
        below[i] = below[j] = []
    order = below[-1]
    nodes = [Node(0.0, 0.0, label) for label in labels]
    for place, leaf in enumerate(order):
        nodes[leaf] = nodes[leaf]._replace(place=float(place))
    for (i, j), height in zip(parts, heights.tolist(), strict=True):
        label = nodes[i].label if nodes[i].label == nodes[j].label else -1
        nodes.append(Node((nodes[i].place + nodes[j].place) / 2, height, label))
    return nodes, order


def _draw(canvas: Canvas, nodes: list[Node], pair: tuple[int, int], node: Node, rows: tuple[int, int], across, down):
    """A bar at the node's height, and from its ends down to the two that meet, or to the ground."""
    ink = palette.ink(palette.series(node.label), canvas.look) if node.label >= 0 else PLAIN
    top = float(down(node.height))
    if not np.isfinite(top):
        return
    ends = [float(np.rint(across(nodes[child].place))) for child in pair]
    canvas.line(ends[0], top, ends[1], top, ink)
    leaves = len(nodes) // 2 + 1
    for child, end in zip(pair, ends, strict=True):
        is_drawn = child < leaves or rows[0] <= child - leaves < rows[1]
        bottom = float(down(nodes[child].height if is_drawn else 0.0))
        if np.isfinite(bottom):
            own = palette.ink(palette.series(nodes[child].label), canvas.look) if nodes[child].label >= 0 else PLAIN
            canvas.line(end, top, end, bottom, own)


def _leaves(
    nodes: list[Node], order: list[int], names: Sequence[str], columns: int, look: TerminalCapabilities
) -> Line:
    """The line beneath: names where they have room, else a sign of each leaf's cluster."""
    cells: list[tuple[str, Style]] = [(" ", PLAIN)] * columns
    every = columns / len(order)
    named = len(names) == len(order) and all(0 < cell_width(name) == len(name) <= every - 1 for name in names)
    for place, leaf in enumerate(order):
        label = nodes[leaf].label
        ink = palette.ink(palette.series(label), look) if label >= 0 else FAINT
        dot = "●" if look.unicode else "*"
        sign = dot if look.colours != "none" else (palette.mark(label) if label >= 0 else ".")
        text = names[leaf] if named else sign
        stem = round((place + 0.5) / len(order) * (2 * columns - 1)) // 2  # of 2 dots a cell, as in the picture
        start = max(0, min(columns - len(text), stem - len(text) // 2))
        for offset, character in enumerate(text):
            cells[start + offset] = character, ink
    return [Segment(character, style) for character, style in cells]
