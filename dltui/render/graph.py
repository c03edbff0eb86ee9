"""A graph of computation: nodes in layers, on every edge the number that flows along it and the one that comes back."""

import itertools
from typing import NamedTuple

import numpy as np
from rich.segment import Segment
from rich.style import Style

from dltui.render import colour as colours
from dltui.render import palette
from dltui.render.canvas import Canvas
from dltui.render.cells import FAINT, Line, cell_width, cut, filled, fit, line_of, message, pad, shown, wrapped
from dltui.render.layers import Layout, placed
from dltui.render.number import short
from dltui.render.terminal_capabilities import TerminalCapabilities

MOST = 120  # nodes and edges that are laid out; more are listed
LABEL = 8  # cells of a node's label
WIDEST = 16  # cells of an edge
NUMBER = 4  # cells that most numbers take at least
SPREAD = 3  # times that lines are moved apart where there is room


class _Node(NamedTuple):
    label: str
    lit: bool


class _Edge(NamedTuple):
    source: int
    target: int | None
    above: str
    below: str


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["nodes"]: [{"label", "lit"}], a node after those that feed it;
    payload["edges"]: [{"source", "target", "above", "below"}], numbers of nodes, a target of None leads out.

    Where the graph has no room its nodes are listed.
    """
    nodes = [
        _Node(cut(_narrow(node.get("label", "")), LABEL, look), bool(node.get("lit"))) for node in payload["nodes"]
    ]
    edges = [edge for edge in map(_edge, payload["edges"]) if _leads(edge, len(nodes))]
    if not nodes:
        return message("no graph", width, height, look)
    words = [shown(payload.get(key) or "") for key in ("above", "below")]
    head = _head(shown(payload.get("title") or ""), words, width, height, look)
    said = shown(payload.get("caption") or "")
    said_lines = wrapped(said, width)[:2] if height >= 18 else [said]
    foot = [line_of(line, width, look) for line in said_lines] if said and height >= 4 else []
    room = height - len(head) - len(foot)
    drawn = _drawn(nodes, edges, width, room, look) if len(nodes) + len(edges) <= MOST else None
    drawn = drawn or _listed(nodes, edges, width, max(0, room), look)
    return filled([*head[: max(0, height - 1)], *drawn, *foot], width, height)


def _head(title: str, words: list[str], width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """The title, and what stands above the edges and what below: in one line where that has room."""
    signs = ("above:", "below:") if look.colours == "none" else ("■", "■") if look.unicode else ("#", "#")
    key: Line = []
    for sign, word, colour in zip(signs, words, (palette.GOOD, palette.BAD), strict=True):
        if word:
            key += [Segment(f"{sign} ", palette.ink(colour, look)), Segment(f"{word}  ")]
    if cell_width(title) + 2 + sum(segment.cell_length for segment in key) <= width:
        return (
            [fit([Segment(title, Style(bold=True)), Segment("  " * bool(title)), *key], width)] if title or key else []
        )
    lines = [line_of(title, width, look, Style(bold=True))] if title else []
    return [*lines, fit(key, width)] if height >= 12 else lines


def _narrow(text: object) -> str:
    """One cell a character: the canvas knows no others."""
    return "".join(character if cell_width(character) == 1 else "?" for character in shown(text))


def _edge(edge: dict) -> _Edge:
    above, below = ("" if edge.get(key) is None else short(edge[key]) for key in ("above", "below"))
    return _Edge(edge.get("source"), edge.get("target"), above, below)


def _leads(edge: _Edge, count: int) -> bool:
    """Whether an edge joins two nodes in their order, or leads out of one."""
    source, target = edge.source, edge.target
    if not isinstance(source, int) or not 0 <= source < count:
        return False
    return target is None or (isinstance(target, int) and source < target < count)


# -- as a picture ------------------------------------------------------------------------------------------------------


def _drawn(
    nodes: list[_Node], edges: list[_Edge], width: int, height: int, look: TerminalCapabilities
) -> list[Line] | None:
    """The graph in `height` lines, roomy if that can be; None where there is no room for it."""
    for label_height in (3, 1):
        layout = placed(len(nodes), tuple((edge.source, edge.target) for edge in edges), label_height)
        if layout.height > height:
            continue
        for frame, shown_edges in ((2, edges), (0, [_short(edge) for edge in edges])):
            columns = _columns(layout, nodes, shown_edges, width, frame)
            if columns:
                return _Picture(layout, nodes, shown_edges, columns, frame, height, look).lines(width)
    return None


def _short(edge: _Edge) -> _Edge:
    """Numbers without the zero before the point."""
    return edge._replace(above=edge.above.replace("0.", ".", 1), below=edge.below.replace("0.", ".", 1))


def _columns(
    layout: Layout, nodes: list[_Node], edges: list[_Edge], width: int, frame: int
) -> list[tuple[int, int]] | None:
    """(first cell, cells) of every level; None where it is too narrow. frame: cells that surround a node's label.

    A number that is still to come has its room from the start: the picture does not jump.
    """
    wide = [0] * layout.levels
    for node, (level, _) in zip(nodes, layout.nodes, strict=True):
        wide[level] = max(wide[level], len(node.label) + frame)
    for edge, path in zip(edges, layout.edges, strict=True):
        above, below = (max(len(text), NUMBER + frame // 2) for text in (edge.above, edge.below))
        level = path[0][0]
        numbers = above + 1 + below if layout.label_height == 1 else max(above, below)
        wide[level] = max(wide[level], numbers + 1 + frame // 2)
    spare = width - sum(wide)
    if spare < 0:
        return None
    slots = range(1, layout.levels, 2)
    for turn, level in enumerate(slots):
        more = min(spare // (len(slots) - turn), max(0, WIDEST - wide[level]))
        wide[level] += more
        spare -= more
    starts = np.cumsum([spare // 2, *wide[:-1]]).tolist()
    return list(zip(starts, wide, strict=True))


class _Picture:
    """A graph that has its places, on its way to a canvas."""

    def __init__(
        self,
        layout: Layout,
        nodes: list[_Node],
        edges: list[_Edge],
        columns: list[tuple[int, int]],
        frame: int,
        height: int,
        look: TerminalCapabilities,
    ):
        self.layout, self.nodes, self.edges, self.columns, self.frame = layout, nodes, edges, columns, frame
        self.height, self.look = height, look
        self.inset = layout.label_height // 2  # lines above the first row and below the last
        between = layout.height - 2 * self.inset - 1
        self.times = max(1, min(SPREAD, (height - 2 * self.inset - 1) // max(1, between)))
        self.top = (height - self.times * between - 1) // 2

    def lines(self, width: int) -> list[Line]:
        canvas = Canvas(width, self.height, self.look)
        for edge, path in zip(self.edges, self.layout.edges, strict=True):
            self._wire(canvas, edge, path)
        for edge, path in zip(self.edges, self.layout.edges, strict=True):
            self._write_numbers(canvas, edge, *path[0])
        for node, (level, row) in zip(self.nodes, self.layout.nodes, strict=True):
            self._write_node(canvas, node, level, row)
        return canvas.lines()

    def _row(self, row: int) -> int:
        return self.top + self.times * (row - self.inset)

    def _wire(self, canvas: Canvas, edge: _Edge, path: list[tuple[int, int]]) -> None:
        """From its source to its label's row, along it, and on from level to level."""
        level, row = self.layout.nodes[edge.source]
        bends = [(sum(self.columns[level]), row)]
        for place, (level, row) in enumerate(path):
            start, cells = self.columns[level]
            away = (1, max(1, cells // 4)) if place == 0 else (0, 0)
            bends += [(start + away[0] * (row != bends[-1][1]), row), (start + cells - away[1], row)]
        if edge.target is not None:
            level, row = self.layout.nodes[edge.target]
            bends.append((self.columns[level][0], row))
        lit = self.nodes[edge.source].lit or (edge.target is not None and self.nodes[edge.target].lit)
        ink = palette.ink(palette.series(1), self.look) if lit else palette.faint("#a0a0a0", self.look)
        dots = [(2 * x, 4 * self._row(y) + 1) for x, y in bends]
        for (x0, y0), (x1, y1) in itertools.pairwise(dots):
            canvas.line(x0, y0, max(x0, x1 - 1), y1, ink)

    def _write_numbers(self, canvas: Canvas, edge: _Edge, level: int, row: int) -> None:
        start, cells = self.columns[level]
        straight = cells - max(1, cells // 4)
        above, below = (palette.ink(colour, self.look, bold=True) for colour in (palette.GOOD, palette.BAD))
        if self.layout.label_height == 1:
            column = start + max(0, (cells - len(edge.above) - len(edge.below) - 1) // 2)
            canvas.text(column, self._row(row), edge.above, above)
            canvas.text(column + len(edge.above) + 1, self._row(row), edge.below, below)
            return
        for text, line, ink in ((edge.above, -1, above), (edge.below, 1, below)):
            canvas.text(start + max(0, (straight - len(text)) // 2), self._row(row) + line, text, ink)

    def _write_node(self, canvas: Canvas, node: _Node, level: int, row: int) -> None:
        start, cells = self.columns[level]
        text = node.label
        if self.frame:
            text = f"[{text}]" if node.lit and self.look.colours == "none" else f"({text})"
        style = Style(bold=True)
        if node.lit and self.look.colours != "none":
            ground = palette.code(palette.series(1), self.look)
            style = colours.style(colours.readable(ground, self.look), ground, bold=True)
        fed = any(edge.target is not None and self.nodes[edge.target] is node for edge in self.edges)
        if fed:  # its wires end at the column's left
            wire = "─" if self.look.unicode else "-"
            canvas.text(start, self._row(row), wire * cells, palette.faint("#a0a0a0", self.look))
        canvas.text(start + cells - len(text), self._row(row), text, style)


# -- as a list ---------------------------------------------------------------------------------------------------------


def _listed(nodes: list[_Node], edges: list[_Edge], width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """A line a node: what feeds it, and the numbers on the first edge that leaves it."""
    lines: list[Line] = []
    room = max(1, min(8, width // 3))
    inks = (palette.ink(palette.GOOD, look), palette.ink(palette.BAD, look))
    for number, node in enumerate(nodes):
        fed = " ".join(nodes[edge.source].label for edge in edges if edge.target == number)
        leaving = next((edge for edge in edges if edge.source == number), None)
        text = cut(f"{node.label} ({fed})" if fed else node.label, max(1, width - 2 * room), look)
        line = [Segment(pad(text, max(1, width - 2 * room)), Style(bold=node.lit))]
        for written, ink in zip((leaving.above, leaving.below) if leaving else ("", ""), inks, strict=True):
            line.append(Segment(pad(cut(written, room, look), room, "right"), ink))
        lines.append(line)
    if len(lines) > height > 0:
        lines[height - 1 :] = [line_of(f"+{len(lines) - height + 1} nodes", width, look, FAINT)]
    return lines[:height]
