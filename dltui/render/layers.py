"""Where the nodes and edges of a small graph stand: in layers from left to right, few crossings, edges kept straight.

After Sugiyama, Tagawa, Toda 1981 (doi:10.1109/TSMC.1981.4308636): a level of nodes and a level of edges by turns.
"""

import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

SWEEPS = 12
HELD = 2.0  # how much harder an edge's label is drawn to the row of its source than to where the edge leads


class Layout(NamedTuple):
    """Levels count from 0; even ones hold nodes, odd ones labels of edges. Rows are lines, 0 the topmost."""

    nodes: list[tuple[int, int]]  # (level, row) of each node
    edges: list[list[tuple[int, int]]]  # of each edge: (level, row) of its label, then of each level that it passes
    levels: int
    height: int
    label_height: int


@lru_cache(32)  # the frames of a run show one graph again and again
def placed(count: int, edges: tuple[tuple[int, int | None], ...], label_height: int) -> Layout:
    """Returns the places of `count` nodes and of edges (source, target), each source before its target.

    A target of None leads out. label_height: lines that an edge's label takes, 1 or 3; a node takes 1.
    """
    level = _levels(count, edges)
    ids = count
    links: list[tuple[int, int, float]] = []  # (left vertex, right vertex, how near they want to be)
    level_of = [2 * number for number in level]
    paths: list[list[int]] = []
    for source, target in edges:
        last = 2 * level[source] + 2 if target is None else 2 * level[target]
        path = list(range(ids, ids + last - 2 * level[source] - 1))
        ids += len(path)
        level_of += range(2 * level[source] + 1, last)
        chain = [source, *path, *([] if target is None else [target])]
        links += [(a, b, HELD if a == source else 1.0) for a, b in itertools.pairwise(chain)]
        paths.append(path)
    high = [1] * ids
    for path in paths:
        high[path[0]] = label_height
    order = _ordered(level_of, links)
    rows = _rows(order, links, high)
    return Layout(
        [(level_of[v], rows[v]) for v in range(count)],
        [[(level_of[v], rows[v]) for v in path] for path in paths],
        max(level_of) + 1,
        max(rows[v] + high[v] // 2 for v in range(ids)) + 1,
        label_height,
    )


def _levels(count: int, edges: Sequence[tuple[int, int | None]]) -> list[int]:
    """The longest way to each node; a node that nothing leads to stands just before the first that it leads to."""
    level = [0] * count
    for target in range(count):
        level[target] = max((level[source] + 1 for source, end in edges if end == target), default=0)
    fed = {end for _, end in edges}
    for node in set(range(count)) - fed:
        level[node] = max(
            0, min((level[end] for source, end in edges if source == node and end is not None), default=1) - 1
        )
    return level


def _ordered(level_of: list[int], links: list[tuple[int, int, float]]) -> list[list[int]]:
    """The vertices of each level from the top: as they are met from the ends backwards, then sorted by neighbours."""
    before: list[list[int]] = [[] for _ in level_of]
    after: list[list[int]] = [[] for _ in level_of]
    for a, b, _ in links:
        before[b].append(a)
        after[a].append(b)
    order: list[list[int]] = [[] for _ in range(max(level_of) + 1)]
    met: set[int] = set()
    waiting = [vertex for vertex in reversed(range(len(level_of))) if not after[vertex]]
    while waiting:
        vertex = waiting.pop()
        if vertex not in met:
            met.add(vertex)
            order[level_of[vertex]].append(vertex)
            waiting += reversed(before[vertex])
    for sweep in range(4):
        neighbours = (after, before)[sweep % 2]
        place = {vertex: number for vertices in order for number, vertex in enumerate(vertices)}
        for vertices in order[:: (-1, 1)[sweep % 2]]:
            vertices.sort(key=lambda v: np.mean([place[n] for n in neighbours[v]]) if neighbours[v] else place[v])
            place |= {vertex: number for number, vertex in enumerate(vertices)}
    return order


def _rows(order: list[list[int]], links: list[tuple[int, int, float]], high: list[int]) -> list[int]:
    """The row of each vertex: near its neighbours', none on another."""
    y = np.zeros(len(high))
    for vertices in order:
        y[vertices] = _apart(np.zeros(len(vertices)), [high[v] for v in vertices])
    near: list[list[tuple[int, float]]] = [[] for _ in high]
    for a, b, pull in links:
        near[a].append((b, pull))
        near[b].append((a, pull))
    for sweep in range(SWEEPS):
        for vertices in order[:: (1, -1)[sweep % 2]]:
            wanted = [
                sum(pull * y[other] for other, pull in near[v]) / sum(pull for _, pull in near[v]) if near[v] else y[v]
                for v in vertices
            ]
            y[vertices] = _apart(np.array(wanted), [high[v] for v in vertices])
    for a, b, pull in links:
        y[b] = y[a] if pull == HELD else y[b]  # an edge leaves along its source's row
    for vertices in order:
        y[vertices] = _apart(y[vertices], [high[v] for v in vertices])
    rows = np.zeros(len(high), int)
    top = min(y[v] - high[v] // 2 for v in range(len(high)))
    for vertices in order:
        free = 0
        for v in vertices:
            rows[v] = max(round(y[v] - top), free + high[v] // 2)
            free = rows[v] + high[v] // 2 + 1
    return rows.tolist()


def _apart(wanted: np.ndarray, high: list[int]) -> np.ndarray:
    """The rows nearest to those wanted, in their order, that leave each vertex its height (pooled violators)."""
    gaps = [0.0, *((a + b) / 2 for a, b in itertools.pairwise(high))]
    offsets = np.cumsum(gaps)
    blocks: list[list[float]] = []  # [sum, count]
    for value in wanted - offsets:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, number = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += number
    return np.concatenate([np.full(int(number), total / number) for total, number in blocks]) + offsets
