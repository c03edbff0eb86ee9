"""The layout of graphs: left to right, nothing on top of anything, few crossings."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dltui.render.layers import placed

PRODUCT = ((0, 3), (1, 3), (3, 4), (2, 4), (4, None))  # (x + y) z


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 9))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1) | st.none())
    return count, tuple((a, b) for a, b in draw(st.lists(pairs, max_size=14)) if b is None or a < b)


@settings(deadline=None)
@given(graphs(), st.sampled_from([1, 3]))
def test_edges_lead_to_the_right_and_nothing_overlaps(graph, label_height):
    count, edges = graph
    layout = placed(count, edges, label_height)
    for (source, target), path in zip(edges, layout.edges, strict=True):
        levels = [layout.nodes[source][0], *(level for level, _ in path)]
        levels += [] if target is None else [layout.nodes[target][0]]
        assert levels == list(range(levels[0], levels[0] + len(levels)))
    taken: dict[int, list[int]] = {}
    for level, row in layout.nodes:
        taken.setdefault(level, []).append(row)
    for path in layout.edges:
        for place, (level, row) in enumerate(path):
            reach = label_height // 2 if place == 0 else 0
            taken.setdefault(level, []).extend(range(row - reach, row + reach + 1))
    for rows in taken.values():
        assert len(rows) == len(set(rows)) and min(rows) >= 0 and max(rows) < layout.height


def test_a_node_stands_between_those_that_feed_it():
    layout = placed(5, PRODUCT, 3)
    (x, y, _, add, _) = (row for _, row in layout.nodes)
    assert x < add < y


def test_an_input_stands_just_before_its_node_and_in_the_formulas_order():
    layout = placed(5, PRODUCT, 3)
    levels = [level for level, _ in layout.nodes]
    assert levels == [0, 0, 2, 2, 4]
    assert layout.nodes[3][1] < layout.nodes[2][1]  # (x + y) above z


def test_an_edge_leaves_along_its_sources_row():
    layout = placed(5, PRODUCT, 3)
    assert [path[0][1] for path in layout.edges] == [layout.nodes[source][1] for source, _ in PRODUCT]
