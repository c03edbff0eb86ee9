"""A dendrogram: bars at the heights of their merges, no branch across another, what is not yet merged not drawn."""

import numpy as np
import pytest

from dltui.render import tree
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES

THREE = {"merges": [[0, 2], [3, 1]], "heights": [1.0, 3.0], "leaves": ["a", "b", "c"]}


def test_golden(drawn_as_golden):
    drawn_as_golden("tree", tree.render, EXAMPLES["tree"])


def test_bars_stand_at_their_heights_over_leaves_in_order():
    lines = plain(tree.render(THREE, 32, 13, LOOKS["ascii"]))
    assert [name for name in lines[-1] if name.isalpha()] == ["a", "c", "b"]
    wide = [row for row, line in enumerate(lines[:-1]) if len(line[2:].replace(" ", "")) > 6]
    assert wide == [0, 7], "of 12 rows, with 3 at the top and 0 at the bottom"


def test_only_the_rows_shown_are_drawn():
    def dots(shown):
        return sum(
            c > "⠀" for c in "".join(plain(tree.render(THREE | {"shown": shown}, 40, 12, TerminalCapabilities()))[:-1])
        )

    none, first, both = dots([0, 0]), dots([0, 1]), dots([0, 2])
    assert none < first < both
    assert dots([1, 2]) > first  # the last alone: its stems go down to the ground


def test_a_branch_has_the_colour_of_its_cluster_and_a_joint_of_two_none():
    drawn = tree.render(EXAMPLES["tree"], 60, 15, TerminalCapabilities())
    colours = [{s.style.color for s in line if s.style and s.style.color} for line in drawn]
    assert not colours[1] or len(colours[1]) == 1  # above the cut: at most the stem of one
    assert len(colours[-2]) == 3


def test_an_inverted_merge_is_drawn_too():
    drawn = plain(tree.render({"merges": [[0, 1], [2, 3]], "heights": [2.0, 1.0]}, 30, 12, TerminalCapabilities()))
    assert sum(c > "⠀" for c in "".join(drawn)) > 20


def test_what_is_no_tree_is_refused():
    with pytest.raises(ValueError, match="not a tree"):
        tree.render({"merges": [[0, 0]], "heights": [1.0]}, 30, 12, TerminalCapabilities())
    assert "no tree" in "".join(
        plain(tree.render({"merges": np.zeros((0, 2)), "heights": []}, 30, 5, TerminalCapabilities()))
    )
