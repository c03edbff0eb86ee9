"""Graphs of computation: every node and number is there, values above their edges, gradients below."""

from dltui.render import graph
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES


def test_golden(drawn_as_golden):
    drawn_as_golden("graph", graph.render, EXAMPLES["graph"])


def chain(length: int) -> dict:
    """x -> f0 -> f1 ...: as many nodes as wanted in a row."""
    nodes = [{"label": "x"}, *({"label": f"f{k}"} for k in range(length))]
    edges = [{"source": k, "target": k + 1, "above": k, "below": -k} for k in range(length)]
    return {"nodes": nodes, "edges": [*edges, {"source": length, "target": None, "above": 9, "below": 1}]}


def row_of(lines: list[str], word: str) -> int:
    return next(row for row, line in enumerate(lines) if word in line)


def test_values_stand_above_their_edge_and_gradients_below():
    lines = plain(graph.render(EXAMPLES["graph"], 60, 15, LOOKS["none"]))
    node, value, gradient = row_of(lines, "(z)"), row_of(lines, "-12"), row_of(lines, "[*]")
    assert value == gradient - 1  # -12 leaves the product above its edge
    column = lines[node].index("(z)")
    above, below = lines[node - 1][column:], lines[node + 1][column:]
    assert "-4" in above and "3" in below


def test_what_is_not_known_yet_is_blank_and_moves_nothing():
    """A picture whose nodes jumped when a number came could not be followed."""
    known = EXAMPLES["graph"]
    unknown = known | {"edges": [edge | {"above": None, "below": None} for edge in known["edges"]]}
    for before, after in zip(*(plain(graph.render(p, 60, 15, LOOKS["none"])) for p in (unknown, known)), strict=True):
        for node in ("(x)", "(y)", "(z)", "(+)", "[*]"):
            assert before.find(node) == after.find(node)


def test_the_node_of_the_step_is_lit():
    lines = graph.render(EXAMPLES["graph"], 60, 15, TerminalCapabilities())
    lit = [s for line in lines for s in line if s.style and s.style.bgcolor]
    assert "".join(segment.text for segment in lit) == "(*)"


def test_without_room_the_nodes_are_listed_with_their_numbers():
    lines = plain(graph.render(chain(12), 40, 20, LOOKS["none"]))
    assert any(line.split() == ["f3", "(f2)", "4", "-4"] for line in lines)


def test_a_list_that_is_too_long_says_how_much_is_left_out():
    lines = plain(graph.render(chain(30), 40, 10, LOOKS["none"]))
    assert "+22 nodes" in lines[-1]


def test_edges_that_lead_nowhere_are_left_out():
    broken = {
        "nodes": [{"label": "x"}, {"label": "f"}],
        "edges": [{"source": 5, "target": 1}, {"source": 1, "target": 0}],
    }
    text = "".join(plain(graph.render(broken, 40, 9, LOOKS["none"])))
    assert "(x)" in text and "(f)" in text
